# SPDX-License-Identifier: Apache-2.0
"""Diagrams: what an SVG in a page has to be."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

from kgen.explain.diagram import Box, Column, Diagram, href, svg

_SVG = "{http://www.w3.org/2000/svg}"


def diagram(*columns: Column, arrows: tuple[tuple[str, str], ...] = ()) -> Diagram:
    """A diagram"""
    return Diagram("it", "A map", "Of something", columns, arrows)


def drawn(*columns: Column, arrows: tuple[tuple[str, str], ...] = ()) -> ET.Element:
    """The diagram, parsed: it has to be well-formed."""
    return ET.fromstring(svg(diagram(*columns, arrows=arrows), "maps/it.md"))  # noqa: S314 (our own)


def boxes(root: ET.Element) -> dict[str, tuple[float, float, float, float]]:
    """Left, top, right and bottom of each box, by its first line."""
    found = {}
    for group in root.iter(f"{_SVG}g"):
        shape = group.find(f"{_SVG}rect")
        name = group.find(f"{_SVG}text")
        assert shape is not None and name is not None
        x, y, width, height = (float(shape.attrib[key]) for key in ("x", "y", "width", "height"))
        found[name.text or ""] = (x, y, x + width, y + height)
    return found


def test_one_block() -> None:
    """Markdown ends a block of HTML at a blank line, so there is none."""
    text = svg(diagram(Column("One", (Box("a", ("a", "", "b")),))), "maps/it.md")
    assert "\n\n" not in text and text.startswith("<div") and text.rstrip().endswith("</div>")


def test_empty() -> None:
    """Without a box there is no diagram."""
    assert svg(diagram(Column("One", ())), "maps/it.md") == ""


def test_values_cannot_break_out() -> None:
    """Names, lines and pages are text, whatever they hold."""
    hostile = '"><script>alert(1)</script>\n\n# x'
    text = svg(diagram(Column(hostile, (Box("a", (hostile,), "artifacts/x.md"),))), "maps/it.md")
    assert "<script" not in text and "\n\n" not in text
    ET.fromstring(text)  # noqa: S314 (our own)


def test_text_fits() -> None:
    """No line is wider than its box, and no boxes of a column overlap."""
    names = [f"{'long-name-' * length}{length}" for length in range(9)]
    root = drawn(
        Column("One", tuple(Box(name, (name, "word " * 30)) for name in names)),
        Column("Two", (Box("x", ("x",)), Box("y", ("y",)))),
        arrows=tuple((name, "x" if name < names[4] else "y") for name in names),
    )
    for group in root.iter(f"{_SVG}g"):
        shape = group.find(f"{_SVG}rect")
        assert shape is not None
        for line in group.iter(f"{_SVG}text"):
            assert len(line.text or "") * 7.2 <= float(shape.attrib["width"])
            assert float(line.attrib["y"]) < float(shape.attrib["y"]) + float(shape.attrib["height"])
    columns: dict[float, list[tuple[float, float]]] = {}
    for left, top, _, bottom in boxes(root).values():
        columns.setdefault(left, []).append((top, bottom))
    for column in columns.values():
        column.sort()
        assert all(before[1] < after[0] for before, after in itertools.pairwise(column))


def test_near_to_its_neighbours() -> None:
    """A box stands at the height of what it is joined with."""
    many = tuple(Box(str(number), (str(number),)) for number in range(6))
    found = boxes(drawn(Column("One", many), Column("Two", (Box("x", ("x",)),)), arrows=(("4", "x"),)))
    assert found["x"][1] == found["4"][1]


def test_arrows() -> None:
    """An arrow for each pair of boxes, back ones too; none to what is not there."""
    one, two = Column("One", (Box("a", ("a",)),)), Column("Two", (Box("b", ("b",)),))
    root = drawn(one, two, arrows=(("a", "b"), ("b", "a"), ("a", "a"), ("a", "nothing"), ("a", "b")))
    assert len([path for path in root.iter(f"{_SVG}path") if "marker-end" in path.attrib]) == 3


def test_same_box_twice() -> None:
    """A key that comes again is the same box."""
    assert len(boxes(drawn(Column("One", (Box("a", ("a",)), Box("a", ("a",))))))) == 1


def test_accessible() -> None:
    """It has a name, a description, a region to scroll by keyboard, and its links are links."""
    root = drawn(Column("One", (Box("a", ("a",), "artifacts/pki/ca.crt.md"),)))
    picture = root.find(f"{_SVG}svg")
    assert root.attrib["tabindex"] == "0" and root.attrib["aria-label"] == "A map"
    assert picture is not None
    ids = {element.attrib["id"]: element.text for element in root.iter() if "id" in element.attrib}
    assert [ids[name] for name in picture.attrib["aria-labelledby"].split()] == ["A map", "Of something"]
    assert [link.attrib["href"] for link in root.iter(f"{_SVG}a")] == ["../artifacts/pki/ca.crt.html"]


def test_nothing_is_loaded() -> None:
    """No address of anything but a page."""
    text = svg(diagram(Column("One", (Box("a", ("a",), "x.md"),))), "maps/it.md")
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]


def test_href() -> None:
    """The address of the built page, with its anchor."""
    assert href("maps/it.md", "artifacts/a&b.md#x") == "../artifacts/a&amp;b.html#x"
