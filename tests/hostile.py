# SPDX-License-Identifier: Apache-2.0
"""Files that nobody should write: python tests/hostile.py [--count N] [--seed S] [--largest MB]

Mangles the corpus N times and gives each result to everything that `kgen validate` does with a file. Nothing may
raise, take two seconds or need much memory. Says what it took; the exit code is 1 if something went wrong.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path[:0] = [str(Path(__file__).parents[1] / "generator")]

from kgen.cli import printing, reports
from kgen.config import catalogue
from kgen.config.convert import CURRENT
from kgen.config.lints import facts
from kgen.config.lints.subject import CONTROL_PLANE
from kgen.config.validate import Findings, check

CORPUS = Path(__file__).parent / "corpus"
SLOWEST = 2.0
"""Seconds of processor time that a file may take, whatever it is."""

BEGIN = b"apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.37.0\n"
_FULL = 1_000_000
"""Bytes that nearly fill a file of the largest size that is read."""

_NASTY = (
    *(b"\t", b"\0", b"\x1b[31m", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\xe2\x80\xae", b"\r", b"\r\n", b"\xc2\x85"),
    *(
        b": ",
        b"- ",
        b"? ",
        b"&a ",
        b"*a",
        b"<<: *a",
        b"!!binary x",
        b"!!int x",
        b"!!python/name:os.system ",
        b"%YAML 9",
    ),
    *(b"{", b"}", b"[", b"]", b"'", b'"', b"|", b">", b"#", b"\n---\n", b"\n...\n", b"@", b"`", b"{{ x }}"),
    *(b"9" * 5000, b"-1e999", b"0x" + b"f" * 400, b"1" + b"_" * 50, b"NaN", b".inf", b"0o9", b"1:1:1", b"1e-400"),
    *(b"[" * 300, b"{a: " * 150, b"- " * 200, b" " * 3000, b"a" * 3000, b"\n" * 500, b"null", b"~", b"2001-01-01"),
)

_SPECIAL = (
    b"",
    b"\n" * _FULL,
    b"---\n" * (_FULL // 4),
    b"---\n#\n" * (_FULL // 6),
    b"#" * _FULL,
    bytes(range(256)) * 1000,
    (BEGIN.decode() * 10).encode("utf-16"),
    BEGIN + b"x: " + b"[" * _FULL,
    BEGIN + b"".join(b" " * depth + b"a:\n" for depth in range(900)),
    b'{"a":' * (_FULL // 5),
    BEGIN + b"apiServer: {certSANs: [" + b"_," * (_FULL // 2) + b"]}\n",
    BEGIN + b"apiServer: {certSANs: [" + b"_," * 40_000 + b"]}\n",
    BEGIN + b"apiServer: {extraArgs: [" + b"{}," * 24_000 + b"]}\n",
    BEGIN + b"featureGates: {" + b"".join(b"a%d: true," % number for number in range(24_000)) + b"}\n",
    BEGIN + b"".join(b"k%d: 1\n" % number for number in range(24_000)),
    BEGIN + b"a: 1\n" * 24_000,
    BEGIN + b"? " + b"k" * 500_000 + b"\n: {" + b"a: 1," * 20_000 + b"}\n",
    BEGIN + b'networking: {podSubnet: "' + b"10.0.0.0/8," * 40_000 + b'10.0.0.0/8"}\n',
    BEGIN + b'imageRepository: "' + b"a-" * 400_000 + b'!"\n',
    BEGIN + b'apiServer: {certSANs: ["' + b"a." * 400_000 + b'_"]}\n',
    BEGIN + b"a: " + b"9" * 900_000 + b"\n",
    BEGIN.replace(b"v1.37.0", b"v1." + b"9" * 900_000 + b".0"),
    BEGIN.replace(b"v1.37.0", b"v1.37.0-" + b"a." * 400_000 + b"a"),
    BEGIN + b'certificateValidityPeriod: "' + b"9" * 900_000 + b'h"\n',
    BEGIN
    + b"a: &a [x, x, x, x, x, x, x, x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (c, c, b"*%c," % (c - 1) * 8) for c in b"bcdefghij"),
    BEGIN + b"a: &a [" + b"x," * 1000 + b"]\napiServer: {certSANs: &b [" + b"*a," * 40 + b"]}\n",
    BEGIN
    + b"a: &a {"
    + b"".join(b"k%d: 1," % n for n in range(9000))
    + b"}\n"
    + b"".join(b"b%d: {<<: *a}\n" % n for n in range(4000)),
    BEGIN + b"etcd: {external: {endpoints: [" + b"'https://u:p@%',".replace(b"%", b"a" * 200) * 3000 + b"]}}\n",
    b'{"apiVersion":"kubeadm.k8s.io/v1beta4","kind":"InitConfiguration","bootstrapTokens":['
    + b'{"token":"x","a":1},' * 9000
    + b"{}]}",
    b"apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nnodeRegistration: {kubeletExtraArgs: ["
    + b"".join(
        b"{name: %s, value: 'a%d=true'}," % (flag, number)
        for number in range(1500)
        for flag in (b"system-reserved", b"feature-gates", b"cluster-dns")
    )
    + b"]}\n",
    BEGIN
    + b"---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nnodePortAddresses: ["
    + b"primary," * 24_000
    + b"]\n",
    b"apiVersion: v1\nkind: Secret\ndata:\n" + b"  a: b\n  a: b\n" * 12_000,
    b"\xef\xbb\xbf" + BEGIN + b"x: 1\n",
)
"""Each the worst for some part."""


_ODD = (
    *(
        "9" * 4301,
        "-" + "9" * 4301,
        "0-" + "9" * 4301,
        "9" * 4301 + "h",
        "9" * 4301 + "%",
        "0x" + "f" * 4301,
    ),
    *("1e9999", "nan", "inf", "0b2", "0o9", "1_000", "+0x_1", "-1", "1.1.1.1:" + "9" * 4301, "[" + "9" * 50, "::%"),
    *("https://[" + "9" * 50, "https://a:" + "9" * 4301, "http://[::1%25x]:1", "a=b,c", "<", "=", ",", "a<", "a b"),
    *("cpu=" + "9" * 4301, "memory.available<" + "9" * 4301 + "%", "memory.available<1e400%", "- -", "\u2028", "é=ü"),
    *("\0", "'", '"', "\\", '\\"', "a" * 3000),
)
"""Values that a number, an address, a duration, a list or a map could choke on."""


def odd() -> Iterator[bytes]:
    """Every argument of a program, or every text of a component's configuration, with one of the odd values."""
    for value in _ODD:
        for program in ("etcd", "kubelet", *CONTROL_PLANE):
            known = facts.load(program, "3.6" if program == "etcd" else "1.37")
            arguments = [{"name": name, "value": value} for name in known.flags] if known else []
            given: dict[str, Any] = {"extraArgs": arguments}
            if program == "kubelet":
                yield _text({}, {"kind": "InitConfiguration", "nodeRegistration": {"kubeletExtraArgs": arguments}})
            else:
                yield _text({"etcd": {"local": given}} if program == "etcd" else {CONTROL_PLANE[program]: given})
        for version, kind in _COMPONENTS:
            schema = catalogue.load("1.37", version, kind)
            yield _text({}, {"apiVersion": version, "kind": kind, **_filled(schema, schema, value)})


_COMPONENTS = (
    ("kubelet.config.k8s.io/v1beta1", "KubeletConfiguration"),
    ("kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration"),
)


def _text(cluster: dict[str, Any], *others: dict[str, Any]) -> bytes:
    """A ClusterConfiguration with these fields, and other documents."""
    documents = [{"kind": "ClusterConfiguration", "kubernetesVersion": "v1.37.0", **cluster}, *others]
    return "---\n".join(json.dumps({"apiVersion": CURRENT, **each}) + "\n" for each in documents).encode()


def _filled(node: Mapping[str, Any], root: Mapping[str, Any], value: str) -> dict[str, Any]:
    """A map with this value in all fields of a schema that hold texts, or lists and maps of texts."""
    filled: dict[str, Any] = {}
    for name, field in node["properties"].items():
        inner = field.get("items") or field.get("additionalProperties") or field
        if "$ref" in field:
            filled[name] = _filled(root["$defs"][field["$ref"].rpartition("/")[2]], root, value)
        elif name not in ("apiVersion", "kind") and "string" in inner.get("type", ()) and "x-go-type" not in inner:
            kind = "array" if "items" in field else "object" if "additionalProperties" in field else "string"
            filled[name] = {"array": [value], "object": {value: value}, "string": value}[kind]
    return filled


@dataclass(frozen=True, slots=True)
class Taken:
    """What one file took."""

    seconds: float
    findings: Findings
    output: int
    """Characters of text and JSON about it"""


def judge(text: bytes) -> Taken:
    """Everything that `kgen validate` does with a file."""
    began = time.process_time()
    sources = [("hostile.yaml", text)]
    found = check(sources)
    lines = list(printing.lines(found.problems, sources))
    results = [("hostile.yaml", found)]
    length = sum(map(len, lines)) + len(reports.as_json(results)) + len(reports.as_sarif(results))
    return Taken(time.process_time() - began, found, length)


def special(largest: int) -> Iterator[bytes]:
    """The worst of their kind, and files of 5 MB and of `largest` MB."""
    yield from _SPECIAL
    for size in (5, largest):
        yield (BEGIN + b"# " + b"x" * 1000 + b"\n") * (size * 1000)


def mangled(seed: int) -> Iterator[bytes]:
    """Endlessly many files of the corpus, mangled."""
    chance = random.Random(seed)  # noqa: S311 (a test wants the same every time)
    originals = [path.read_bytes() for path in sorted(CORPUS.glob("*/*.yaml"))]
    while True:
        text = chance.choice(originals)
        for _ in range(chance.choice((1, 1, 2, 3, 8))):
            text = chance.choice(_MANGLERS)(text, chance)
        yield text


def _flip(text: bytes, chance: random.Random) -> bytes:
    changed = bytearray(text)
    for _ in range(chance.randint(1, 20) if text else 0):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(text: bytes, chance: random.Random) -> bytes:
    return text[: chance.randint(0, len(text))]


def _insert(text: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(text))
    return text[:at] + chance.choice(_NASTY) + text[at:]


def _replace_value(text: bytes, chance: random.Random) -> bytes:
    lines = text.split(b"\n")
    at = chance.randrange(len(lines))
    key, colon, _ = lines[at].partition(b":")
    lines[at] = key + colon + b" " + chance.choice(_NASTY)
    return b"\n".join(lines)


def _repeat_line(text: bytes, chance: random.Random) -> bytes:
    lines = text.split(b"\n")
    at = chance.randrange(len(lines))
    return b"\n".join([*lines[:at], *[lines[at]] * chance.choice((2, 50, 2000)), *lines[at:]])


def _move_line(text: bytes, chance: random.Random) -> bytes:
    lines = text.split(b"\n")
    line = lines.pop(chance.randrange(len(lines)))
    lines.insert(chance.randint(0, len(lines)), chance.choice((b"", b"  ", b"\t", b"- ")) + line)
    return b"\n".join(lines)


def _join(text: bytes, chance: random.Random) -> bytes:
    return text + chance.choice((b"", b"\n", b"---\n", b"\n---\n")) + text[chance.randint(0, len(text)) :]


def _binary(text: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(text))
    return text[:at] + chance.randbytes(chance.randint(1, 300)) + text[at:]


_MANGLERS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_flip, _cut, _insert, _insert, _replace_value, _replace_value, _repeat_line, _move_line, _join, _binary),
)


def memory() -> int:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Try them all and say what they took; exit code 1 if something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--count", type=int, default=20_000, metavar="N", help="mangled files")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--largest", type=int, default=50, metavar="MB")
    options = parser.parse_args(arguments)
    accepted, slowest, output, failed = 0, 0.0, 0, 0
    given = itertools.chain(special(options.largest), odd(), itertools.islice(mangled(options.seed), options.count))
    for number, text in enumerate(given):
        try:
            taken = judge(text)
        except Exception as error:
            failed += 1
            print(f"{number}: {type(error).__name__}: {str(error)[:200]}")
            continue
        accepted += taken.findings.accepted
        slowest, output = max(slowest, taken.seconds), max(output, taken.output)
        if taken.seconds > SLOWEST:
            failed += 1
            print(f"{number}: {taken.seconds:.1f} s for {len(text)} bytes, {text[:200]!r}")
    print(f"{number + 1} files, {accepted} of them accepted; {failed} went wrong")
    print(f"slowest {slowest:.2f} s, most output {output // 1000} kB, most memory {memory()} MB")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
