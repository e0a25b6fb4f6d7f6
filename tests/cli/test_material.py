# SPDX-License-Identifier: Apache-2.0
"""Certificates, keys and kubeconfigs that a user brings along."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from cli.running import INIT, MINIMAL, Kgen, content, differing, lay_out
from helpers import canned_key, decode
from kgen.cli.world import now
from kgen.pem import encode_private_key
from kgen.pki import Authority, Profile, load_certificates, self_sign

PERIOD = {"not_before": now() - timedelta(days=1), "not_after": now() + timedelta(days=3650)}


def own_ca(directory: Path, *, intermediate: bool = False) -> bytes:
    """Put a company's CA into a directory, as ca.crt and ca.key; returns ca.crt."""
    root_key, ca_key = canned_key(number=70), canned_key(number=71)
    root = self_sign(Profile("Example Root", ca=True), root_key, serial=1, ski="sha1", **PERIOD)
    bundle, key = root, root_key
    if intermediate:
        authority = Authority(load_certificates(root, "root")[0], root_key)
        bundle = authority.issue(Profile("Example Kubernetes", ca=True), ca_key, serial=2, **PERIOD) + root
        key = ca_key
    directory.mkdir(parents=True)
    (directory / "ca.crt").write_bytes(bundle)
    (directory / "ca.key").write_bytes(encode_private_key(key))
    return bundle


@pytest.mark.parametrize("intermediate", [False, True], ids=["root", "intermediate"])
def test_own_ca(kgen: Kgen, intermediate: bool) -> None:
    """A given CA is taken byte for byte, bundle and all, and signs the leaves; its first certificate is what counts."""
    bundle = own_ca(kgen.directory / "given", intermediate=intermediate)
    done = kgen.render(MINIMAL, "--cert-dir=given")
    assert done.code == 0
    files = content(kgen.directory / "out")
    assert files["pki/ca.crt"] == bundle
    ca = decode(bundle)
    assert decode(files["pki/apiserver.crt"]).chains_to(ca)
    assert ca.spki_hash in done.out
    assert yaml.safe_load(files["admin.conf"])["clusters"][0]["cluster"]["certificate-authority-data"]
    assert not decode(files["pki/etcd/server.crt"]).chains_to(ca), "etcd has a CA of its own"
    assert kgen.render(MINIMAL, "--cert-dir=given").out.splitlines()[0].endswith(" 67 same in out")
    assert kgen.render(MINIMAL).out.splitlines()[0].endswith(" 67 same in out"), "it is in the tree now"


def test_own_ca_with_a_remark(kgen: Kgen) -> None:
    """What stands around the certificate may be in any encoding."""
    remark = b"Subject: M\xfcller AG\n" + own_ca(kgen.directory / "given")
    (kgen.directory / "given/ca.crt").write_bytes(remark)
    assert kgen.render(MINIMAL, "--cert-dir=given").code == 0
    assert content(kgen.directory / "out")["pki/ca.crt"] == remark


def test_directory_of_the_host(kgen: Kgen) -> None:
    """--rootfs finds certificatesDir and the kubeconfigs where they lie below a host's root."""
    text = MINIMAL + "certificatesDir: /srv/pki\n"
    assert kgen.render(text, "-o", "first").code == 0
    lay_out(kgen.directory / "first", kgen.directory / "host")
    assert (kgen.directory / "host/srv/pki/ca.key").exists()
    assert kgen.render(text, "-o", "second", "--rootfs=host").code == 0
    first, second = (content(kgen.directory / name) for name in ("first", "second"))
    assert {path for path in differing(first, second) if not path.startswith("cluster/")} == {"kgen.json"}, "the token"


def test_patches_of_the_host(kgen: Kgen) -> None:
    """Patches lie below --rootfs, too, if their directory is an absolute one."""
    patches = kgen.directory / "host/etc/patches"
    patches.mkdir(parents=True)
    (patches / "kube-scheduler.yaml").write_text("metadata: {labels: {team: blue}}\n")
    text = MINIMAL.replace("---", "patches: {directory: /etc/patches}\n---")
    assert kgen.render(text, "--rootfs=host").code == 0
    assert b"team: blue" in (kgen.directory / "out/manifests/kube-scheduler.yaml").read_bytes()


def test_external_ca(kgen: Kgen) -> None:
    """A CA without its key: everything it must sign is listed at once; supplied, it all is taken as it is."""
    given = kgen.directory / "given"
    bundle = own_ca(given)
    ca_key = (given / "ca.key").read_bytes()
    (given / "ca.key").unlink()
    done = kgen.render(MINIMAL, "--cert-dir=given")
    assert (done.code, done.out) == (4, "")
    wanted = re.findall(r"^  (\S+?)(?: and (\S+))?: ", done.err, re.MULTILINE)
    names = {name for pair in wanted for name in pair if name}
    leaves = ("apiserver", "apiserver-kubelet-client")
    confs = {f"{name}.conf" for name in ("admin", "super-admin", "kubelet", "controller-manager", "scheduler")}
    assert names == {f"{leaf}.{end}" for leaf in leaves for end in ("crt", "key")} | {"sa.key", "sa.pub"} | confs
    assert not (kgen.directory / "out").exists()

    _sign_elsewhere(kgen, ca_key, names)
    done = kgen.render(MINIMAL, "--cert-dir=given")
    assert done.code == 0, done.err
    files = content(kgen.directory / "out")
    assert files["pki/ca.crt"] == bundle
    assert "pki/ca.key" not in files
    assert "pki/etcd/ca.key" in files, "the other CAs are not external"
    for name in names:
        assert files[name if name in confs else f"pki/{name}"] == (given / name).read_bytes()
    command = yaml.safe_load(files["manifests/kube-controller-manager.yaml"])["spec"]["containers"][0]["command"]
    assert {"--cluster-signing-cert-file=", "--cluster-signing-key-file="} <= set(command)


def _sign_elsewhere(kgen: Kgen, ca_key: bytes, names: set[str]) -> None:
    """What the owner of the CA does: here with kgen, which has the key in another directory."""
    elsewhere = kgen.directory / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(kgen.directory / "given/ca.crt", elsewhere)
    (elsewhere / "ca.key").write_bytes(ca_key)
    assert kgen.render(MINIMAL, "--cert-dir=elsewhere", "-o", "signed").code == 0
    for name in names:
        found = next(path for path in (kgen.directory / "signed").rglob(name))
        shutil.copy(found, kgen.directory / "given" / name)


def test_external_ca_and_upload(kgen: Kgen) -> None:
    """Certificates cannot be uploaded without the CA's key."""
    own_ca(kgen.directory / "given")
    ca_key = (kgen.directory / "given/ca.key").read_bytes()
    (kgen.directory / "given/ca.key").unlink()
    names = set(re.findall(r"[\w-]+\.(?:crt|key|pub|conf)(?= and|:)", kgen.render(MINIMAL, "--cert-dir=given").err))
    _sign_elsewhere(kgen, ca_key, names - {"ca.crt", "ca.key"} | {"apiserver.key", "apiserver-kubelet-client.key"})
    done = kgen.render(MINIMAL, "--cert-dir=given", "--upload-certs")
    assert done.code == 4
    assert "pki/ca.key" in done.err


def test_wrong_key(kgen: Kgen) -> None:
    """A CA with the key of another is refused, not replaced."""
    own_ca(kgen.directory / "given")
    (kgen.directory / "given/ca.key").write_bytes(encode_private_key(canned_key(number=72)))
    done = kgen.render(MINIMAL, "--cert-dir=given")
    assert done.code == 4
    assert "given/ca.key" in done.err
    assert not (kgen.directory / "out").exists()


def test_given_leaf(kgen: Kgen) -> None:
    """A given leaf with more names than asked for is taken; one with fewer is refused, whatever the tree has."""
    more = MINIMAL + "apiServer: {certSANs: [api.example.com]}\n"
    kgen.render(more, "-o", "old")
    before = (kgen.directory / "old/pki/apiserver.crt").read_bytes()
    kgen.render(MINIMAL, "-o", "fewer", "--cert-dir=old/pki")
    assert (kgen.directory / "fewer/pki/apiserver.crt").read_bytes() == before
    new = more.replace("api.", "new.")
    refused = kgen.render(new, "-o", "more", "--cert-dir=old/pki")
    assert (refused.code, refused.out) == (4, "")
    assert "old/pki/apiserver.crt: it does not serve new.example.com; supply one that fits" in refused.err
    assert not (kgen.directory / "more").exists()
    assert kgen.render(new, "-o", "more").code == 0
    assert kgen.render(new, "-o", "more", "--cert-dir=old/pki").code == 4, "the one that fits in the tree hides nothing"
    others = kgen.render(new, "-o", "others", "--cert-dir=old/pki", "--only=certs/apiserver-kubelet-client")
    assert others.code == 0, "what is not rendered is not looked at"
    assert (kgen.directory / "old/pki/apiserver.crt").read_bytes() == before, "what is given is never written"


def test_given_kubeconfig_of_another_server(kgen: Kgen) -> None:
    """It is kept with a warning, also where nothing else is printed, as in kubeadm."""
    kgen.render(MINIMAL, "-o", "old")
    lay_out(kgen.directory / "old", kgen.directory / "host")
    done = kgen.render(
        MINIMAL.replace("192.0.2.10", "192.0.2.11"), "--rootfs=host", "-q", "--only=kubeconfig/scheduler"
    )
    assert (done.code, done.out) == (0, "")
    scheduler = kgen.directory / "host/etc/kubernetes/scheduler.conf"
    assert done.err == (
        f"warning: {scheduler.relative_to(kgen.directory)}: "
        "its server is https://192.0.2.10:6443, not https://192.0.2.11:6443\n"
    )
    assert (kgen.directory / "out/scheduler.conf").read_bytes() == scheduler.read_bytes()


def test_certificates_directory_flag(kgen: Kgen) -> None:
    """Without a file an absolute --cert-dir is certificatesDir as well, as in kubeadm."""
    given = kgen.directory / "given"
    own_ca(given)
    flags = ("--node-name=cp-1", "--apiserver-advertise-address=192.0.2.10", "--only=certs/ca,control-plane/scheduler")
    done = kgen("render", *flags, "--kubernetes-version=v1.37.2", f"--cert-dir={given}", "--only=control-plane")
    assert done.code == 0, done.err
    assert f"--client-ca-file={given}/ca.crt" in (kgen.directory / "out/manifests/kube-apiserver.yaml").read_text()


def test_init_alone(kgen: Kgen) -> None:
    """The remark that a reused key is of another type reaches nobody's exit code."""
    own_ca(kgen.directory / "given")
    done = kgen.render(INIT, "--cert-dir=given", "--only=certs/ca,certs/apiserver-kubelet-client", "-q")
    assert done.code == 0
    assert decode((kgen.directory / "out/pki/ca.crt").read_bytes()).key == "ECDSA-P256"
