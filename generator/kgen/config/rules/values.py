# SPDX-License-Identifier: Apache-2.0
"""Rules for one value each, shared by several documents (apis/kubeadm/validation/validation.go)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kgen import secrecy
from kgen.config import net, url
from kgen.config.rules.fields import Field
from kgen.errors import Problem

_DOMAIN_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_DOMAIN_LABEL}(?:\.{_DOMAIN_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_IMAGE_NAME = re.compile(rf"(?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*")
PULL_POLICIES = ("Always", "IfNotPresent", "Never")
MERGE_METHODS = ("append", "prepend")
"""Ways of an argument that only kubeadm.k8s.io/v1 has"""
CERTIFICATE_KEY_BYTES = 32
_LIKELY_PORT = re.compile(r"443|[1-9][0-9]{3,4}")
"""What stands behind an IPv6 address without brackets and is rather a port than a part of it."""


def absolute_path(field: Field) -> Iterator[Problem]:
    """An absolute POSIX path."""
    if not field.text.startswith("/"):
        yield field.problem("absolute-path", f"{field.text!r} is not an absolute path", "a path that begins with /")


def dns_subdomain(field: Field, code: str) -> Iterator[Problem]:
    """A DNS-1123 subdomain such as a node name or the cluster's domain."""
    if net.is_dns_subdomain(field.text):
        return
    instead = "lower-case letters, digits, - and ., a letter or digit at both ends, at most 253 characters"
    cleaned = re.sub(r"[^a-z0-9.-]", "-", field.text.lower()).strip("-.")
    if net.is_dns_subdomain(cleaned) and not any(secrecy.lookalikes(field.text)):
        instead += f", e.g. {cleaned}"
    yield field.problem(code, f"{field.text!r} is not a DNS name", instead)


def image_repository(field: Field) -> Iterator[Problem]:
    """A repository to which `/name:tag` can be appended (github.com/distribution/reference)."""
    if _IMAGE_NAME.fullmatch(f"{field.text}/name"):
        return
    cleaned = re.sub(r"^[a-z]+://", "", "".join(field.text.split()[:1])).strip("/")
    domain, slash, path = cleaned.partition("/")
    cleaned = domain + slash + path.lower() if "." in domain or ":" in domain else cleaned.lower()
    instead = f"e.g. {cleaned}" if _IMAGE_NAME.fullmatch(f"{cleaned}/name") else "e.g. registry.example.com/kubernetes"
    yield field.problem("image-repository", f"{field.text!r} is not an image repository", instead)


def names(field: Field) -> Iterator[Problem]:
    """A list of subject alternative names: DNS names, wildcards and IP addresses."""
    for item in field:
        name = item.text
        if net.is_dns_subdomain(name) or net.is_wildcard_dns_subdomain(name) or net.is_ip(name):
            continue
        what = f"{name!r} is neither a DNS name, a wildcard such as *.example.com, nor an IP address"
        yield item.problem("alternative-name", what, _better_name(name))


def _better_name(name: str) -> str:
    if not name:
        return "leave it out"
    if "," in name:
        return "give each name as an item of the list"
    host = re.sub(r"^[a-z]+://|:[0-9]*$", "", name.lower())
    return f"e.g. {host}" if net.is_dns_subdomain(host) or net.is_ip(host) else ""


def extra_args(field: Field) -> Iterator[Problem]:
    """A list of arguments, each with a name."""
    for item in field:
        if not item["name"].text:
            yield item.problem("argument-name", "the argument has no name", "name: the flag without its dashes")
        if item["mergeMethod"].text not in ("", *MERGE_METHODS):
            what = f"{item['mergeMethod'].text!r} is not a merge method"
            yield item.problem("merge-method", what, "one of " + ", ".join(MERGE_METHODS))


def pull_policy(field: Field) -> Iterator[Problem]:
    """A pull policy of the core API, or nothing."""
    if field.text and field.text not in PULL_POLICIES:
        known = {policy.lower(): policy for policy in PULL_POLICIES}
        instead = known.get(field.text.lower(), "one of " + ", ".join(PULL_POLICIES))
        yield field.problem("pull-policy", f"{field.text!r} is not a pull policy", instead)


def cri_socket(field: Field) -> Iterator[Problem]:
    """The socket of the container runtime, a URL with the scheme unix."""
    instead = "e.g. unix:///run/containerd/containerd.sock"
    try:
        scheme = url.scheme(field.text)
    except ValueError as error:
        yield field.problem("cri-socket", f"{field.text!r} is not a URL: {error}", instead)
        return
    if scheme != "unix":
        yield field.problem("cri-socket", f"{field.text!r} does not have the scheme unix", instead)


def certificate_key(field: Field) -> Iterator[Problem]:
    """The key that encrypts uploaded certificates, or nothing. Its value is a secret and is never quoted."""
    size = 2 * CERTIFICATE_KEY_BYTES
    if field.text and not re.fullmatch(rf"[0-9A-Fa-f]{{{size}}}", field.text):
        what = "the certificate key is not a hexadecimal AES-256 key"
        yield field.problem(
            "certificate-key", what, f"{size} hexadecimal digits; kubeadm certs certificate-key makes one"
        )


def ignored_errors(field: Field) -> Iterator[Problem]:
    """Names of preflight checks, or `all` alone."""
    checks = {check.lower() for check in field.texts}
    if "all" in checks and len(checks) > 1:
        yield field.problem("ignore-preflight-errors", "'all' stands together with single checks", "all, or the checks")


def bind_address(field: Field) -> Iterator[Problem]:
    """The address at which an API server is reached.

    kubeadm looks for one on the host when it is unset, unspecified or loopback
    (util/config/initconfiguration.go SetAPIEndpointDynamicDefaults); kgen never looks at a host.
    """
    instead = "the address at which the other nodes reach this one"
    if not field.text:
        yield field.problem("advertise-address", "there is no advertise address, and kgen does not guess one", instead)
        return
    try:
        address = net.parse_ip(field.text)
    except ValueError:
        yield field.problem("advertise-address", f"{field.text!r} is not an IP address", instead)
        return
    if address.is_loopback or not net.is_usable_bind_address(address):
        what = f"{field.text!r} cannot be the address of an API server"
        host_decides = address.is_loopback or address.is_unspecified
        yield field.problem("advertise-address" if host_decides else "bind-address", what, instead)


def better_endpoint(text: str, default_port: str = "") -> str:
    """The endpoint that a text in a wrong form is likely to mean, or an example."""
    try:
        host, port = _likely_endpoint(text)
    except ValueError:
        return "e.g. api.example.com:6443"
    port = port or default_port
    return net.host_port(host, port) if port else host


def _likely_endpoint(text: str) -> tuple[str, str]:
    """Host and port, the port empty if there is none; ValueError if no host can be made out."""
    cleaned = re.sub(r"^[a-z]+://|/.*$", "", text.lower())
    if bracketed := re.fullmatch(r"\[([^\[\]]*)\]", cleaned):
        return net.parse_host_port(bracketed[1])
    host, _, last = cleaned.rpartition(":")
    if ":" in host and net.is_ip(host) and _LIKELY_PORT.fullmatch(last):
        return net.parse_host_port(f"[{host}]:{last}")
    return net.parse_host_port(cleaned)


def port(field: Field) -> Iterator[Problem]:
    """A TCP port."""
    number = field.value or 0
    if isinstance(number, int | float) and not 1 <= number <= 65535:
        yield field.problem("port", f"{number} is not a port", "a number from 1 to 65535")


def api_endpoint(field: Field) -> Iterator[Problem]:
    """A localAPIEndpoint."""
    yield from bind_address(field["advertiseAddress"])
    yield from port(field["bindPort"])


def node_registration(field: Field) -> Iterator[Problem]:
    """A nodeRegistration."""
    if field["name"].text:
        yield from dns_subdomain(field["name"], "node-name")
    else:
        yield field.problem(
            "node-name", "the node has no name, and kgen does not ask the machine for its host name", "name"
        )
    yield from cri_socket(field["criSocket"])
    yield from extra_args(field["kubeletExtraArgs"])
    yield from pull_policy(field["imagePullPolicy"])
    yield from ignored_errors(field["ignorePreflightErrors"])
