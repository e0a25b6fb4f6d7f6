# SPDX-License-Identifier: Apache-2.0
"""Which texts a flag of a type can be set to (Go's strconv and time, pflag, component-base/cli/flag)."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable

from kgen.config import net, url
from kgen.config.scalars import canonical_quantity, parse_duration

TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
"""Texts that strconv.ParseBool takes"""
_INTEGER = re.compile(
    r"([+-]?)(0[xX](_?[0-9a-fA-F])+|0[bB](_?[01])+|0[oO](_?[0-7])+|0(_?[0-7])*|[1-9](_?[0-9])*)", re.ASCII
)
_FLOAT = re.compile(
    r"[+-]?(inf|infinity|nan|(?=\.?[0-9])([0-9](_?[0-9])*)?\.?([0-9](_?[0-9])*)?(e[+-]?[0-9]+)?"
    r"|0x_?(?=\.?[0-9a-f])([0-9a-f](_?[0-9a-f])*)?\.?([0-9a-f](_?[0-9a-f])*)?p[+-]?[0-9]+)",
    re.IGNORECASE | re.ASCII,
)
_BITS = {"int": 64, "int32": 32, "int64": 64, "uint": 64, "uint32": 32, "uint64": 64}


def wanted(kind: str, text: str) -> str:
    """What a flag of this type wants, if the text is not that; empty if it is, or if nothing is known of the type."""
    if kind in _BITS:
        return "" if _is_integer(text, kind) else "a whole number"
    if kind in _TYPES:
        what, takes = _TYPES[kind]
        return "" if takes(text) else what
    return ""


def items(text: str) -> list[str]:
    """The items of a list with commas, with their blanks (pflag string_slice.go readAsCSV)."""
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        return text.split(",")


def _is_integer(text: str, kind: str) -> bool:
    match = _INTEGER.fullmatch(text)
    if not match:
        return False
    digits = match[2].replace("_", "").lower()
    try:
        number = int(digits, 8) if re.fullmatch(r"0[0-7]+", digits) else int(digits, 0)
    except ValueError:  # of more digits than Python reads
        return False
    if kind.startswith("u"):
        return not match[1] and number < 1 << _BITS[kind]
    return number < (1 << (_BITS[kind] - 1)) + (match[1] == "-")


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def takes(text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return takes


def _are_gates(text: str) -> bool:
    pairs = [item.partition("=") for item in text.split(",") if item]
    return all(equals and state.strip() in TRUE | FALSE for _, equals, state in pairs)


def _is_quantity(text: str) -> bool:
    return text == text.strip() and _parses(canonical_quantity)(text)


def _is_port_range(text: str) -> bool:
    match = re.fullmatch(r"([0-9]{1,9})(?:([+-])([0-9]{1,9}))?", text.strip(), re.ASCII)
    if not match:
        return not text.strip()
    low = int(match[1])
    high = low if not match[2] else int(match[3]) + (low if match[2] == "+" else 0)
    return low <= high <= _LAST_PORT


def _are_ciphers(text: str) -> bool:
    return all(item in _CIPHERS for item in text.split(",")) if text else True


_LAST_PORT = 65535
_TLS_VERSIONS = ("VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13")
_CIPHERS = frozenset(
    {
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
        "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
        "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
        "TLS_RSA_WITH_AES_128_CBC_SHA",
        "TLS_RSA_WITH_AES_128_CBC_SHA256",
        "TLS_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_RSA_WITH_AES_256_CBC_SHA",
        "TLS_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_RSA_WITH_RC4_128_SHA",
    }
)
"""Those of Go's crypto/tls, safe and not, and two older names (component-base/cli/flag/ciphersuites_flag.go)"""

_BY_NAME = {
    "cloud-provider": "cloudProvider",
    "feature-gates": "mapStringBool",
    "logging-format": "logFormat",
    "tls-cipher-suites": "ciphers",
    "tls-min-version": "tlsVersion",
}
"""Flag of any Kubernetes program to the type that its values are of, where its own says less"""

_BY_PROGRAM = {
    ("etcd", "advertise-client-urls"): "urls",
    ("etcd", "feature-gates"): "mapStringBool",
    ("etcd", "initial-advertise-peer-urls"): "urls",
    ("etcd", "listen-client-http-urls"): "bindUrls",
    ("etcd", "listen-client-urls"): "bindUrls",
    ("etcd", "listen-metrics-urls"): "bindUrls",
    ("etcd", "listen-peer-urls"): "bindUrls",
    ("kube-apiserver", "authorization-mode"): "authorizationModes",
    ("kube-apiserver", "runtime-config"): "apis",
}
"""The same for flags of one program"""


def kind(program: str, name: str, own: str) -> str:
    """The type of a flag's values; `own` is what the program calls it."""
    return _BY_PROGRAM.get((program, name)) or (_BY_NAME.get(name, own) if program != "etcd" else own)


def _are_modes(text: str) -> bool:
    modes = items(text)
    return len(set(modes)) == len(modes) and set(modes) <= set(_MODES)


_MODES = ("Node", "RBAC", "Webhook", "ABAC", "AlwaysAllow", "AlwaysDeny")
"""pkg/kubeapiserver/authorizer/modes/modes.go"""


def _are_apis(text: str) -> bool:
    """Whether each API is on or off (apiserver pkg/server/resourceconfig/helpers.go)."""
    pairs = [item.partition("=") for item in text.split(",") if item]
    for name, _, state in pairs:
        known = {"true", "false"} if name.strip() in _API_GROUPS else TRUE | FALSE | {""}
        if state.strip() not in known:
            return False
    return True


_API_GROUPS = ("api/all", "api/ga", "api/beta", "api/alpha")


def _are_urls(text: str, *, bind: bool) -> bool:
    """Whether etcd takes them (client/pkg types/urls.go NewURLs, server embed/config.go checkBindURLs)."""
    return not text or all(_is_url(each.strip(), bind=bind) for each in text.split(","))


def _is_url(text: str, *, bind: bool) -> bool:
    """Of sockets etcd 3.7 takes more than 3.6; none is refused here."""
    try:
        scheme = url.scheme(text)
        match = re.match(r"[^:]+://(?:[^/?#]*@)?([^/?#]*)([?#]|$)", text)
        host = net.split_host_port(match[1])[0] if match and scheme in ("http", "https") else ""
    except ValueError:
        return False
    if scheme not in ("http", "https"):
        return scheme in ("unix", "unixs")
    return host == "localhost" or net.is_ip(host) if bind else bool(host)


_BOOL = ("true or false", lambda text: text in TRUE | FALSE)
_NUMBER = ("a number", lambda text: _FLOAT.fullmatch(text) is not None)
_TLS_VERSION = (f"one of {', '.join(_TLS_VERSIONS)}", lambda text: text in ("", *_TLS_VERSIONS))
_URL = "URLs such as https://192.0.2.1:2379, with a port, without a path, with commas between"
_TYPES: dict[str, tuple[str, Callable[[str], bool]]] = {
    "Level": ("a whole number", lambda text: re.fullmatch(r"[+-]?[0-9]+", text, re.ASCII) is not None),
    "apis": ("group/version=true,other/version=false", _are_apis),
    "authorizationModes": (f"some of {', '.join(_MODES)}, each once, with commas and no blanks between", _are_modes),
    "bindUrls": (f"{_URL}; the host an IP address", lambda text: _are_urls(text, bind=True)),
    "bool": _BOOL,
    "ciphers": ("names of TLS cipher suites as Go has them, with commas between", _are_ciphers),
    "cloudProvider": ("external, or leave it out: no provider is built in", lambda text: text in ("", "external")),
    "duration": ('a number with its unit, e.g. "30s" or "24h"', _parses(parse_duration)),
    "float32": _NUMBER,
    "float64": _NUMBER,
    "ip": ("an IP address", lambda text: not text.strip() or net.is_ip(text.strip())),
    "logFormat": ("text or json", lambda text: text in ("", "text", "json")),
    "mapStringBool": ("name=true,other=false", _are_gates),
    "portRange": ("a range of ports such as 30000-32767", _is_port_range),
    "quantity": ("a number with a suffix, e.g. 500m, 1Gi", _is_quantity),
    "tlsVersion": _TLS_VERSION,
    "urls": (_URL, lambda text: _are_urls(text, bind=False)),
}
"""Type to what it wants and whether a text is that. mapStringString is left out: it is the name of several types, and
among them some take `a`, `a<b` or `a=b,c` (component-base/cli/flag)."""
