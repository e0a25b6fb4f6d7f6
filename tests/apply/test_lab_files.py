# SPDX-License-Identifier: Apache-2.0
"""Files over a real SSH server onto a real file system."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from apply.machines import Done, Lab, Machine, report
from apply.trees import change_file, render
from kgen_apply import finalize
from kgen_apply.files import LOCK
from kgen_apply.hosts import Host
from kgen_apply.ssh import Session
from kgen_apply.tree import load

pytestmark = pytest.mark.lab
UNIT = "/usr/lib/systemd/system/kubelet.service"
PLACES = ("/etc/kubernetes", "/var/lib/kubelet", "/var/lib/etcd", UNIT, f"{UNIT}.d")
HERE = ("--only", "files", "--ignore-preflight-errors", "SystemVerification")
"""The machines have this one's cgroups, whatever they are."""
A_YEAR_AGO = """#!/bin/sh
if [ "$1" = +%s ]; then echo $(($(/usr/bin/date +%s) - 31536000)); else exec /usr/bin/date "$@"; fi
"""
SMALL_DISK = """
mkdir /run/old && cp -a /etc/kubernetes/. /run/old
mount -t tmpfs -o size=200k,mode=755 full /etc/kubernetes
cp -a /run/old/. /etc/kubernetes && rm -r /run/old
"""


def put(lab: Lab, tree: Path, *arguments: str) -> Done:
    """kgen-apply of files, without asking."""
    return lab.apply(tree, *HERE, "--yes", *arguments)


def assert_there(machine: Machine, tree: Path) -> None:
    """Every file of the tree is in its place, with content, mode and owner; nothing is left beside them."""
    for file in load(tree).files:
        path = machine.path(file.target)
        assert path.read_bytes() == file.content, file.target
        state = path.stat()
        assert (state.st_mode & 0o7777, state.st_uid, state.st_gid) == (file.mode, 0, 0), file.target
    assert not [path for place in PLACES for path in machine.path(place).rglob(".kgen*")]
    assert not machine.path("/var/lib/kgen/pending").exists()


def test_new_host_then_nothing_to_do(a_lab: Lab, machine: Machine, rendered: Path) -> None:
    """Everything in place as kubeadm leaves it; the kubelet started; the second run changes nothing."""
    before = machine.files(*PLACES)
    dry = a_lab.apply(rendered, *HERE, "--dry-run")
    assert (dry.code, dry.err) == (1, "")
    assert machine.files(*PLACES) == before
    done = put(a_lab, rendered)
    assert done.code == 0, done.all
    assert_there(machine, rendered)
    modes = {path: machine.path(path).stat().st_mode & 0o777 for path in ("/etc/kubernetes", *PLACES[1:3])}
    assert modes == {"/etc/kubernetes": 0o755, "/var/lib/kubelet": 0o700, "/var/lib/etcd": 0o700}
    assert machine.path("/etc/kubernetes/manifests").stat().st_mode & 0o777 == 0o700
    assert machine.systemctl() == ["daemon-reload", "restart kubelet"]
    now = machine.files(*PLACES, "/var/lib/kgen")
    again = put(a_lab, rendered)
    assert (again.code, again.out.splitlines()[-1]) == (0, "nothing to change")
    assert machine.files(*PLACES, "/var/lib/kgen") == now
    assert len(machine.systemctl()) == 2
    assert a_lab.apply(rendered, *HERE, "--dry-run").code == 0


def test_archive_is_as_good(a_lab: Lab, machine: Machine, rendered: Path, tmp_path: Path) -> None:
    """A .tar.gz of the same tree."""
    with tarfile.open(tmp_path / "tree.tar.gz", "w:gz") as archive:
        archive.add(rendered, ".")
    assert put(a_lab, tmp_path / "tree.tar.gz").code == 0
    assert_there(machine, rendered)


def test_change_is_shown_backed_up_and_made(a_lab: Lab, machine: Machine, tree: Path) -> None:
    """Only what differs is written; the earlier file is kept for root alone; directories keep their modes."""
    put(a_lab, tree)
    machine.path("/etc/kubernetes").chmod(0o711)
    old = (tree / "manifests/kube-scheduler.yaml").read_bytes()
    change_file(tree, "manifests/kube-scheduler.yaml", old.replace(b"priority: 2000001000", b"priority: 7"))
    done = put(a_lab, tree)
    assert "cp-1: ~ /etc/kubernetes/manifests/kube-scheduler.yaml  (content)" in done.out
    assert "    -  priority: 2000001000\n    +  priority: 7" in done.out.replace("\n    \n", "\n")
    assert_there(machine, tree)
    (backup,) = machine.path("/var/lib/kgen").glob("backup-*")
    assert backup.stat().st_mode & 0o777 == 0o700
    kept = {path.name: path.read_bytes() for path in backup.rglob("*") if path.is_file()}
    assert kept == {"kube-scheduler.yaml": old}
    assert machine.path("/etc/kubernetes").stat().st_mode & 0o777 == 0o711
    assert machine.systemctl() == ["daemon-reload", "restart kubelet"]


def test_secrets_are_not_shown(a_lab: Lab, machine: Machine, tree: Path, tmp_path: Path) -> None:
    """Not when keys change either, in text or JSON; and no argument of a process holds one."""
    put(a_lab, tree)
    watch = ["sh", "-c", "while :; do cat /proc/[0-9]*/cmdline; done 2>/dev/null"]
    with (tmp_path / "seen").open("wb") as seen, subprocess.Popen(watch, stdout=seen) as watching:
        other = render(tmp_path / "other", first=20)
        shutil.copy(tree / "pki/ca.crt", other / "pki/ca.crt")
        change_file(other, "pki/ca.crt", (tree / "pki/ca.crt").read_bytes())
        done = put(a_lab, other, "--output", "json")
        watching.kill()
    assert report(done)["result"] == "applied"
    shown = done.all + (tmp_path / "seen").read_text(errors="replace")
    for file in [file for which in (tree, other) for file in load(which).files if file.sensitive]:
        for line in file.content.decode().splitlines():
            secret = line.split()[-1] if line.split() else ""
            assert len(secret) < 60 or "CERTIFICATE" in line or secret not in shown, file.path


def test_sudo(a_lab: Lab, machine: Machine, rendered: Path) -> None:
    """Who is not root, and may become it without a password, does the same."""
    done = put(a_lab, rendered, "--host", f"cp-1=admin@{machine.address}")
    assert done.code == 0, done.all
    assert_there(machine, rendered)


def test_wrong_sudo(a_lab: Lab, machine: Machine, rendered: Path) -> None:
    """Who may not is told what is missing, at once, and nothing is changed."""
    before = machine.files(*PLACES)
    done = put(a_lab, rendered, "--host", f"cp-1=plain@{machine.address}")
    assert done.code == 5
    assert (
        done.err == "kgen-apply: cp-1: sudo asks for a password there; give plain NOPASSWD for sh, or connect as root\n"
    )
    assert machine.files(*PLACES) == before


def test_changed_host_key(a_lab: Lab, machine: Machine, rendered: Path) -> None:
    """Refused, even where ssh_config would let it pass; nothing is sent."""
    known = a_lab.directory / "known_hosts"
    right = known.read_text()
    other = (a_lab.directory / "id.pub").read_text()
    known.write_text(f"{machine.address} {other}")
    config = a_lab.ssh_config.read_text()
    a_lab.ssh_config.write_text(config + "  StrictHostKeyChecking no\n")
    try:
        done = put(a_lab, rendered)
        known.write_text("")
        unknown = put(a_lab, rendered)
    finally:
        known.write_text(right)
        a_lab.ssh_config.write_text(config)
    assert (done.code, unknown.code) == (5, 5)
    assert "its host key is not the one in known_hosts: it may be another machine" in done.err
    assert "its host key is not known; connect once with ssh 192.0.2.10 and compare it" in unknown.err
    assert not machine.path("/etc/kubernetes").exists()


def test_host_that_is_not_there(a_lab: Lab, rendered: Path) -> None:
    """Says so; every host that fails is named."""
    done = put(a_lab, rendered, "--host", "cp-1=192.0.2.10:2222")
    assert (done.code, done.err) == (5, "kgen-apply: cp-1: nothing listens on its SSH port\n")


def test_other_cluster(a_lab: Lab, machine: Machine, rendered: Path, tmp_path: Path) -> None:
    """A host with another CA is left alone, even with `all` errors ignored."""
    put(a_lab, render(tmp_path / "other", first=20))
    before = machine.files(*PLACES)
    done = put(a_lab, rendered, "--ignore-preflight-errors", "all")
    assert done.code == 4
    assert "[ERROR OtherCluster] /etc/kubernetes/pki/ca.crt there is not this cluster's" in done.out
    assert machine.files(*PLACES) == before


def test_clock_off_by_a_year(a_lab: Lab, machine: Machine, rendered: Path) -> None:
    """The host's clock decides whether certificates are valid there."""
    machine.put("date", A_YEAR_AGO)
    done = put(a_lab, rendered)
    assert done.code == 4
    assert "[ERROR Clock] by the host's clock pki/ca.crt is not valid for another 36" in done.out
    assert not machine.path("/etc/kubernetes").exists()


@pytest.mark.parametrize("ignored", ["", "DiskSpace"])
def test_full_disk(ignored: str, a_lab: Lab, machine: Machine, tree: Path) -> None:
    """Seen before; and if not, what was there is as it was, and nothing is left of what did not fit."""
    put(a_lab, tree)
    machine.run("sh", "-ec", SMALL_DISK)
    big = (tree / "manifests/etcd.yaml").read_bytes() + b"# " + b"x" * (100 << 10) + b"\n"
    change_file(tree, "manifests/etcd.yaml", big)
    before = machine.files("/etc/kubernetes")
    done = put(a_lab, tree, "--ignore-preflight-errors", ignored)
    assert done.code == (5 if ignored else 4), done.all
    sentence = "nothing was changed" if ignored else "[ERROR DiskSpace] /etc/kubernetes has 0 MiB free"
    assert sentence in done.all
    assert machine.files("/etc/kubernetes") == before
    machine.run("umount", "/etc/kubernetes")


def test_tree_that_changes_while_the_user_thinks(a_lab: Lab, machine: Machine, tree: Path) -> None:
    """What is applied is what was shown."""
    words = a_lab.command(str(tree), *HERE)
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "apply")}
    with subprocess.Popen(
        words, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as asking:
        assert asking.stdout
        for line in asking.stdout:
            if line.startswith("cp-1: 36 files to write"):
                break
        change_file(tree, "manifests/etcd.yaml", b"kind: Pod\n")
        _, err = asking.communicate("y\n", timeout=60)
    assert asking.returncode == 3
    assert "has changed since it was planned" in err
    assert not machine.path("/etc/kubernetes").exists()


def test_no_means_no(a_lab: Lab, machine: Machine, rendered: Path) -> None:
    """Neither no, nor nothing at all, is taken for a yes."""
    for answer in ("n\n", ""):
        assert a_lab.apply(rendered, *HERE, stdin=answer).code == 130
    assert not machine.path("/etc/kubernetes").exists()


def test_tampered_tree(a_lab: Lab, machine: Machine, tree: Path) -> None:
    """Refused by name before anyone is connected to."""
    (tree / "pki/apiserver.key").write_text("x")
    done = put(a_lab, tree)
    assert done.code == 3
    assert "pki/apiserver.key is not what kgen.json says (SHA-256)" in done.err
    assert not machine.path("/etc/kubernetes").exists()


def test_file_that_changes_on_the_host_after_the_plan(a_lab: Lab, machine: Machine, tree: Path) -> None:
    """Somebody edits a file there meanwhile: it is not overwritten."""
    put(a_lab, tree)
    place = machine.path("/etc/kubernetes/manifests/etcd.yaml")
    place.write_text("first edit\n")
    machine.put("flock", '#!/bin/sh\necho second edit >/etc/kubernetes/manifests/etcd.yaml\nexec /usr/bin/flock "$@"\n')
    done = put(a_lab, tree)
    assert done.code == 5
    assert "/etc/kubernetes/manifests/etcd.yaml has changed since it was looked at; nothing was written" in done.err
    assert place.read_text() == "second edit\n"


def test_two_runs_at_once(a_lab: Lab, machine: Machine, rendered: Path) -> None:
    """The second is sent away and changes nothing; when the first has ended, or its connection, it may."""
    words = [str(word) for word in ("ssh", "-F", a_lab.ssh_config, machine.address, f"{LOCK} && echo held && cat")]
    with subprocess.Popen(a_lab.inside(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        done = put(a_lab, rendered)
        assert (done.code, machine.path("/etc/kubernetes").exists()) == (5, False)
        assert done.err.endswith("cp-1: another kgen apply or kgen reset is working on this host\n")
        other.kill()
    for _ in range(50):
        if (done := put(a_lab, rendered)).code == 0:
            break
        time.sleep(0.1)
    assert_there(machine, rendered)


def test_host_without_systemctl(a_lab: Lab, machine: Machine, rendered: Path) -> None:
    """Or with one that does not work: it is said, and everything else is done."""
    machine.put("systemctl", "#!/bin/sh\necho 'Failed to connect to bus' >&2\nexit 1\n")
    done = put(a_lab, rendered)
    assert done.code == 0
    assert "cp-1: systemctl restart kubelet failed, do it by hand: Failed to connect to bus" in done.out
    assert_there(machine, rendered)


def test_kubelet_conf_is_finalized(a_lab: Lab, machine: Machine, rendered: Path) -> None:
    """Once the kubelet has made the certificate that it renews, and only then; after that there is nothing to do."""
    put(a_lab, rendered)
    conf, pem = machine.path("/etc/kubernetes/kubelet.conf"), "/var/lib/kubelet/pki/kubelet-client-current.pem"
    assert pem not in conf.read_text()
    machine.run("sh", "-ec", f"mkdir /var/lib/kubelet/pki && touch {pem}")
    done = put(a_lab, rendered)
    assert done.code == 0, done.all
    assert conf.read_bytes() == finalize.finalized((rendered / "kubelet.conf").read_bytes(), pem)
    assert conf.stat().st_mode & 0o777 == 0o600
    assert machine.systemctl() == ["daemon-reload", "restart kubelet", "restart kubelet"]
    assert a_lab.apply(rendered, *HERE, "--dry-run").code == 0


def test_several_hosts(a_lab: Lab, machine: Machine, tree: Path) -> None:
    """Each gets its own files, and each line says whose it is; one that fails does not keep the others' names back."""
    data = json.loads((tree / "kgen.json").read_text())
    data["nodes"].append({"name": "w-1", "role": "worker", "address": "192.0.2.20", "directory": "nodes/w-1"})
    mine = next(entry for entry in data["files"] if entry["path"] == "kubelet/instance-config.yaml")
    data["files"].append(
        {**mine, "path": "nodes/w-1/x.yaml", "node": "w-1", "phase": "other", "target": "/etc/kubernetes/x.yaml"}
    )
    (tree / "nodes/w-1").mkdir(parents=True)
    shutil.copy(tree / "kubelet/instance-config.yaml", tree / "nodes/w-1/x.yaml")
    (tree / "kgen.json").write_text(json.dumps(data))
    worker = a_lab.machines.get("w-1") or a_lab.start("w-1", "192.0.2.20")
    done = put(a_lab, tree)
    assert done.code == 0, done.all
    assert worker.path("/etc/kubernetes/x.yaml").exists()
    assert not worker.path("/etc/kubernetes/pki").exists()
    assert "w-1: + /etc/kubernetes/x.yaml" in done.out
    assert "cp-1: 36 files written" in done.out
    worker.wipe()


def test_session_says_what_a_step_said() -> None:
    """A script that fails there is an error with the last lines it wrote to standard error, not a crash."""
    from kgen_apply.errors import HostError

    with Session(Host("here", "localhost", local=True)) as session:
        assert session.run("echo one; echo two") == "one\ntwo\n"
        with pytest.raises(HostError, match="here: no such thing"):
            session.run("echo no such thing >&2; exit 3")
        assert session.run("printf none") == "none"
        with pytest.raises(HostError, match=r"no answer in 0\.5 s"):
            session.run("sleep 1", timeout=0.5)
