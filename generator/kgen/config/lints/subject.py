# SPDX-License-Identifier: Apache-2.0
"""What lints look at: a configuration that kubeadm accepts, with its defaults, and what the user wrote of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kgen.cluster import Cluster
from kgen.config import convert, defaults, net
from kgen.config.catalogue import RENDER
from kgen.config.lints import values
from kgen.config.rules.fields import Field
from kgen.config.version import Version
from kgen.goquote import quote
from kgen.patches import Patch
from kgen.releases import Release

CONTROL_PLANE = {
    "kube-apiserver": "apiServer",
    "kube-controller-manager": "controllerManager",
    "kube-scheduler": "scheduler",
}
"""Component to its field in a ClusterConfiguration"""

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Argument:
    """One of a component's extraArgs."""

    component: str
    field: Field
    """The item of the list, with its name and value"""

    @property
    def name(self) -> str:
        """As written"""
        return self.field["name"].text

    @property
    def value(self) -> str:
        """As the program gets it; it may be a secret"""
        written = self.field["value"].text
        return words(written)[0] if self.component == "kubelet" else written

    @property
    def received(self) -> Field:
        """The value as the program gets it, with its place"""
        return replace(self.field["value"], value=self.value)

    @property
    def merged(self) -> bool:
        """Whether the value is only a part, which kubeadm joins with its own value of the flag"""
        return bool(self.field["mergeMethod"].text)

    @property
    def items(self) -> list[str]:
        """The items of a list, with their blanks"""
        return values.items(self.value)


_ONE_WORD = re.compile(r"[!#-&(-\[\]-~]*")
"""Without blanks, quotes and what Go or systemd would escape"""
_IN_ENV_FILE = re.compile(r"\\([\"\\])")
_PIECE = re.compile(r"""( +)|\\(.?)|"((?:\\.|[^"\\])*)"?|'((?:\\.|[^'\\])*)'?|([^ \\"']+)""")


def words(value: str) -> list[str]:
    """What becomes of the value of a kubelet's argument: what the argument gets, then what are words of their own.

    kubeadm joins the arguments with blanks and writes them with Go's %q into an environment file (kubeadm
    app/phases/kubelet/flags.go). systemd reads that back and splits the unit's $KUBELET_KUBEADM_ARGS at blanks, where
    quotes and backslashes keep blanks and are taken away (systemd src/basic/env-file.c, extract-word.c).
    """
    if _ONE_WORD.fullmatch(value):
        return [value]
    found: list[list[str]] = [[]]
    for piece in _PIECE.finditer(_IN_ENV_FILE.sub(r"\1", quote(value)[1:-1])):
        blank, escaped, double, single, plain = piece.groups()
        if blank:
            found.append([])
        elif (quoted := double if single is None else single) is not None:
            found[-1].append(re.sub(r"\\(.?)", r"\1", quoted))
        else:
            found[-1].append(escaped or plain or "")
    first, *others = map("".join, found)
    return [first, *filter(None, others)]


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A configuration with everything that lints want to know; one equals itself alone."""

    release: Release
    version: Version
    """Of the Kubernetes that is installed"""
    documents: Mapping[str, Document]
    """By kind, in v1beta4 shape, with defaults: at least the two of `kubeadm init` and the two of the components"""
    given: Mapping[str, Document]
    """By kind, as the user wrote them"""
    ca_directories: tuple[str, ...] | None = None
    """Those of the host's optional CA directories that exist; None if it is not known."""
    patches: tuple[Patch, ...] = ()
    skipped: frozenset[str] = field(default_factory=frozenset)
    upload_certs: bool | None = None
    """Whether certificates are uploaded, a flag of the command; None if it is not known."""

    @property
    def init(self) -> Field:
        """The InitConfiguration"""
        return self._field("InitConfiguration")

    @property
    def join(self) -> Field:
        """The JoinConfiguration; nothing is given in it if there is none"""
        return Field("JoinConfiguration", self.documents.get("JoinConfiguration"))

    @property
    def nodes(self) -> tuple[Field, ...]:
        """The nodeRegistration of each node"""
        return tuple(node["nodeRegistration"] for node in (self.init, self.join) if node.given)

    @property
    def configuration(self) -> Field:
        """The ClusterConfiguration"""
        return self._field("ClusterConfiguration")

    @property
    def kubelet(self) -> Field:
        """The KubeletConfiguration"""
        return self._field("KubeletConfiguration")

    @property
    def kube_proxy(self) -> Field:
        """The KubeProxyConfiguration"""
        return self._field("KubeProxyConfiguration")

    def _field(self, kind: str) -> Field:
        return Field(kind, self.documents[kind])

    def written(self, kind: str, *path: str) -> Any:
        """What the user wrote at a path, None if nothing."""
        value: Any = self.given.get(kind)
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return value

    @property
    def address(self) -> net.Address | None:
        """The advertise address that the user gave, if it is one"""
        return self._address("InitConfiguration", "localAPIEndpoint", "advertiseAddress")

    @property
    def join_address(self) -> net.Address | None:
        """The advertise address that the user gave the control-plane node that joins, if it is one"""
        return self._address("JoinConfiguration", "controlPlane", "localAPIEndpoint", "advertiseAddress")

    def _address(self, kind: str, *path: str) -> net.Address | None:
        text = self.written(kind, *path)
        return net.parse_ip(text) if isinstance(text, str) and net.is_ip(text) else None

    def component(self, name: str) -> Field:
        """A static pod's settings, by the name of its program: extraArgs, extraVolumes, …"""
        return self.configuration["etcd"]["local"] if name == "etcd" else self.configuration[CONTROL_PLANE[name]]

    def arguments(self, *components: str) -> Iterator[Argument]:
        """The arguments of these components, `kubelet` (of each node) among them; without names, of all."""
        for name in components or (*CONTROL_PLANE, "etcd", "kubelet"):
            holders = (
                [node["kubeletExtraArgs"] for node in self.nodes]
                if name == "kubelet"
                else [self.component(name)["extraArgs"]]
            )
            yield from (Argument(name, item) for holder in holders for item in holder)

    def argument(self, component: str, name: str) -> Argument | None:
        """The argument of a static pod's program that counts: of several with the same name the last one."""
        found = [each for each in self.arguments(component) if each.name == name]
        return found[-1] if found else None

    def items(self, component: str, name: str) -> list[str]:
        """The items of a list that a static pod's program is given; given several times they add up (pflag)."""
        return [item for each in self.arguments(component) if each.name == name for item in each.items]

    @property
    def unread_patches(self) -> bool:
        """Whether there may be patches that are not known, as when a configuration is only validated"""
        return not self.patches and bool(self.init["patches"]["directory"].text)

    def may_be_patched(self, target: str) -> bool:
        """Whether patches may change a static pod or the KubeletConfiguration, known ones or not"""
        return self.unread_patches or any(patch.target == target for patch in self.patches)

    def etcd_tag(self) -> str:
        """Tag of the local etcd's image"""
        return self.component("etcd")["imageTag"].text or self.release.etcd_version(self.version.minor_number)


def of_cluster(cluster: Cluster) -> Subject:
    """What is to be looked at in a cluster that is about to be rendered."""
    return Subject(
        release=cluster.release,
        version=cluster.version,
        documents={
            "InitConfiguration": cluster.init,
            "ClusterConfiguration": cluster.configuration,
            "KubeletConfiguration": cluster.kubelet,
            "KubeProxyConfiguration": cluster.kube_proxy,
        },
        given={kind: document.value for kind, document in cluster.documents.items()},
        ca_directories=cluster.first.host.ca_directories,
        patches=cluster.patches,
        skipped=cluster.skip_phases,
        upload_certs=cluster.upload_certs,
    )


def of_documents(
    kubeadms: Mapping[str, Document], given: Mapping[str, Document], version: Version, release: Release
) -> Subject:
    """What is to be looked at in documents that are only validated.

    `kubeadms` are kubeadm's documents by kind, in v1beta4 shape with defaults, at least the two of `kubeadm init`;
    `given` are the sound documents by kind, as written.
    """
    init, configuration = kubeadms["InitConfiguration"], kubeadms["ClusterConfiguration"]
    kubelet = convert.without_nulls(dict(given.get("KubeletConfiguration", {})))
    proxy = convert.without_nulls(dict(given.get("KubeProxyConfiguration", {})))
    defaults.kubelet(kubelet, dict(configuration))
    defaults.kube_proxy(proxy, dict(init), dict(configuration), release)
    documents = {**kubeadms, "KubeletConfiguration": kubelet, "KubeProxyConfiguration": proxy}
    skipped = frozenset(Field("InitConfiguration", init)["skipPhases"].texts)
    told = Field(RENDER[1], given.get(RENDER[1]))["host"]["caDirectories"]
    ca_directories = tuple(told.texts) if told.given else None
    return Subject(release, version, documents, given, ca_directories, skipped=skipped)
