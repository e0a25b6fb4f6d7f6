# SPDX-License-Identifier: Apache-2.0
"""Objects in the API: what would change, as the server itself says, and applying it.

Server-side apply asks the server twice: first with dryRun, and what would come of it beside what is there is the plan.
"""

from __future__ import annotations

import base64
import copy
import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import yaml
from lightkube import ApiError as Refusal

from kgen_apply import node
from kgen_apply.api import Api, retried
from kgen_apply.errors import ApiError, TreeError
from kgen_apply.masked import object_diff
from kgen_apply.objects_plan import ObjectStep
from kgen_apply.tree import Object, Tree

FIRST = "wait-control-plane"
"""Phase of the binding without which admin.conf may do nothing: kubeadm makes it with super-admin.conf."""
_TOKEN = "bootstrap.kubernetes.io/token"  # noqa: S105 (a type's name)
_FORBIDDEN_FOR = 15.0
Value = TypeVar("Value")
_NOISE = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp")


class Cluster:
    """The API server of a tree, with both of the tree's administrators."""

    def __init__(self, tree: Tree, server: str = "") -> None:
        """TreeError if the tree has no admin.conf."""
        admin, powerful = tree.find("admin.conf"), tree.find("super-admin.conf")
        if admin is None:
            raise TreeError(f"{tree.source} has no admin.conf, and so nothing to show to the API server")
        self.tree = tree
        self.admin = Api(admin, server)
        self._super = Api(powerful, server) if powerful else None
        self._timeout = tree.timeouts["kubernetesAPICall"]

    @property
    def server(self) -> str:
        """Its URL."""
        return self.admin.server

    def unreachable(self) -> str:
        """Empty if it is ready; else why not."""
        return self.admin.healthy("/readyz")

    def plan(self, chosen: Sequence[Object], now: datetime.datetime) -> list[ObjectStep]:
        """What would change. ApiError if the server refuses an object."""
        admin = self._reader(chosen[0])
        steps: list[ObjectStep] = []
        new: set[tuple[str, str, str]] = set()
        expired = expired_tokens(chosen, now)
        for item in chosen:
            if item.verb == "patch":
                step = node.plan(admin, item)
            elif _parsed(item)["metadata"]["name"] in expired or _owners(item) & expired:
                step = ObjectStep(item, "expired")
            else:
                step = self._plan(admin, item, new)
            if step.change == "new":
                new.add((item.kind, item.namespace, item.name))
            steps.append(step)
        return steps

    def apply(self, step: ObjectStep, *, take_conflicts: bool) -> None:
        """Make it so. ApiError says what the server says against it."""
        item = step.object
        if item.verb == "patch":
            node.apply(self.admin, item, self._timeout)
            return
        body = self._owned(self.admin, item, _body(item))

        def send(api: Api, forbidden: float) -> None:
            self._ask(item, lambda: api.apply(body, force=take_conflicts, dry_run=False), forbidden)

        if item.phase != FIRST:
            send(self.admin, _FORBIDDEN_FOR)
            return
        try:
            send(self.admin, 0)
        except _ForbiddenError as error:
            if self._super is None:
                raise ApiError(f"{error}; there is no super-admin.conf in the tree that could") from None
            send(self._super, _FORBIDDEN_FOR)

    def close(self) -> None:
        """End the connections."""
        self.admin.close()
        if self._super:
            self._super.close()

    def _ask(self, item: Object, call: Callable[[], Value], forbidden: float = 0) -> Value:
        """What the call returns; ApiError, with no word of a secret, if the server refuses."""
        try:
            return retried(call, self._timeout, str(item), forbidden)
        except Refusal as error:
            raise _refused(item, error) from None

    def _owned(self, api: Api, item: Object, body: dict[str, Any]) -> dict[str, Any]:
        """The body with the uids of its owners, which the cluster alone knows."""
        for owner in body["metadata"].get("ownerReferences", ()):
            if not owner.get("uid"):
                get = partial(api.get, owner["apiVersion"], owner["kind"], item.namespace, owner["name"])
                found = self._ask(item, get, _FORBIDDEN_FOR)
                if found is None:
                    raise ApiError(f"{item}: its owner {owner['kind']} {owner['name']} does not exist")
                owner["uid"] = str(found["metadata"]["uid"])
        return body

    def _reader(self, first: Object) -> Api:
        """Who may look: before the first binding exists, super-admin.conf alone."""
        try:
            self._ask(first, lambda: self.admin.get("v1", "ConfigMap", "kube-system", "kubeadm-config"))
        except _ForbiddenError:
            if self._super is None:
                raise
            return self._super
        return self.admin

    def _plan(self, api: Api, item: Object, new: set[tuple[str, str, str]]) -> ObjectStep:
        body = _body(item)
        for owner in body["metadata"].get("ownerReferences", ()):
            if (owner["kind"], item.namespace, owner["name"]) in new:
                return ObjectStep(item, "new")
        body = self._owned(api, item, body)
        live = self._ask(item, lambda: api.get(item.api_version, item.kind, item.namespace, item.name))
        conflicts: tuple[str, ...] = ()
        try:
            would = retried(lambda: api.apply(body, force=False, dry_run=True), self._timeout, str(item))
        except Refusal as error:
            if error.status.code != 409:
                raise _refused(item, error) from None
            conflicts = conflicts_of(error)
            would = self._ask(item, lambda: api.apply(body, force=True, dry_run=True))
        if live is None:
            return ObjectStep(item, "new")
        before, after = plain(live), plain(would)
        if before == after:
            return ObjectStep(item, "same")
        return ObjectStep(item, "changed", object_diff(before, after, item.sensitive), conflicts)


class _ForbiddenError(ApiError):
    """The server knows us and does not let us."""


def _refused(item: Object, error: Refusal) -> ApiError:
    if error.status.code == 409:
        fields = "".join(f"\n  {line}" for line in conflicts_of(error))
        return ApiError(f"{item}: other managers own fields of it; --take-conflicts takes them:{fields}")
    message = f"{item}: the API server refuses it ({error.status.code})"
    if not item.sensitive:
        message += f": {error.status.message}"
    return _ForbiddenError(message) if error.status.code == 403 else ApiError(message)


def conflicts_of(error: Refusal) -> tuple[str, ...]:
    """`field: owned by manager`, as a refusal lists them."""
    causes = error.status.details.causes if error.status.details else None
    return tuple(f"{cause.field}: {cause.message}" for cause in causes or ())


def chosen(objects: Iterable[Object], phases: Iterable[str] | None, skipped: Iterable[str]) -> list[Object]:
    """Those of these phases, without those of the skipped ones; a name stands for all its sub-phases."""

    def among(phase: str, names: Iterable[str]) -> bool:
        return any(phase == name or phase.startswith(f"{name}/") for name in names)

    return [o for o in objects if (phases is None or among(o.phase, phases)) and not among(o.phase, skipped)]


def expired_tokens(objects: Iterable[Object], now: datetime.datetime) -> set[str]:
    """Names of token Secrets whose time is over: the cluster deletes them, so they are not posted again."""
    names: set[str] = set()
    for item in objects:
        if item.kind == "Secret":
            body = _parsed(item)
            text = base64.b64decode(body.get("data", {}).get("expiration", "")).decode(errors="replace")
            if body.get("type") == _TOKEN and text and datetime.datetime.fromisoformat(text) <= now:
                names.add(item.name)
    return names


def _owners(item: Object) -> set[str]:
    return {owner["name"] for owner in _parsed(item)["metadata"].get("ownerReferences", ())}


def _parsed(item: Object) -> dict[str, Any]:
    try:
        body = yaml.safe_load(item.content)
        same = (body["apiVersion"], body["kind"], body["metadata"]["name"], body["metadata"].get("namespace", ""))
    except (yaml.YAMLError, KeyError, TypeError):
        raise TreeError(f"{item.path} is not an object for the API") from None
    if same != (item.api_version, item.kind, item.name, item.namespace):
        raise TreeError(f"{item.path} is not the {item} that kgen.json says it is")
    return dict(body)


def _body(item: Object) -> dict[str, Any]:
    """What is applied: without what belongs to the server."""
    body = copy.deepcopy(_parsed(item))
    body.pop("status", None)
    for name in ("creationTimestamp", "resourceVersion"):
        body["metadata"].pop(name, None)
    return body


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """An object without what the server keeps about it."""
    body = {key: value for key, value in item.items() if key != "status"}
    body["metadata"] = {key: value for key, value in item["metadata"].items() if key not in _NOISE}
    return body
