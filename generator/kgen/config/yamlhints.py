# SPDX-License-Identifier: Apache-2.0
"""What a YAML parser's complaint means to someone who wrote the file.

libyaml and PyYAML word their complaints differently; what is looked for here is common to both.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from kgen.config import yamltree

Hint = tuple[str, str, int]
"""What is wrong, what would be right, and the character where it is."""

_WRONG_SEPARATOR = re.compile(r"^(?:--|[\u2010-\u2015\u2212]+)[ \t\r]*$", re.MULTILINE)
_TEMPLATE = "fill in the template first, or quote the text"


def explain(error: yaml.YAMLError, text: str, line: int) -> Hint:
    """The hint for an error that a parser has raised for this text, which begins on `line` of its file."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return "not YAML", "", 0
    at = min(mark.index, len(text))
    begun = getattr(error, "context_mark", None)
    start = min(begun.index, len(text)) if begun else at
    problem, context = str(getattr(error, "problem", "")), str(getattr(error, "context", ""))
    if wrong := _WRONG_SEPARATOR.search(text):
        return f"`{wrong[0].strip()}` does not separate documents", "write three dashes: `---`", wrong.start()
    if "violates indentation" in problem or "\t" in _indentation(text, at) or text[at : at + 1] == "\t":
        first = text.find("\t", text.rfind("\n", 0, at) + 1)
        return "a tab is used for indentation, which YAML does not allow", "indent with blanks", first
    return (
        _about_characters(problem, context, text, at, start)
        or _about_brackets(problem, context, text, at, start)
        or _about_structure(problem, text, at, line + text.count("\n", 0, start), start)
        or (f"not YAML: {problem}", "", at)
    )


def not_a_mapping(value: Any) -> tuple[str, str]:
    """The same for a document that is YAML, but no mapping; it goes on after `document 2`."""
    if isinstance(value, list):
        return "is a list, not a mapping", "give each object its own document, after a line `---`"
    if isinstance(value, str) and re.match(r"[A-Za-z]+:[^ ]", value):
        return "is a single text, not a mapping", "put a blank after the colon: `key: value`"
    return "is a single value, not a mapping", "write lines of the form `key: value`"


def _indentation(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 :]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _about_characters(problem: str, context: str, text: str, at: int, start: int) -> Hint | None:
    char = text[at : at + 1]
    if "cannot start any token" in problem:
        instead = _TEMPLATE if text[at - 1 : at + 1] == "{%" else "put the text in quotes"
        return f"a text cannot begin with {'a backquote' if char == '`' else f'`{char}`'}", instead, at
    if "alphabetic or numeric" in problem:
        what = "`*` begins an alias" if "alias" in context else "`&` begins an anchor"
        return f"{what}, and this is none", "put the text in quotes", start
    if "tag" in problem or "tag" in context:
        return "`!` begins a tag, and this is none", "put the text in quotes", start
    if "escape" in problem:
        return "`\\` begins an escape in double quotes, and this is none", "use single quotes, or write `\\\\`", at
    if "block scalar" in context and "block" not in problem:
        return "text stands on the same line as `|` or `>`", "begin it on the next line, indented", at
    if "directive" in context or "incompatible" in problem:
        return "a line that begins with `%` is a directive, and this is none", "remove it", start
    if "<document start>" in problem and text.startswith("%"):
        return "kubeadm cuts the file at `---`, and then this directive has no document", "remove it", 0
    return None


def _about_brackets(problem: str, context: str, text: str, at: int, start: int) -> Hint | None:
    opening = text[start : start + 1]
    if "nesting" in problem:
        return yamltree.TOO_DEEP, "", at
    if "quoted scalar" in context and ("end of stream" in problem or "document" in problem):
        return f"the quote `{opening}` that begins here is never closed", "close it", start
    if "flow" in context and opening in ("[", "{"):
        closing = "]" if opening == "[" else "}"
        instead = f"put a comma between items, quotes around what has a `: `, and `{closing}` at the end"
        return f"what begins with `{opening}` here is not well formed or not closed", instead, start
    if "node content" in problem and text[at : at + 1] in ("]", "}", ","):
        return f"`{text[at]}` closes or separates nothing here", "remove it, or quote the text", at
    if "node content" in problem and text[at : at + 1] == ":":
        return "a text in `[ ]` or `{ }` cannot begin with a colon", "put the text in quotes", at
    return None


def _about_structure(problem: str, text: str, at: int, block: int, start: int) -> Hint | None:
    before = text[text.rfind("\n", 0, at) + 1 : at].rstrip()
    if "could not find expected ':'" in problem and re.match(r"-[^\s-]", text[start : start + 2]):
        return "a blank is missing after the dash", "write `- item`", start
    if "could not find expected ':'" in problem:
        return "this line has no `: `", "write `key: value`, with a blank after the colon", start
    if "mapping values" in problem and ": " in before:
        return "a second `: ` on the same line", "put the value in quotes", at
    if "mapping values" in problem:
        column = len(before) - len(before.lstrip(" "))
        what = "this line is indented deeper than the one above, which already has a value"
        return what, "align it with the line above, or remove the value there", at - len(before) + column
    if "entries are not allowed" in problem:
        return "a list begins on the same line as its key", "begin it on the next line, or put the text in quotes", at
    if "<document start>" in problem:
        return "this line is indented less than the first one", "begin all top-level keys in the same column", at
    if before.endswith(('"', "'")):
        return "something stands after the closing quote", "put the whole text in quotes, and double those inside", at
    if "expected key" in problem or "'-' indicator" in problem or "<block end>" in problem:
        if "\n" not in text[start:at]:
            return "something stands here that does not belong to the value", "put the whole value in quotes", at
        what = f"this line does not fit the block that begins on line {block}"
        return what, "begin the lines of one block in the same column, and list items with `- `", at
    return None
