# SPDX-License-Identifier: Apache-2.0
"""kgen reset on a real file system."""

from __future__ import annotations

from pathlib import Path

import pytest

from apply.machines import Lab, Machine
from apply.test_lab_files import put
from kgen_apply.reset import FILES

pytestmark = pytest.mark.lab


def used(lab: Lab, machine: Machine, tree: Path) -> None:
    """The machine as it is after some time in a cluster: data, pods' volumes, mounts, and files of others."""
    assert put(lab, tree).code == 0
    script = """
    mkdir -p /var/lib/kubelet/pods/a/volumes/v /var/lib/etcd/member/wal /etc/cni/net.d /root/.kube /etc/kubernetes/tmp/x
    echo data >/var/lib/etcd/member/wal/0; echo hidden >/var/lib/kubelet/.hidden
    mount -t tmpfs volume /var/lib/kubelet/pods/a/volumes/v; echo data >/var/lib/kubelet/pods/a/volumes/v/file
    mkdir -p /srv/outside; echo precious >/srv/outside/file; ln -s /srv/outside /var/lib/kubelet/link
    ln -s /srv/outside/file /etc/kubernetes/pki/link
    echo mine >/etc/kubernetes/mine.conf; echo cni >/etc/cni/net.d/10-x.conf; echo me >/root/.kube/config
    """
    machine.run("sh", "-ec", script)


def test_reset(a_lab: Lab, machine: Machine, rendered: Path) -> None:
    """What it names is empty, and directories stay; links are not followed; nothing else is touched; twice is fine."""
    used(a_lab, machine, rendered)
    units = machine.files("/usr/lib/systemd/system/kubelet.service")
    plan = a_lab.kgen_apply("reset", machine.address, "--dry-run")
    assert plan.code == 1
    for line in (
        "emptied: /var/lib/etcd",
        "unmounted: /var/lib/kubelet/pods/a/volumes/v",
        "deleted: /etc/kubernetes/admin.conf",
    ):
        assert f"{machine.address}: {line}" in plan.out
    assert machine.path("/var/lib/etcd/member/wal/0").exists()
    asked = a_lab.kgen_apply("reset", machine.address, stdin="n\n")
    assert (asked.code, machine.path("/etc/kubernetes/admin.conf").exists()) == (130, True)

    done = a_lab.kgen_apply("reset", machine.address, "--yes")
    assert done.code == 0, done.all
    for directory in ("/etc/kubernetes/manifests", "/etc/kubernetes/pki", "/var/lib/kubelet", "/var/lib/etcd"):
        assert list(machine.path(directory).iterdir()) == [], directory
    assert not [file for file in FILES if machine.path(file).exists()]
    assert machine.systemctl()[-1] == "stop kubelet"
    assert "there is no crictl" in done.out
    assert {path.name for path in machine.path("/etc/kubernetes").iterdir()} == {"manifests", "pki", "mine.conf", "tmp"}
    assert machine.path("/srv/outside/file").read_text() == "precious\n"
    assert machine.path("/etc/cni/net.d/10-x.conf").exists()
    assert machine.path("/root/.kube/config").exists()
    assert machine.files("/usr/lib/systemd/system/kubelet.service") == units

    again = a_lab.kgen_apply("reset", machine.address, "--yes")
    assert (again.code, again.out) == (0, f"{machine.address}: nothing of a cluster is there\n")
    assert a_lab.kgen_apply("reset", machine.address, "--yes", "--cleanup-tmp-dir").code == 0
    assert list(machine.path("/etc/kubernetes/tmp").iterdir()) == []
    assert put(a_lab, rendered).code == 0


def test_reset_with_a_volume_that_cannot_be_unmounted(a_lab: Lab, machine: Machine, rendered: Path) -> None:
    """Then nothing below the kubelet's directory is deleted: it may be somebody's data."""
    used(a_lab, machine, rendered)
    machine.put("umount", "#!/bin/sh\nexit 1\n")
    done = a_lab.kgen_apply("reset", machine.address, "--yes")
    assert done.code == 5
    assert "/var/lib/kubelet/pods/a/volumes/v is still mounted; nothing below /var/lib/kubelet is deleted" in done.err
    assert machine.path("/var/lib/kubelet/pods/a/volumes/v/file").exists()
    machine.path("/usr/local/sbin/umount").unlink()
    assert a_lab.kgen_apply("reset", machine.address, "--yes").code == 0


CRICTL = """#!/bin/sh
# A container runtime with one pod, in which etcd runs beside {others}.
echo "$*" >>/run/crictl.log
case $* in
  *" ps "*) echo e7cd ;;
  *" pods "*) [ -e /run/gone ] || echo p0d ;;
  *" rmp "*) touch /run/gone ;;
  *"member list") printf '%b' '{members}' ;;
esac
"""
OWN = "8e9e05c52164694d, started, cp-1, https://192.0.2.10:2380, https://192.0.2.10:2379, false\\n"
OTHER = "91bc3c398fb3c146, started, cp-2, https://192.0.2.1:2380, https://192.0.2.1:2379, false\\n"


@pytest.mark.parametrize("others", [0, 1])
def test_etcd_member_leaves_if_there_are_others(others: int, a_lab: Lab, machine: Machine, rendered: Path) -> None:
    """By its own peer URL, before anything is stopped; the only member does not; then the pods are removed."""
    put(a_lab, rendered)
    machine.put("crictl", CRICTL.format(others=others, members=OTHER * others + OWN))
    machine.run("rm", "-f", "/run/crictl.log", "/run/gone")
    done = a_lab.kgen_apply("reset", machine.address, "--yes")
    assert done.code == 0, done.all
    asked = machine.path("/run/crictl.log").read_text().splitlines()
    removed = [line.split()[-1] for line in asked if "member remove" in line]
    assert removed == ["8e9e05c52164694d"] * others
    assert ("etcd member 8e9e05c52164694d removed" in done.out) == bool(others)
    assert [line.split()[-1] for line in asked if " stopp " in line or " rmp " in line] == ["p0d", "p0d"]
    assert "could not be asked" not in done.out


def test_reset_does_not_believe_a_manifest(a_lab: Lab, machine: Machine, rendered: Path) -> None:
    """One whose data directory is a system's."""
    put(a_lab, rendered)
    manifest = machine.path("/etc/kubernetes/manifests/etcd.yaml")
    manifest.write_text(manifest.read_text().replace("/var/lib/etcd", "/etc"))
    done = a_lab.kgen_apply("reset", machine.address, "--yes")
    assert done.code == 4
    assert "/etc is not a directory that kgen reset will empty" in done.err
    assert machine.path("/etc/kubernetes/admin.conf").exists()


def test_reset_and_apply_exclude_each_other(a_lab: Lab, machine: Machine, rendered: Path) -> None:
    """One lock for both."""
    put(a_lab, rendered)
    machine.put("flock", "#!/bin/sh\nexit 1\n")
    done = a_lab.kgen_apply("reset", machine.address, "--yes")
    assert done.code == 5
    assert "another kgen apply or kgen reset is working on this host" in done.err
    assert machine.path("/etc/kubernetes/admin.conf").exists()
