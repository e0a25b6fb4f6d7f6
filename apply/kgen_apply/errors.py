# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, by who can mend it. No message quotes a secret."""

from __future__ import annotations

from typing import ClassVar


class ApplyError(Exception):
    """Something a user can act on; the text says what is wrong and what would be right."""

    exit_code: ClassVar[int] = 5


class UsageError(ApplyError):
    """The command line is wrong."""

    exit_code = 2


class TreeError(ApplyError):
    """The tree cannot be used: not there, not one, or not what its index says."""

    exit_code = 3


class RefusedError(ApplyError):
    """A host or the cluster is not fit for the tree; nothing was changed."""

    exit_code = 4


class HostError(ApplyError):
    """A host cannot be reached, or a step on it failed."""

    exit_code = 5


class ApiError(ApplyError):
    """The API server refused an object or could not be asked."""

    exit_code = 6


class UnhealthyError(ApplyError):
    """What was applied did not come up in time."""

    exit_code = 7
