# SPDX-License-Identifier: Apache-2.0
"""What a prepared machine has before kubeadm or kgen come: sshd, containerd with its images, a pod network."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from e2e.lab import PATH, Host, Lab, run, until

_CONTAINERD = """\
version = 3
disabled_plugins = ["io.containerd.nri.v1.nri"]
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "{pause}"
[plugins."io.containerd.cri.v1.runtime"]
  # A machine that runs labs may lack CAP_SYS_RESOURCE, without which oom_score_adj cannot be lowered.
  restrict_oom_score_adj = true
[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = ["/usr/lib/cni"]
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
    SystemdCgroup = false
"""
_SSHD = f"""\
HostKey /etc/ssh/ssh_host_ed25519_key
PidFile /run/sshd.pid
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
MaxStartups 100
Subsystem sftp internal-sftp
SetEnv PATH={PATH}
"""
_CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")


def open_ssh(lab: Lab) -> None:
    """A real sshd with its own host key in every host, and `ssh_config` in the lab's directory that knows them."""
    known, key, config = lab.directory / "known_hosts", lab.directory / "id", lab.directory / "ssh_config"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", key])
    settings = {
        "User": "root",
        "IdentityFile": key,
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": known,
        "StrictHostKeyChecking": "yes",
        "BatchMode": "yes",
    }
    lines = ["Host *", *(f"  {name} {value}" for name, value in settings.items())]
    for host in lab.hosts.values():
        lines += [f"Host {host.name}", f"  HostName {host.address}"]
    config.write_text("\n".join(lines) + "\n")
    known.write_text("".join(_start_sshd(host, f"{key}.pub") for host in lab.hosts.values()))


def _start_sshd(host: Host, public_key: str) -> str:
    """Start it; returns its line for known_hosts."""
    host.run("sh", "-c", "rm -f /etc/ssh/ssh_host_*; mkdir -p -m 0755 /run/sshd; mkdir -p -m 0700 /root/.ssh")
    host.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/etc/ssh/ssh_host_ed25519_key")
    host.write("/root/.ssh/authorized_keys", Path(public_key).read_bytes(), 0o600)
    host.write("/etc/ssh/sshd_lab", _SSHD)
    host.run("/usr/sbin/sshd", "-f", "/etc/ssh/sshd_lab", "-E", "/run/sshd.log")
    kind, key, *_ = host.read("/etc/ssh/ssh_host_ed25519_key.pub").split()
    return f"{host.address} {kind} {key}\n"


def prepare(lab: Lab, images: Mapping[str, Path]) -> None:
    """containerd with the images and a pod network on every host, all at once, and routes between the networks."""
    pause = next(name for name in images if "/pause:" in name)
    for number, host in enumerate(lab.hosts.values()):
        host.write("/etc/containerd/config.toml", _CONTAINERD.format(pause=pause))
        host.write("/etc/cni/net.d/10-lab.conflist", _pod_network(f"10.244.{number}.0/24"))
        host.start("containerd", log=host.directory / "containerd.log")
        for other in lab.hosts.values():
            if other is not host:
                other.run("ip", "route", "add", f"10.244.{number}.0/24", "via", host.address)
        lab.admin("ip", "route", "add", f"10.244.{number}.0/24", "via", host.address)
    for number, host in enumerate(lab.hosts.values()):
        until(
            f"containerd of {host.name} answers", lambda h=host: not h.run("ctr", "version", check=False).returncode, 60
        )
        load(host, (path for name, path in images.items() if not number or not _of_control_plane(name)))


def load(host: Host, archives: Iterable[Path]) -> None:
    """Import image archives into a host's containerd."""
    for archive in archives:
        with_name = f"/opt/lab/images/{archive.name}"
        host.run("ctr", "--namespace", "k8s.io", "images", "import", with_name)


def install_kubelet_unit(host: Host, tree: Path) -> None:
    """The kubelet's unit and drop-in, as the distribution's packages bring them."""
    host.write("/usr/lib/systemd/system/kubelet.service", (tree / "kubelet/kubelet.service").read_bytes())
    dropin = (tree / "kubelet/10-kubeadm.conf").read_bytes()
    host.write("/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf", dropin)


def _of_control_plane(image: str) -> bool:
    return image.rsplit("/", 1)[1].partition(":")[0] in _CONTROL_PLANE


def _pod_network(subnet: str) -> str:
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": False,
        "hairpinMode": True,
        "ipam": {"type": "host-local", "ranges": [[{"subnet": subnet}]], "routes": [{"dst": "0.0.0.0/0"}]},
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return json.dumps({"cniVersion": "0.4.0", "name": "lab", "plugins": [bridge, ports]})
