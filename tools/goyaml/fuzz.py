# SPDX-License-Identifier: Apache-2.0
"""Compare kgen.gyaml and kgen.config.documents with Kubernetes' own YAML code on generated values and texts.

    python tools/goyaml/fuzz.py [--count 20000] [--seed 1] [--only dump|load]

Builds the Go program beside this file, prints each disagreement and exits 1 if there was one. What is known to
remain different is left out of the comparison.

Writing:
- Go's order of keys is not transitive: of `0644`, `0b101` and `1e400` each comes before the next and the last before
  the first, so what comes out depends on chance.
- U+0085 in a string becomes a blank in Go; kgen refuses to write it, as Go refuses U+007F and its like.

Both ways: U+FEFF inside a text. What Go makes of it depends on where its buffer of 512 bytes begins; keys can get lost.

Reading (STRICTER lists what the problems say):
- characters that Go reads and cannot write are refused, and control characters also where Go has stopped reading;
- libyaml is newer than Go's parser and refuses odd tags (`!!str*`, `!x[`) and a lone `:` before a bracket;
- a `{}` or `[]` in the place of a key: Go does not notice in some places, and stops reading there; a null key: Go does
  not notice it in a value that a later one replaces;
- a tag with a comma in it, which Go takes as one and libyaml as the end of the tag;
- keys that are different to YAML and the same to JSON (`1` and `"1"`): kgen says duplicate, Go keeps either.
"""

from __future__ import annotations

import argparse
import base64
import itertools
import json
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "generator"))

from kgen import gyaml  # noqa: E402
from kgen.config import documents  # noqa: E402
from kgen.gyaml import order  # noqa: E402

WORDS = (  # noqa: SIM905 - a list of single words would take a page
    "apiVersion kind kubeadm.k8s.io/v1beta4 ClusterConfiguration v1.37.2 1.37 1.10 cp-1 10.244.0.0/16 fd00::/48 ::1 :: "
    "[::1]:2379 https://127.0.0.1:2379 unix:///run/containerd/containerd.sock /etc/kubernetes/pki --profiling=false "
    "--feature-gates=A=true,B=false RotateKubeletServerCertificate=true system:masters system:node:cp-1 *.example.com "
    "node-role.kubernetes.io/control-plane: NoSchedule 250m 1Gi 0.5 20% 4m0s 24h 8760h0m0s 2027-01-01 12:30 1:30:00 "
    "2027-01-01T00:00:00Z 190:20:30 y Y n N yes No on off true False null Null ~ = << . .. ... - -- --- ---- ? : @x "
    "`x` %x & * ! | > ' \" {} [] {a} [a] a:b a:b: #x a#b a\\b x\\n 0644 0o644 0x1F 0b101 08 1_000 1e3 1E-3 .5 5. "
    "+1 -1 +.inf .nan -0 -0.0 1e400 0x 0b 18446744073709551615 18446744073709551616 9223372036854775807 "
    "9223372036854775808 -9223372036854775808 é ü 中文 😀 “quoted” \ufeffbom \u00a0nbsp a\u2028b \u2029 tab\there "
    "cr\rhere bell\a nul\0 esc\x1b del\x7f nel\x85 \ue000 \ufffd"
).split(" ")
LETTERS = " \t\n:#-?'\"\\,[]{}&*!|>%@`=<~.+_/0123456789abefnotxyzABEOTXZ"
ESCAPES = [f"\\{chr(code)}" for code in (*range(0x20, 0x7F), 0x09, 0x0A, 0xE9)]
ESCAPES += ["\\\\", "\\x41", "\\x7", "\\u00e9", "\\ud800", "\\ud83d\\ude00", "\\U0001F600", "\\U00110000", "\\uFEFF"]
DIGITS = "0123456789+-._eExXoObB:TtZ "
NO_JSON = ["NaN", "Infinity", "-Infinity", "-NaN", "nan", ".nan", "inf", "+1", "01", "1.", ".5", "1e", "1E+2", "0x1F"]
NO_JSON += ["-", "-0", "True", "None", "'a'", "1/**/", "\u0661", '"\\x41"', '"NaN', 'NaN"']
JSON_SCALAR = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s"\[\]{},:]+')
DIRECTIVES = ["%YAML 1.1", "%YAML 1.2", "%YAML 1.0", "%YAML 1.3", "%YAML 2.1", "%YAML 1", "%YAML 1.1 # x", "%YAML 01.2"]
DIRECTIVES += ["%YAML", "%TAG ! tag:x,2002:", "%TAG !x! !y", "%TAG !! !z", "%FOO", "%FOO 1 2", "%", " %YAML 1.2"]
TOKENS = [
    "\n",
    "\n",
    "\n  ",
    "\n  ",
    "\n    ",
    " ",
    "a",
    "b",
    "c: ",
    "d: ",
    "- ",
    "- ",
    "? ",
    ": ",
    ":",
    "[",
    "]",
    "{",
    "}",
]
TOKENS += [
    ", ",
    ",",
    "&x ",
    "*x",
    "*x ",
    "<<: ",
    "<<: *x",
    "!!str ",
    "!!int ",
    "! ",
    "|",
    ">-",
    "|+",
    "'",
    '"',
    "#",
    " #",
    "\t",
]
TOKENS += [
    "1",
    "true",
    "\\",
    "%",
    "@",
    "---",
    "...",
    "--",
    "=",
    "é",
    "\r\n",
    "?b",
    "a?",
    "-",
    "-b",
    ":b",
    "b:",
    "k: ",
    "{a: b}",
]
TOKENS += [
    "[a]",
    "''",
    '"x"',
    "&y ",
    "*y",
    "\n- ",
    "\n  - ",
    "\nk: ",
    "\n\n",
    "\xa0",
    "\ufeff",
    "!<x> ",
    "|2\n",
    "|\n",
    "\r",
]
TEXT = """\
# comment
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.37.2 # trailing
networking: {podSubnet: 10.244.0.0/16, "serviceSubnet": '10.96.0.0/12'}
controlPlaneEndpoint: "lb.example.com:6443"
apiServer:
  certSANs:
  - "*.example.com"
  - 192.0.2.1
  - [a, b: c, {d: e}]
  extraArgs: &args
    - name: audit-log-maxage
      value: "30"
    - {name: v, value: 2}
  extraVolumes:
  -   name: x
      readOnly: yes
      mode: 0644
      text: |
        line one
          line two

        last
      folded: >-
        a b
        c

        d
controllerManager: {extraArgs: *args}
featureGates: &gates
  A: true
  B: off
more:
  <<: *gates
  ? complex
  : value
  1: one
  1.5: half
  plain multi: first
    second
  quoted: "a\\
    b \\u00e9 \\t"
  single: 'it''s
    here'
  tagged: !!str 12
  null: ~
"""


STRICTER = [
    "but not write",
    "control character",
    "begins a tag",
    "stands where a key is expected",
    "the key is null",
    "a list begins on the same line",
    "unexpected ':'",
]
"""Words of problems that kubeadm does not have."""
BEYOND = re.compile(rb"""(?<=.)\xef\xbb\xbf|![^\s]*,|[\s"']:[\[\]{},]""", re.DOTALL)
"""What stands in the texts that are known to be read differently."""
NO_TEXT = re.compile(r"[-+.\de]+|true|false")
"""Keys that need not be texts."""


def word(rng: random.Random) -> str:
    """A text of the kind that stands in Kubernetes objects, or one that tempts a YAML writer."""
    choice = rng.random()
    if choice < 0.4:
        return rng.choice(WORDS)
    if choice < 0.55:
        return "".join(rng.choice(DIGITS) for _ in range(rng.randint(1, 10)))
    if choice < 0.7:
        return "".join(rng.choice(LETTERS) for _ in range(rng.randint(0, 8)))
    blank = rng.choice([" ", " ", " ", "  ", "\n", "\n  ", ", ", ": ", " #", "\n\n", "\u2028", "=", "/"])
    text = blank.join(rng.choice(WORDS) for _ in range(rng.randint(2, rng.choice([3, 8, 40]))))
    return text + rng.choice(["", "", "", "\n", "\n\n", " ", "\n "])


def value(rng: random.Random, depth: int = 0) -> Any:
    """A JSON value."""
    choice = rng.random()
    if depth < 4 and choice < (0.9 if depth == 0 else 0.3):
        if rng.random() < 0.6:
            return {word(rng): value(rng, depth + 1) for _ in range(rng.randint(0, 5))}
        return [value(rng, depth + 1) for _ in range(rng.randint(0, 4))]
    if choice < 0.85:
        return word(rng)
    if choice < 0.9:
        return rng.choice([True, False, None])
    if choice < 0.95:
        return rng.choice([1, -1, 10]) * rng.getrandbits(rng.choice([3, 16, 32, 63, 64]))
    return rng.choice([0.0, -0.0, rng.random(), rng.random() * 10 ** rng.randint(-30, 30), float(rng.getrandbits(70))])


def text(rng: random.Random) -> str:
    """A YAML text: a scalar, a value as written by gyaml or as JSON, or a spoilt configuration."""
    choice = rng.random()
    if choice < 0.4:
        tag = rng.choice(
            ["", "", "", "", "!!int ", "!!float ", "!!str ", "!!bool ", "!!null ", "!!binary ", "!x ", "! "]
        )
        scalar = word(rng)
        return f"v: {tag}{rng.choice([scalar, json.dumps(scalar)])}\n"
    if choice < 0.45:
        return rng.choice(["v: {}\n", "{}: v\n", '{{"v": {}}}\n', "[{}: v]\n"]).format(escaped(rng))
    if choice < 0.5:
        written = json.dumps(value(rng), indent=rng.choice([None, 1, "\t"]), ensure_ascii=rng.random() < 0.5)
        return rng.choice(["", " ", "\t"]) + (written if rng.random() < 0.5 else almost_json(rng, written))
    if choice < 0.58:
        return f"{word(rng)}: {word(rng)}\n"
    if choice < 0.62:
        return directed(rng)
    return spoilt(rng) if choice < 0.85 else soup(rng)


def almost_json(rng: random.Random, written: str) -> str:
    """JSON with one of its texts, numbers and words replaced by what is none, or is to other readers than Go's."""
    found = rng.choice([*JSON_SCALAR.finditer(written), None])
    return written[: found.start()] + rng.choice(NO_JSON) + written[found.end() :] if found else written


def directed(rng: random.Random) -> str:
    """A text with directives before it, and line ends at which kubeadm does not divide it."""
    end = rng.choice(["\r", "\r", "\n", "\u2028"])
    lines = [rng.choice(DIRECTIVES) for _ in range(rng.choice([1, 1, 1, 2]))]
    if rng.random() < 0.8:
        lines.append("---")
    after = rng.choice(["a: 1\nb: [x]\n", '{"a": 1}\n', "- a\n", spoilt(rng)])
    return rng.choice(["", "", "# x\n", "---\n", "a: 1\n...\n"]) + end.join([*lines, after.replace("\n", end)])


def escaped(rng: random.Random) -> str:
    """A text with backslashes, in double quotes for the most part."""
    pieces = [rng.choice(["a", " ", "/", "'", *ESCAPES]) for _ in range(rng.randint(1, 5))]
    quote = rng.choice(['"', '"', '"', "'", ""])
    return quote + "".join(pieces) + quote


def soup(rng: random.Random) -> str:
    """Tokens of YAML in any order."""
    start, end = rng.choice([("", ""), ("a: ", ""), ("a:\n  ", ""), ("a:\n- ", ""), ("a: [", "]\n"), ("a: {", "}\n")])
    return start + "".join(rng.choice(TOKENS) for _ in range(rng.randint(1, rng.choice([5, 25])))) + end


def spoilt(rng: random.Random) -> str:
    """A part of TEXT with some lines changed."""
    lines = TEXT.split("\n")
    start = rng.randrange(len(lines))
    if rng.random() < 0.5:
        lines = lines[start : start + rng.randint(1, 12)]
    for _ in range(rng.randint(0, 4)):
        at = rng.randrange(len(lines) or 1)
        lines[at : at + 1] = changed(rng, lines[at] if lines else "")
    return "\n".join(lines)


def changed(rng: random.Random, line: str) -> list[str]:
    """A line with a small mistake, or what stands in its place."""
    cut = rng.randint(0, len(line))
    return rng.choice(
        [
            [],
            [line, line],
            ["  " + line],
            [line.replace("  ", "\t", 1)],
            [line[1:]],
            [line[:cut] + rng.choice(LETTERS) + line[cut:]],
            [line[:cut] + line[cut + 1 :]],
            [line[:cut] + word(rng) + line[cut:]],
            [line, rng.choice(["---", "--", "--- # x", "---x", "...", "--- a: b", "", "#", "%YAML 1.1", "-"])],
            [line[:cut], line[cut:]],
            [line + rng.choice(["\r", " ", "\t", ":", ": ", " #", "\0", "\u00a0"])],
        ]
    )


def ask(program: Path, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Go's answers."""
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run([program], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line, object_hook=_unmarked) for line in done.stdout.removesuffix("\n").split("\n")]


def _unmarked(mapping: dict[str, Any]) -> Any:
    return float(mapping["$float"]) if mapping.keys() == {"$float"} else mapping


def dumps(program: Path, values: list[Any]) -> Iterator[str]:
    """Disagreements about writing."""
    for item, answer in zip(values, ask(program, [{"dump": item} for item in values]), strict=True):
        try:
            mine = gyaml.dump(item)
        except ValueError:
            mine = None
        odd = any(character in ascii(item) for character in ("\\x85", "\\ufeff"))
        if mine != answer.get("yaml") and not odd and not cyclic(item):
            yield f"dump {item!r}\n  Go:   {answer.get('yaml', answer.get('error'))!r}\n  kgen: {mine!r}"


def cyclic(item: Any) -> bool:
    """Whether some keys of a mapping in a value have no order."""
    if isinstance(item, dict):
        triples = itertools.permutations(item, 3)
        if any(order.less(a, b) and order.less(b, c) and order.less(c, a) for a, b, c in triples):
            return True
    children = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    return any(cyclic(child) for child in children)


def loads(program: Path, texts: list[bytes]) -> Iterator[str]:
    """Disagreements about reading."""
    requests = [{"bytes": base64.b64encode(item).decode()} for item in texts]
    for item, answer in zip(texts, ask(program, requests), strict=True):
        found, problems = documents.parse(item, "x")
        mine = {document.index: document.value for document in found}
        go = {
            number: document
            for number, document in enumerate(answer.get("documents", []), 1)
            if isinstance(document.get("json"), dict)
        }
        if "error" in answer:
            agreed = any("follow `---`" in problem.what for problem in problems)
        else:
            doubled = any(document.get("strict") for document in go.values())
            agreed = same(mine, {number: document["json"] for number, document in go.items()}) and doubled == any(
                problem.code == "duplicate-key" for problem in problems
            )
        odd = bool(BEYOND.search(item))
        odd = odd or any(p.code == "duplicate-key" and NO_TEXT.fullmatch(str(p.path[-1])) for p in problems)
        if not agreed and not odd and not any(known in problem.what for problem in problems for known in STRICTER):
            yield f"load {item!r}\n  Go:   {answer!r}\n  kgen: {mine!r} {[str(problem) for problem in problems]}"


def same(a: Any, b: Any) -> bool:
    """Equal, and of the same types, as JSON tells them apart."""
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare kgen's YAML with Go's.")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=["dump", "load"])
    options = parser.parse_args()
    rng = random.Random(options.seed)  # noqa: S311 - repeatable, not secret
    failures = 0
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory, "goyaml")
        subprocess.run(["go", "build", "-o", program, "."], cwd=HERE, check=True)
        found: list[Iterator[str]] = []
        if options.only != "load":
            found.append(dumps(program, [value(rng) for _ in range(options.count)]))
        if options.only != "dump":
            found.append(loads(program, [text(rng).encode() for _ in range(options.count)]))
        for disagreements in found:
            for disagreement in disagreements:
                failures += 1
                print(disagreement)
    print(f"{options.count} each way, seed {options.seed}: {failures} disagreements")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
