# SPDX-License-Identifier: Apache-2.0
"""Lines and places of texts."""

from __future__ import annotations

import base64
from textwrap import dedent

from kgen.lines import layout, lines


def at(text: str, *places: str) -> dict[str, list[int]]:
    """The lines of each of these places that is in the text."""
    known = layout(dedent(text).encode(), places)
    return {place: list(known[place]) for place in places if place in known}


def test_values() -> None:
    """A value takes the line of its key or dash and those below that it fills."""
    text = """\
    a: 1
    list:
    - b: 2
      c: "folded
        text"
    - [d, e]
    empty: {}
    """
    assert at(text, "/a", "/list", "/list/0", "/list/0/b", "/list/0/c", "/list/1/1", "/empty", "") == {
        "/a": [1],
        "/list": [2, 3, 4, 5, 6],
        "/list/0": [3, 4, 5],
        "/list/0/b": [3],
        "/list/0/c": [4, 5],
        "/list/1/1": [6],
        "/empty": [7],
        "": [1, 2, 3, 4, 5, 6, 7],
    }


def test_names_with_slashes() -> None:
    """Places are JSON pointers, with their escapes."""
    assert at("a~b/c: 1\n", "/a~0b~1c") == {"/a~0b~1c": [1]}


def test_documents_in_texts() -> None:
    """A document in a literal text has places of its own, with or without a line end at its end."""
    text = """\
    data:
      one: |
        x: 1
        y:
        - 2
      two: |-
        z: 3
    """
    assert at(text, "/data/one#/y", "/data/one#/y/0", "/data/two#/z", "/data/one") == {
        "/data/one#/y": [4, 5],
        "/data/one#/y/0": [5],
        "/data/two#/z": [7],
        "/data/one": [2, 3, 4, 5],
    }


def test_lines_in_texts() -> None:
    """In a text that is no document, places are its lines."""
    text = """\
    data:
      Corefile: |
        .:53 {
            errors

        }
    """
    assert at(text, "/data/Corefile#/0", "/data/Corefile#/3") == {"/data/Corefile#/0": [3], "/data/Corefile#/3": [6]}


def test_texts_in_quotes() -> None:
    """Where a text is not written out line by line, all that is in it is at its own line."""
    assert at('data: {x: "a: 1\\nb: 2\\n"}\n', "/data/x#/b") == {"/data/x#/b": [1]}


def test_variables() -> None:
    """The flags in a variable are at its line."""
    text = '# kept\nKUBELET_KUBEADM_ARGS="--a=1 --b=2"\n'
    assert at(text, "/KUBELET_KUBEADM_ARGS/1", "target") == {"/KUBELET_KUBEADM_ARGS/1": [2]}


def test_no_lines() -> None:
    """Certificates, unit files and broken texts have no places, and a mode is in no text."""
    pem = f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(b'x' * 99).decode()}\n-----END CERTIFICATE-----\n"
    for text in (pem, "[Unit]\nDescription=x\n", "a: [", "", "\0"):
        assert at(text, "", "mode", "/subject/commonName", "/a#/b") == {}


def test_lines() -> None:
    """The places that a line is in come innermost first; other lines are left out."""
    text = b"a:\n  b: 1\n  c: 2\nd: 3\n"
    assert lines(text, {"/a", "/a/c", "mode"}) == {1: ("/a",), 2: ("/a",), 3: ("/a/c", "/a")}


def test_pem() -> None:
    """The last line of a key, which may end like the name of a variable, is none."""
    begin, end = (f"-----{edge} RSA PRIVATE KEY-----" for edge in ("BEGIN", "END"))
    assert layout(f"{begin}\nTWFu\nTWE=\n{end}\n".encode(), [""]) == {}
