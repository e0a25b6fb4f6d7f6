# SPDX-License-Identifier: Apache-2.0
"""kgen: see a Kubernetes cluster before it exists.

    cluster = kgen.load([("config.yaml", text)])          # refuses with every problem at once
    secrets = kgen.gather(cluster, keys=..., start=..., random=os.urandom)
    tree = kgen.plan(cluster, secrets)                    # pure: the same input gives the same bytes
    kgen.write(tree, "out")

`load` and `plan` touch nothing; `gather` makes keys; `write` is the only one that writes.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kgen.cluster import Cluster as Cluster
    from kgen.config.flags import Flags as Flags
    from kgen.config.load import load as load
    from kgen.errors import ConfigurationError as ConfigurationError
    from kgen.errors import KgenError as KgenError
    from kgen.errors import MaterialError as MaterialError
    from kgen.errors import Problem as Problem
    from kgen.errors import TargetError as TargetError
    from kgen.errors import UsageError as UsageError
    from kgen.keys import ThreadedKeys as ThreadedKeys
    from kgen.material import Material as Material
    from kgen.planning import gather as gather
    from kgen.planning import plan as plan
    from kgen.secrets import Secrets as Secrets
    from kgen.sinks import write as write
    from kgen.tree import File as File
    from kgen.tree import Object as Object
    from kgen.tree import Tree as Tree

__version__ = "0.1.0"

_PUBLIC = {
    "Cluster": "kgen.cluster",
    "ConfigurationError": "kgen.errors",
    "File": "kgen.tree",
    "Flags": "kgen.config.flags",
    "KgenError": "kgen.errors",
    "Material": "kgen.material",
    "MaterialError": "kgen.errors",
    "Object": "kgen.tree",
    "Problem": "kgen.errors",
    "Secrets": "kgen.secrets",
    "TargetError": "kgen.errors",
    "ThreadedKeys": "kgen.keys",
    "Tree": "kgen.tree",
    "UsageError": "kgen.errors",
    "gather": "kgen.planning",
    "load": "kgen.config.load",
    "plan": "kgen.planning",
    "write": "kgen.sinks",
}

__all__ = ["__version__", *_PUBLIC]  # noqa: PLE0604 (names from the table above)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: `kgen --help` needs none of them."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'kgen' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)
