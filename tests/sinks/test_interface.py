# SPDX-License-Identifier: Apache-2.0
"""What a render would change."""

from __future__ import annotations

import dataclasses

import pytest

from kgen.errors import TargetError
from kgen.sinks.earlier import Earlier
from kgen.sinks.interface import Change, changes, refuse_losses, unchanged
from kgen.testing import MemorySink
from kgen.tree import Sensitivity
from sinks.trees import file, make_tree, without

KEY, ETCD = "pki/ca.key", "manifests/etcd.yaml"


def edited(earlier: Earlier, path: str, content: bytes) -> Earlier:
    """The same tree after someone wrote into a file."""
    return dataclasses.replace(earlier, contents={**earlier.contents, path: content})


def apart_from_same(found: list[Change]) -> list[Change]:
    """Only what happens."""
    return [change for change in found if change.status != "same"]


def test_first() -> None:
    """Everything is new, the index included, sorted by path."""
    assert changes(make_tree(), None, {}) == [
        Change("admin.conf", "new"),
        Change("cluster/token.yaml", "new"),
        Change("kgen.json", "new"),
        Change(ETCD, "new"),
        Change(KEY, "new"),
    ]


def test_same() -> None:
    """The same tree again changes nothing."""
    earlier = Earlier.of(make_tree())
    assert [c.status for c in changes(make_tree(), earlier, {})] == ["same"] * 5
    assert unchanged(make_tree(), earlier)


def test_each_status() -> None:
    """A change of content, a new and a removed file are told apart, and the index changes with them."""
    earlier = Earlier.of(make_tree(b"one", file("gone.yaml", b"")))
    tree = make_tree(b"two", file("fresh.yaml", b""))
    assert apart_from_same(changes(tree, earlier, {})) == [
        Change("fresh.yaml", "new"),
        Change("gone.yaml", "removed"),
        Change("kgen.json", "changed"),
        Change(ETCD, "changed"),
    ]
    refuse_losses(changes(tree, earlier, {}))


def test_reissued() -> None:
    """A re-issued file says why; a file that came out the same is the same."""
    earlier = Earlier.of(make_tree(b"one"))
    found = changes(make_tree(b"two"), earlier, {ETCD: "it had expired", KEY: "asked for"})
    assert Change(ETCD, "re-issued", "it had expired") in found
    assert Change(KEY, "same") in found


def test_index_alone() -> None:
    """Where only the index says something else, only the index changes."""
    tree = dataclasses.replace(make_tree(), cluster_name="other")
    assert apart_from_same(changes(tree, Earlier.of(make_tree()), {})) == [Change("kgen.json", "changed")]


def test_edited_files_are_named() -> None:
    """Files that someone edited are not overwritten or removed in silence; all of them are named."""
    earlier = Earlier.of(make_tree(b"one", file("gone.yaml", b"")))
    earlier = edited(edited(earlier, ETCD, b"mine"), "gone.yaml", b"mine too")
    with pytest.raises(TargetError) as caught:
        refuse_losses(changes(make_tree(), earlier, {}))
    assert str(caught.value) == (
        "these files would be overwritten or removed:\n"
        "  gone.yaml was edited by hand\n"
        "  manifests/etcd.yaml was edited by hand\n"
        "move them away, or use --force to lose them"
    )


def test_edit_that_agrees() -> None:
    """An edit that the render now comes to as well is no conflict."""
    found = changes(make_tree(b"two"), edited(Earlier.of(make_tree(b"one")), ETCD, b"two"), {})
    assert apart_from_same(found) == [Change("kgen.json", "changed")]
    refuse_losses(found)


def test_edited_index() -> None:
    """An index that someone else laid out counts as edited."""
    tree = make_tree()
    other = tree.index().replace(b"  ", b"\t")
    earlier = dataclasses.replace(
        Earlier.of(tree),
        index_bytes=other,
        index=dataclasses.replace(Earlier.of(tree).index, canonical=False),
    )
    with pytest.raises(TargetError, match=r"kgen\.json was edited by hand"):
        refuse_losses(changes(tree, earlier, {}))


def test_deleted_file() -> None:
    """A file that someone deleted comes back; if a new one had to be issued, that is said."""
    earlier = Earlier.of(make_tree())
    earlier = dataclasses.replace(earlier, contents={p: c for p, c in earlier.contents.items() if p != KEY})
    assert earlier.missing == {KEY}
    assert apart_from_same(changes(make_tree(), earlier, {})) == [Change(KEY, "new", "was deleted")]
    assert apart_from_same(changes(make_tree(), earlier, {KEY: "is missing"})) == [
        Change(KEY, "re-issued", "is missing")
    ]
    assert [c for c in changes(without(make_tree(), KEY), earlier, {}) if c.path == KEY] == []


def test_loosened_mode() -> None:
    """A key that someone made readable is put right, and that is a change."""
    earlier = Earlier.of(make_tree())
    earlier = dataclasses.replace(earlier, modes={**earlier.modes, KEY: 0o644})
    assert apart_from_same(changes(make_tree(), earlier, {})) == [
        Change(KEY, "changed", "its mode is 0644 instead of 0600")
    ]


def test_foreign_file_in_the_way() -> None:
    """A file that kgen did not write is overwritten only by force."""
    earlier = dataclasses.replace(Earlier.of(without(make_tree(), ETCD)), foreign=(ETCD, "README"))
    found = changes(make_tree(), earlier, {})
    assert [change.path for change in found if change.loses] == [ETCD]
    with pytest.raises(TargetError, match=r"manifests/etcd\.yaml is not from kgen"):
        refuse_losses(found)


@pytest.mark.parametrize("foreign", ["manifests", "manifests/etcd.yaml/", "manifests/etcd.yaml/notes"])
def test_foreign_directory_in_the_way(foreign: str) -> None:
    """A directory of someone else's where a file goes, or the reverse, cannot be forced."""
    earlier = dataclasses.replace(Earlier.of(without(make_tree(), ETCD)), foreign=(foreign,))
    with pytest.raises(TargetError, match=r"is to be a .* that is not from kgen; move it away"):
        changes(make_tree(), earlier, {})


def test_foreign_file_in_an_archive() -> None:
    """An archive holds nothing else, so what someone added to it would be lost."""
    earlier = dataclasses.replace(Earlier.of(make_tree()), foreign=("README",), is_archive=True)
    assert apart_from_same(changes(make_tree(), earlier, {})) == [Change("README", "removed", loses="is not from kgen")]


def test_no_secret_in_a_message() -> None:
    """Messages name files and never quote them."""
    earlier = edited(Earlier.of(make_tree()), KEY, b"very private")
    with pytest.raises(TargetError) as caught:
        refuse_losses(changes(make_tree(b"x", file("a", b"", 0o600, Sensitivity.CREDENTIAL)), earlier, {}))
    assert "private" not in str(caught.value)


def test_memory_sink() -> None:
    """The double behaves as a sink: what was written is what is read."""
    sink = MemorySink()
    assert sink.read() is None
    sink.write(make_tree(), None)
    assert sink.read() == Earlier.of(make_tree())
