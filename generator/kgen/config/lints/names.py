# SPDX-License-Identifier: Apache-2.0
"""Which texts Kubernetes takes for a name or a value (apimachinery pkg/util/validation)."""

from __future__ import annotations

import re

from kgen.config import net

_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LONGEST = 63


def is_qualified(text: str) -> bool:
    """Whether a text can be the key of a label or taint (IsQualifiedName)."""
    prefix, slash, name = text.rpartition("/")
    return (not slash or net.is_dns_subdomain(prefix)) and _is_name(name)


def is_label_value(text: str) -> bool:
    """Whether a text can be the value of a label or taint (IsValidLabelValue)."""
    return not text or _is_name(text)


def is_dns_label(text: str) -> bool:
    """Whether a text can be the name of a volume (IsDNS1123Label)."""
    return len(text) <= _LONGEST and _LABEL.fullmatch(text) is not None


def _is_name(text: str) -> bool:
    return len(text) <= _LONGEST and _NAME.fullmatch(text) is not None
