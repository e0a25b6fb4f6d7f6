# SPDX-License-Identifier: Apache-2.0
"""Patches from `patches.directory`, read and applied as kubeadm does (cmd/kubeadm/app/util/patches/patches.go).

`apply` does what kubeadm's libraries do to the JSON of a document. What happens before and after is
the caller's business: kubeadm patches static pods as it would write them, then decodes the result
into its Go type and writes that, so unknown fields and nulls vanish (util/staticpod PatchStaticPod).
The CoreDNS Deployment and the kube-proxy DaemonSet are patched as their template has them, without
the zero values of the Go type, and then decoded (phases/addons). The kubelet's configuration is
written as the patches leave it (phases/kubelet/config.go).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from kgen.errors import KgenError
from kgen.patches import jsonpatch, mergepatch, strategic
from kgen.patches.files import Patch, load

__all__ = ["Patch", "PatchError", "apply", "load"]


class PatchError(KgenError):
    """A patch cannot be applied. The text names its file, never its content."""

    exit_code = 3


def apply(target: str, document: Mapping[str, Any], patches: Iterable[Patch]) -> dict[str, Any]:
    """The document with the patches for `target`, in their order; what is given stays unchanged.

    Raises PatchError for a patch that kubeadm could not apply either.
    """
    result: dict[str, Any] | list[Any] = copy.deepcopy(dict(document))
    for patch in patches:
        if patch.target != target:
            continue
        try:
            result = _apply_one(result, patch)
        except ValueError as error:
            place = f"{patch.file}: {patch.type} patch for {target}, document {patch.index}"
            raise PatchError(f"{place}: {error}") from None
    if not isinstance(result, dict):
        raise PatchError(f"the patches for {target} leave a list; they have to leave an object")
    return result


def _apply_one(document: dict[str, Any] | list[Any], patch: Patch) -> dict[str, Any] | list[Any]:
    content = copy.deepcopy(patch.content)
    if patch.type == "json":
        return jsonpatch.apply(document, content)
    if patch.type == "merge":
        return mergepatch.apply(document, content)
    return strategic.apply(document, content, patch.target)
