# SPDX-License-Identifier: Apache-2.0
"""The user's patches, applied where kubeadm applies them (kubeadm app/util/patches)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kgen.cluster import Cluster
from kgen.config import hints, schema, shapes
from kgen.config.codec import encode
from kgen.errors import format_path
from kgen.patches import Patch, PatchError, apply
from kgen.provenance import Sourced, changed

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_API_OBJECTS = {"Deployment", "DaemonSet"}


def with_patches(cluster: Cluster, target: str, document: Sourced) -> Sourced:
    """See `patched`; what a patch changes comes from its file from then on.

    What Go's type makes of the whole at the end comes from all of the files.
    """
    result = patched(cluster, target, document.value)
    if result is document.value:
        return document
    patches = [patch for patch in cluster.patches if patch.target == target]
    for patch in patches:
        document = changed(document, apply(target, document.value, [patch]), (f"patch:{patch.source}",))
    return changed(document, result, tuple(dict.fromkeys(f"patch:{patch.source}" for patch in patches)))


def patched(cluster: Cluster, target: str, document: dict[str, Any]) -> dict[str, Any]:
    """The document with the patches for this target.

    kubeadm reads a patched API object back into its Go type, which drops what the type does not know
    and writes its zero values, without the API server's defaults (util/staticpod PatchStaticPod,
    phases/addons); the kubelet's configuration stays as the patches leave it. Raises PatchError if a
    patch cannot be applied, or if the type cannot hold what the patches leave.
    """
    patches = [patch for patch in cluster.patches if patch.target == target]
    if not patches:
        return document
    result = apply(target, document, patches)
    version, kind = document["apiVersion"], document["kind"]
    if kind != "Pod" and kind not in _API_OBJECTS:
        return result
    if kind in _API_OBJECTS:
        # An addon is decoded into a given type, so it need not say which; a static pod has to.
        missing = [name for name in ("apiVersion", "kind") if result.get(name) in (None, "")]
        result |= {name: document[name] for name in missing}
    minor = cluster.release.minor
    _refuse(target, patches, map(_problem, schema.validator(minor, version, kind).iter_errors(result)))
    encoded = encode(result, schema.load(minor, version, kind))
    if kind in _API_OBJECTS:
        _refuse(target, patches, _unusable(encoded))
    return encoded


def _refuse(target: str, patches: Sequence[Patch], problems: Iterable[str]) -> None:
    files = ", ".join(dict.fromkeys(patch.file for patch in patches))
    lines = [f"{files}: the patches for {target} do not fit: {problem}" for problem in dict.fromkeys(problems)]
    if lines:
        raise PatchError("\n".join(lines))


def _problem(error: ValidationError) -> str:
    """Where and why Go could not decode a value, without the value."""
    path = tuple(error.absolute_path)
    node: Any = error.schema
    if error.validator == "required":
        return "apiVersion and kind cannot be taken away"
    if error.validator == "const":
        what, instead = "this cannot be changed", f"it has to stay {node['const']}"
    elif error.validator == "type":
        what, instead = shapes.wrong_type(error.instance, node, path)
    elif error.validator in ("minimum", "maximum"):
        what, instead = hints.out_of_range(node, path)
    else:
        what, instead = hints.bad_format(str(error.instance), node["format"])
    return f"{format_path(path)}: {what}" + (f"; {instead}" if instead else "")


def _unusable(document: dict[str, Any]) -> Iterator[str]:
    """Where kubeadm init could not go on with an object that its type can hold."""
    if not document["metadata"].get("name"):
        yield "metadata.name: the API server takes no object without a name"
    # kubeadm itself crashes on this (phases/addons/proxy createKubeProxyAddon).
    if document["kind"] == "DaemonSet" and not document["spec"]["template"]["spec"]["containers"]:
        yield "spec.template.spec.containers: at least one container is needed here"
