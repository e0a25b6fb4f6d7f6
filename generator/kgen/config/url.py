# SPDX-License-Identifier: Apache-2.0
"""The scheme of a URL as Go's net/url reads it, which is what kubeadm's validation looks at.

`etcd1:2379` is a URL with the scheme `etcd1`, `192.0.2.1:2379` is no URL, and `/a/b` is one
without a scheme. A host with colons needs brackets, as since Go 1.26: the older Go of kubeadm
1.34 and 1.35 read `https://fd00::1:2379`, but no client could have dialled it.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import unquote

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ASCII_ESCAPE = re.compile(r"%(?!25)[0-7]")
_HOST = re.compile(r"""[-A-Za-z0-9_.~!$&'()*+,;=:\[\]<>"%\x80-\U0010ffff]*""")
_PORT = re.compile(r"(:[0-9]*)?")
_USER = re.compile(r"[-A-Za-z0-9._:~!$&'()*+,;=%@]*")


def scheme(url: str) -> str:
    """The scheme of a URL in lower case, empty if it has none; ValueError if Go would not read it."""
    rest, _, fragment = url.partition("#")
    if _CONTROL.search(rest):
        raise ValueError("it has a control character")
    if rest.startswith(":"):
        raise ValueError("the scheme before the colon is missing")
    match = _SCHEME.fullmatch(rest)
    name, rest = (match[1].lower(), match[2]) if match else ("", rest)
    _check_hierarchy(name, rest.partition("?")[0])
    if _BAD_ESCAPE.search(fragment):
        raise ValueError("it has a % without two hexadecimal digits")
    return name


def file_path(url: str) -> str:
    """The path of a URL with the scheme `file`, any other text as it is (SetDefaults_FileDiscovery)."""
    try:
        if scheme(url) != "file":
            return url
    except ValueError:
        return url
    rest = re.split("[?#]", url, maxsplit=1)[0].partition(":")[2]
    if rest.startswith("//"):
        rest = re.sub("^//[^/]*", "", rest)
    return unquote(rest) if rest.startswith("/") else ""


def _check_hierarchy(name: str, rest: str) -> None:
    if not rest.startswith("/"):
        if name:
            return
        if ":" in rest.partition("/")[0]:
            raise ValueError("it has a port but no scheme")
    path = rest
    if rest.startswith("//") and (name or not rest.startswith("///")):
        authority, slash, tail = rest[2:].partition("/")
        path = slash + tail
        user, at, host = authority.rpartition("@")
        if at and (not _USER.fullmatch(user) or _BAD_ESCAPE.search(user)):
            raise ValueError("the part before @ has characters that are not allowed there")
        _check_host(name, host)
    if _BAD_ESCAPE.search(path):
        raise ValueError("it has a % without two hexadecimal digits")


def _check_host(name: str, host: str) -> None:
    if not _HOST.fullmatch(host) or _BAD_ESCAPE.search(host):
        raise ValueError("the host has characters that are not allowed there")
    if "[" in host:
        _check_bracketed(host)
        return
    if _ASCII_ESCAPE.search(host):
        raise ValueError("the host has characters that are not allowed there")
    first = host.find(":") if name in ("http", "https") else host.rfind(":")
    if first >= 0 and not _PORT.fullmatch(host[first:]):
        raise ValueError("the port is not a number, or an IPv6 address lacks its brackets")


def _check_bracketed(host: str) -> None:
    if host.rfind("[") > 0 or "]" not in host:
        raise ValueError("brackets have to enclose the whole IPv6 address")
    address, _, port = host[1:].rpartition("]")
    if not _PORT.fullmatch(port):
        raise ValueError("the port is not a number")
    address, escaped_percent, zone = address.partition("%25")
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        raise ValueError("brackets have to enclose an IPv6 address") from None
    if "%" in address or (escaped_percent and not zone):
        raise ValueError("the zone of the IPv6 address is not written as %25zone")
