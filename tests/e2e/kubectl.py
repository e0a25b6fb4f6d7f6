# SPDX-License-Identifier: Apache-2.0
"""The real kubectl, run by whoever administers the lab, with one kubeconfig."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e.lab import Completed, Lab, until


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl as the user of a kubeconfig."""

    lab: Lab
    kubeconfig: Path

    def __call__(self, *words: str | Path, given: str | None = None, check: bool = True, timeout: float = 300) -> str:
        """What it says on its standard output; AssertionError with all it says if it fails, unless `check` is off."""
        return self.run(*words, given=given, check=check, timeout=timeout).stdout

    def run(self, *words: str | Path, given: str | None = None, check: bool = False, timeout: float = 300) -> Completed:
        """The whole result."""
        argv = ["kubectl", "--kubeconfig", self.kubeconfig, *words]
        return self.lab.admin(*argv, given=given, check=check, timeout=timeout)

    def get(self, *words: str) -> Any:
        """The object, or the list of objects, that `kubectl get` names."""
        return json.loads(self("get", *words, "-o", "json"))

    def may(self, *words: str) -> bool:
        """Whether `kubectl auth can-i` says yes."""
        return self.run("auth", "can-i", *words).stdout.strip() == "yes"

    def wait_ready(self, timeout: float) -> None:
        """Wait until the API server says that it is ready."""
        until("/readyz says ok", lambda: self.run("get", "--raw", "/readyz").stdout == "ok", timeout)
