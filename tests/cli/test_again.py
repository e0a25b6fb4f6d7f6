# SPDX-License-Identifier: Apache-2.0
"""A second render into the same place: keys are kept, what changes is said, and nothing that a person made is lost."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cli.running import CLUSTER, INIT, MINIMAL, Kgen, content, differing
from helpers import assert_serves, decode

HA = CLUSTER + "controlPlaneEndpoint: api.example.com\n"
SANS = "apiServer: {certSANs: [api.example.com]}\n"


def at(time: str) -> str:
    """A document that sets the time of rendering."""
    return f'---\napiVersion: kgen/v1\nkind: RenderConfiguration\ntime: "{time}"\n'


@pytest.mark.parametrize("place", ["out", "tree.tar", "tree.tar.gz"])
def test_nothing_changes(kgen: Kgen, place: str) -> None:
    """The same configuration leaves the place as it is, tokens included, and says so."""
    kgen.render(MINIMAL, "-o", place)
    before = content(kgen.directory / place)
    done = kgen.render(MINIMAL, "-o", place)
    assert done.code == 0
    assert f": {len(before)} same in {place}" in done.out.splitlines()[0]
    assert differing(before, content(kgen.directory / place)) == set()


def test_a_name_is_added(kgen: Kgen) -> None:
    """Only the certificate that no longer fits is re-issued, and it is said why."""
    kgen.render(MINIMAL)
    before = content(kgen.directory / "out")
    done = kgen.render(MINIMAL + SANS)
    after = content(kgen.directory / "out")
    assert done.code == 0
    assert differing(before, after) == {
        "pki/apiserver.crt",
        "pki/apiserver.key",
        "cluster/kubeadm-config.yaml",
        "kgen.json",
    }
    assert "re-issued pki/apiserver.crt  (it does not serve api.example.com)" in done.out.splitlines()
    assert "changed   cluster/kubeadm-config.yaml" in done.out.splitlines()
    assert_serves(after["pki/apiserver.crt"], "api.example.com")


def test_dry_run_over_a_tree(kgen: Kgen) -> None:
    """--dry-run tells the same without changing anything."""
    kgen.render(MINIMAL)
    before = content(kgen.directory / "out")
    done = kgen.render(MINIMAL + SANS, "--dry-run")
    assert done.code == 0
    assert "re-issued pki/apiserver.crt  (it does not serve api.example.com)" in done.out.splitlines()
    assert differing(before, content(kgen.directory / "out")) == set()


def test_edited_by_hand(kgen: Kgen) -> None:
    """A file that was edited is not overwritten, and nothing else is written either; --force overwrites it."""
    kgen.render(MINIMAL)
    edited = kgen.directory / "out/manifests/kube-apiserver.yaml"
    edited.write_text("# mine\n")
    before = content(kgen.directory / "out")
    done = kgen.render(MINIMAL + SANS)
    assert (done.code, done.out) == (5, "")
    assert "manifests/kube-apiserver.yaml was edited by hand" in done.err
    assert "--force" in done.err
    assert differing(before, content(kgen.directory / "out")) == set()
    assert kgen.render(MINIMAL + SANS, "--force").code == 0
    assert b"# mine" not in edited.read_bytes()


def test_files_of_others(kgen: Kgen) -> None:
    """Files that are not kgen's stay in a directory."""
    kgen.render(MINIMAL)
    note = kgen.directory / "out/notes/todo.txt"
    note.parent.mkdir()
    note.write_text("call Bob")
    assert kgen.render(MINIMAL + SANS).code == 0
    assert note.read_text() == "call Bob"


def test_deleted_leaf(kgen: Kgen) -> None:
    """A leaf that was removed is made again by the same CA, and nothing else is touched."""
    kgen.render(MINIMAL)
    before = content(kgen.directory / "out")
    for name in ("apiserver.crt", "apiserver.key"):
        (kgen.directory / "out/pki" / name).unlink()
    done = kgen.render(MINIMAL)
    assert done.code == 0
    assert differing(before, content(kgen.directory / "out")) == {"pki/apiserver.crt", "pki/apiserver.key", "kgen.json"}


def test_lost_key(kgen: Kgen) -> None:
    """A CA whose key was removed is external from then on: what it signed is kept, and nothing is made in its name."""
    kgen.render(MINIMAL)
    (kgen.directory / "out/pki/ca.key").unlink()
    before = content(kgen.directory / "out")
    done = kgen.render(MINIMAL + SANS)
    assert done.code == 4
    assert "pki/ca.crt is there without" in done.err or "external CA" in done.err
    assert "DNS:api.example.com" in done.err
    assert differing(before, content(kgen.directory / "out")) == set()


def test_only_into_a_tree(kgen: Kgen) -> None:
    """--only replaces what its phases make, with the keys that are there, and leaves the rest of the tree."""
    kgen.render(MINIMAL)
    before = content(kgen.directory / "out")
    done = kgen.render(MINIMAL + SANS, "--only=certs/apiserver")
    assert done.code == 0
    after = content(kgen.directory / "out")
    assert differing(before, after) == {"pki/apiserver.crt", "pki/apiserver.key", "kgen.json"}
    assert kgen.render(MINIMAL + SANS).code == 0, "the index fits the files"


def test_only_over_edits(kgen: Kgen) -> None:
    """--only refuses a tree with edits elsewhere: its new index would take them for kgen's own."""
    kgen.render(MINIMAL)
    (kgen.directory / "out/manifests/etcd.yaml").write_text("# mine\n")
    done = kgen.render(MINIMAL, "--only=certs/apiserver")
    assert done.code == 5
    assert "manifests/etcd.yaml" in done.err


def test_random_token(kgen: Kgen) -> None:
    """A token that was made is kept while it lives, and replaced by a new one after that."""
    first = kgen.render(MINIMAL + at("2030-01-01T00:00:00Z")).out.rpartition("--token ")[2].split()[0]
    later = kgen.render(MINIMAL + at("2030-01-01T23:59:59Z")).out.rpartition("--token ")[2].split()[0]
    over = kgen.render(MINIMAL + at("2030-01-02T00:00:00Z"))
    assert first == later
    assert first not in over.out
    assert f"removed   cluster/bootstrap-token-{first[:6]}.yaml" in over.out


def test_named_token(kgen: Kgen) -> None:
    """A token that is configured keeps its expiry while that lies ahead."""
    text = INIT + "bootstrapTokens: [{token: abcdef.0123456789abcdef}]\n" + CLUSTER
    kgen.render(text + at("2030-01-01T00:00:00Z"))
    done = kgen.render(text + at("2030-01-01T12:00:00Z"))
    assert "changed   kgen.json\n" in done.out, "the certificates are not of the moment that the configuration says"
    assert " 66 same, 1 changed in out" in done.out
    assert "changed   cluster/bootstrap-token" in kgen.render(text + at("2030-01-02T12:00:00Z")).out


def test_upload_with_a_key(kgen: Kgen) -> None:
    """With a configured certificate key the upload is kept as it is, until its token has expired."""
    text = INIT + f"certificateKey: {'ab' * 32}\n" + HA
    kgen.render(text + at("2030-01-01T00:00:00Z"), "--upload-certs")
    before = content(kgen.directory / "out")
    kgen.render(text + at("2030-01-01T01:59:00Z"), "--upload-certs")
    assert differing(before, content(kgen.directory / "out")) == {"kgen.json"}, "certificates are of another moment"
    kgen.render(text + at("2030-01-01T02:00:00Z"), "--upload-certs")
    assert "cluster/kubeadm-certs.yaml" in differing(before, content(kgen.directory / "out"))


def test_near_the_end(kgen: Kgen) -> None:
    """Leaves that have expired are re-issued; the CA, which has not, stays."""
    kgen.render(MINIMAL + at("2030-01-01T00:00:00Z"))
    before = content(kgen.directory / "out")
    done = kgen.render(MINIMAL + at("2031-06-01T00:00:00Z"))
    assert done.code == 0
    changed = differing(before, content(kgen.directory / "out"))
    assert "re-issued pki/apiserver.crt  (expired on 2031-01-01 00:00:00 UTC)" in done.out.splitlines()
    assert {"pki/etcd/peer.key", "admin.conf"} <= changed
    assert not changed & {"pki/ca.crt", "pki/ca.key", "pki/etcd/ca.crt", "pki/front-proxy-ca.crt", "pki/sa.key"}


def test_expired_authority(kgen: Kgen) -> None:
    """A CA of the tree that has run out is named where it lies."""
    kgen.render(MINIMAL + at("2026-01-01T00:00:00Z"))
    done = kgen.render(MINIMAL + at("2040-01-01T00:00:00Z"))
    assert done.code == 4
    assert done.err.startswith("kgen: out/pki/ca.crt: expired on 2035-12-30 00:00:00 UTC")
    assert (kgen.directory / "out/pki/ca.crt").exists()


def test_skipped_certificates(kgen: Kgen) -> None:
    """Skipping certs over a tree that has them must not throw the keys away without a word."""
    kgen.render(MINIMAL)
    before = content(kgen.directory / "out")
    kgen.render(MINIMAL, "--skip-phases=certs")
    after = content(kgen.directory / "out")
    assert after.get("pki/ca.key") == before["pki/ca.key"]


def test_certificates_of_the_present(kgen: Kgen) -> None:
    """Without a given time certificates begin five minutes before now."""
    kgen.render(MINIMAL)
    began = decode((kgen.directory / "out/pki/ca.crt").read_bytes()).not_before
    assert 300 <= (datetime.now(UTC) - began).total_seconds() < 360
