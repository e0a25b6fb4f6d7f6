# SPDX-License-Identifier: Apache-2.0
"""Which texts a flag of a type can be set to (Go's strconv and time, pflag, component-base/cli/flag)."""

from __future__ import annotations

import re
from collections.abc import Callable

from kgen.config import net
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


def _is_integer(text: str, kind: str) -> bool:
    match = _INTEGER.fullmatch(text)
    if not match:
        return False
    digits = match[2].replace("_", "").lower()
    number = int(digits, 8) if re.fullmatch(r"0[0-7]+", digits) else int(digits, 0)
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
    match = re.fullmatch(r"([0-9]+)(?:([+-])([0-9]+))?", text.strip(), re.ASCII)
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

BY_NAME = {"feature-gates": "mapStringBool", "tls-cipher-suites": "ciphers", "tls-min-version": "tlsVersion"}
"""Flag of a Kubernetes program to the type that its values are of, where its own says less"""

_BOOL = ("true or false", lambda text: text in TRUE | FALSE)
_NUMBER = ("a number", lambda text: _FLOAT.fullmatch(text) is not None)
_TLS_VERSION = (f"one of {', '.join(_TLS_VERSIONS)}", lambda text: text in ("", *_TLS_VERSIONS))
_TYPES: dict[str, tuple[str, Callable[[str], bool]]] = {
    "Level": ("a whole number", lambda text: re.fullmatch(r"[+-]?[0-9]+", text, re.ASCII) is not None),
    "bool": _BOOL,
    "ciphers": ("names of TLS cipher suites as Go has them, with commas between", _are_ciphers),
    "duration": ('a number with its unit, e.g. "30s" or "24h"', _parses(parse_duration)),
    "float32": _NUMBER,
    "float64": _NUMBER,
    "ip": ("an IP address", lambda text: not text.strip() or net.is_ip(text.strip())),
    "mapStringBool": ("name=true,other=false", _are_gates),
    "portRange": ("a range of ports such as 30000-32767", _is_port_range),
    "quantity": ("a number with a suffix, e.g. 500m, 1Gi", _is_quantity),
    "tlsVersion": _TLS_VERSION,
}
"""Type to what it wants and whether a text is that. mapStringString is left out: it is the name of several types, and
among them some take `a`, `a<b` or `a=b,c` (component-base/cli/flag)."""
