# SPDX-License-Identifier: Apache-2.0
"""How much configuration is read: far more than any cluster needs, so little that it takes no time."""

from __future__ import annotations

MAX_BYTES = 1 << 20
"""Largest file: kubeadm keeps a configuration in a ConfigMap, which holds no more."""

MAX_DOCUMENTS = 1000
"""Most documents in a file."""

MAX_VALUES = 50_000
"""Most values and keys in a document, those counted again that an alias repeats."""

MAX_KEY = 1024
"""Longest key; YAML itself allows no more unless the key begins with `? `."""

MAX_TEXT = 2000
"""Longest text of a problem: it may quote what was given."""

MAX_PROBLEMS = 1000
"""Most problems that are told about the structure of a document, and about its meaning."""
