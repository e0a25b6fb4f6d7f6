# SPDX-License-Identifier: Apache-2.0
"""The API server, asked with the credentials of the tree.

lightkube in its untyped form: its typed models lose fields that they do not know. Its own way of reading client keys
would write them to a file, so the TLS context is made here, and the key passes through memory alone.
"""

from __future__ import annotations

import base64
import functools
import os
import ssl
import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx2
import yaml
from lightkube import ApiError as Refusal
from lightkube import Client
from lightkube.config.kubeconfig import SingleConfig
from lightkube.config.models import Cluster, Context, User
from lightkube.generic_resource import create_global_resource, create_namespaced_resource
from lightkube.types import PatchType

from kgen_apply.errors import ApiError, TreeError
from kgen_apply.tree import File

MANAGER = "kgen"
_STRICT = "Strict"
_FAULTY_FOR = 5.0
"""Seconds for which 500 is tried again: the server says it as well of fields that it does not know."""
_FIRST_WAIT = 0.25
_LONGEST_WAIT = 8.0
_PLURALS = {
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "ConfigMap": "configmaps",
    "DaemonSet": "daemonsets",
    "Deployment": "deployments",
    "Node": "nodes",
    "Pod": "pods",
    "Role": "roles",
    "RoleBinding": "rolebindings",
    "Secret": "secrets",
    "Service": "services",
    "ServiceAccount": "serviceaccounts",
}
Value = TypeVar("Value")


class _Strict(httpx2.BaseTransport):
    """Has the server refuse fields that it does not know; lightkube has no option for that."""

    def __init__(self, inner: httpx2.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "PATCH":
            request.url = request.url.copy_merge_params({"fieldValidation": _STRICT})
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


class Api:
    """One user's connection to one API server."""

    def __init__(self, kubeconfig: File, server: str = "") -> None:
        """server: another URL than the kubeconfig's; the certificate has to fit it all the same. TreeError."""
        cluster, user = _read(kubeconfig)
        self.server = server or str(cluster.get("server", ""))
        transport = _Strict(httpx2.HTTPTransport(verify=_context(cluster, user, kubeconfig.path)))
        config = SingleConfig("kgen", Context("kgen"), Cluster(server=self.server), User())
        timeout = httpx2.Timeout(15)
        self._client = Client(config, timeout=timeout, field_manager=MANAGER, trust_env=False, transport=transport)
        self._plain = httpx2.Client(base_url=self.server, transport=transport, timeout=timeout, trust_env=False)

    def close(self) -> None:
        """End the connections."""
        self._client.close()

    def healthy(self, path: str) -> str:
        """Empty if the server answers ok at /livez or /readyz; otherwise why not. ApiError if it is another's."""
        try:
            response = self._plain.get(path, timeout=5)
        except httpx2.HTTPError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise ApiError(f"{self.server}: {_sentence(error)}") from None
            return _sentence(error)
        return "" if response.status_code == 200 else f"{path} says {response.status_code}"

    def get(self, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        """The object; None if there is none."""
        try:
            return dict(
                self._client.get(_resource(api_version, kind, bool(namespace)), name, namespace=namespace or None)
            )
        except Refusal as error:
            if error.status.code == 404:
                return None
            raise

    def apply(self, item: dict[str, Any], *, force: bool, dry_run: bool) -> dict[str, Any]:
        """Server-side apply; returns the object as it is then. Refusal, with code 409 for a conflict."""
        meta = item["metadata"]
        namespace = meta.get("namespace", "")
        resource = _resource(item["apiVersion"], item["kind"], bool(namespace))
        done = self._client.patch(
            resource,
            meta["name"],
            item,
            namespace=namespace or None,
            patch_type=PatchType.APPLY,
            field_manager=MANAGER,
            force=force,
            dry_run=dry_run,
        )
        return dict(done)

    def merge(self, kind: str, name: str, patch: dict[str, Any]) -> None:
        """JSON merge patch of an object of the core group without a namespace."""
        resource = _resource("v1", kind, False)
        self._client.patch(resource, name, patch, patch_type=PatchType.MERGE, field_manager=MANAGER)


def retried(call: Callable[[], Value], timeout: float, what: str, forbidden: float = 0) -> Value:
    """What the call returns, tried again while the server is not there, busy (429) or faulty (5xx).

    forbidden: seconds for which 403 is tried again as well: the server sees a new role binding a moment later.
    Raises Refusal for every other refusal and when the time is over, ApiError if the server cannot be reached in it.
    """
    start = time.monotonic()
    wait = _FIRST_WAIT
    while True:
        try:
            return call()
        except Refusal as error:
            passed = time.monotonic() - start
            if passed > min(timeout, _patience(error, timeout, forbidden)):
                raise
            after = error.response.headers.get("Retry-After", "") if error.response is not None else ""
            wait = max(wait, float(after)) if after.isdigit() else wait
        except httpx2.HTTPError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error) or time.monotonic() - start > timeout:
                raise ApiError(f"{what}: {_sentence(error)}") from None
        time.sleep(min(wait, _LONGEST_WAIT))
        wait = min(wait * 2, _LONGEST_WAIT)


def _patience(error: Refusal, timeout: float, forbidden: float) -> float:
    """For how long this refusal may pass by itself; negative if it does not."""
    code, details = error.status.code or 0, error.status.details
    if code == 403:
        return forbidden or -1
    if code == 404 and details is not None and details.kind == "namespaces":
        return timeout
    return {429: timeout, 500: _FAULTY_FOR}.get(code, timeout if code > 500 else -1)


def _sentence(error: httpx2.HTTPError) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return f"the API server's certificate is not of this cluster's CA, or does not fit its address ({error})"
    return f"the API server cannot be reached: {error or type(error).__name__}"


@functools.cache  # lightkube refuses to make the same class of the core group twice
def _resource(api_version: str, kind: str, namespaced: bool) -> Any:
    if kind not in _PLURALS:
        raise ApiError(f"objects of kind {kind} are not known; there are {', '.join(_PLURALS)}")
    group, _, version = api_version.rpartition("/")
    create = create_namespaced_resource if namespaced else create_global_resource
    return create(group, version, kind, _PLURALS[kind])


def _read(kubeconfig: File) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        data = yaml.safe_load(kubeconfig.content)
        named = {kind: {item["name"]: item for item in data[kind] or []} for kind in ("clusters", "contexts", "users")}
        context = named["contexts"][data["current-context"]]["context"]
        return named["clusters"][context["cluster"]]["cluster"], named["users"][context["user"]]["user"]
    except (yaml.YAMLError, KeyError, TypeError):
        raise TreeError(f"{kubeconfig.path} is not a kubeconfig with a current context") from None


def _context(cluster: dict[str, Any], user: dict[str, Any], path: str) -> ssl.SSLContext:
    """ssl wants a file for a key; one that has no name and no place on any disk will do."""
    try:
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        certificate = base64.b64decode(user["client-certificate-data"])
        key = base64.b64decode(user["client-key-data"])
    except (KeyError, ValueError):
        raise TreeError(f"{path} does not hold a client certificate, its key and a CA") from None
    if not hasattr(os, "memfd_create"):
        raise ApiError(
            "objects are applied from Linux only: elsewhere the client's key would have to be written to disk"
        )
    descriptor = os.memfd_create("kgen-client", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, certificate + b"\n" + key)
        context = ssl.create_default_context(cadata=authority)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    except (ssl.SSLError, ValueError):
        raise TreeError(f"the client certificate, its key or the CA in {path} cannot be used") from None
    finally:
        os.close(descriptor)
    return context
