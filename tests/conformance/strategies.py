# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies for whole configurations, valid ones for the most part, and ones made invalid."""

from __future__ import annotations

import copy
import itertools
import random
import re
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from conformance import build
from conformance.mutants import Documents, mutate
from kgen.config.catalogue import kinds, load

Values = SearchStrategy[Any]

_AGAIN = 50
"""Rounds of hypothesis for one list: it may give up early on its own."""

_INVALID = 0.25
"""Part of the configurations that the mutator changes."""

_PLAIN_UNICODE = 0.7

_TRICKY = (
    *("yes", "on", "~", "null", "NULL", "True", "1", "-1", "+1", "1e3", "1e", "1.0", ".5", "0x1F", "0o7", "010", "0b1"),
    *("1_000", "12:30:45", "2001-01-01", "2001-01-01T00:00:00Z", ".inf", "-.INF", ".nan", "=", "<<", "-", "- a", "---"),
    *("...", "a: b", "a:", ":a", "a #b", "#", "?", "? a", "{a}", "[", "]", "&a", "*a", "!t", "!!str", "%", "@", "`"),
    *("|", ">", ",", "'", '"', "\\", "it's", 'say "a"', " ", " lead", "trail ", "a  b", "tab\t", "\ta", "a\nb", "a\n"),
    *("\n", "\n\na", " a\nb", "a\n b\n\n", "a\r\nb", "é", "日本", "😀", "\u2028", "\ufeff", "\xa0"),
    *("word " * 40, "w" * 300, "é" * 90, "<a>&b", "$(POD_IP)", "{{ x }}", "%s", "n", "y", "0", "", "a=b", "a,b"),
)
texts: Values = st.one_of(
    st.sampled_from(_TRICKY),
    st.sampled_from(_TRICKY[:60]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs", "Cc"]), max_size=24),
    st.text(st.sampled_from(" abcXYZ019-_.:,#'\"{}[]&*!|>%@`\\/\n~=?+"), max_size=40),
)
words: Values = st.sampled_from(("a", "b-c", "zone1", "x.y", "Blue", "v2", "0", "a_b", "example.com/role"))
booleans: Values = st.booleans()
ports: Values = st.sampled_from((6443, 443, 8443, 7443, 1, 65535))
numbers: Values = st.one_of(st.integers(0, 300), st.sampled_from((-1, 0, 4096, 10250, 1000000, 2**31 - 1)))
durations: Values = st.one_of(
    st.sampled_from(("0s", "1s", "30s", "1m", "5m0s", "1h30m", "24h", "720h", "1.5h", "100ms", "1us", "90s", "0")),
    st.builds("{}{}".format, st.integers(1, 100000), st.sampled_from(("ns", "ms", "s", "m", "h"))),
)
lives: Values = st.sampled_from(("24h", "720h", "8760h", "8760h0m1s", "87600h", "1h", "1m30s", "10000h30m"))
ttls: Values = st.sampled_from(("0s", "0", "24h", "2h30m", "1m", "1.5h", "-1h", "48h0m0.5s"))
tokens: Values = st.from_regex(r"[a-z0-9]{6}\.[a-z0-9]{16}", fullmatch=True)
directories: Values = st.sampled_from(
    ("/etc/kubernetes/pki", "/srv/pki", "/etc/ssl/certs", "/a b/c", "/pki/", "/etc/kubernetes/../x", "/é", "/var/lib/x")
)
files: Values = st.builds(
    "{}/{}".format, directories, st.sampled_from(("ca.crt", "client.crt", "client.key", "x.conf"))
)
_V4 = ("192.0.2.10", "10.0.0.1", "198.51.100.255", "172.16.0.1")
_V6 = ("2001:db8::10", "fd00::1", "2001:DB8:0:0:1::5", "fd00:1:2:3:4:5:6:7")
v4: Values = st.sampled_from(_V4)
v6: Values = st.sampled_from(_V6)
addresses: Values = st.one_of(v4, v6)
names: Values = st.sampled_from(
    (
        "k8s.example.com",
        "cp-1",
        "a.b",
        "API.example.com",
        "x" * 63 + ".io",
        "1.2.3",
        "xn--bcher-kva.example",
        "localhost",
    )
)
sans: Values = st.lists(st.one_of(names, addresses, st.sampled_from(("*.example.com", "127.0.0.1", "::1"))), max_size=5)
node_names: Values = st.sampled_from(
    ("cp-1", "CP-1", "node.example.com", "1", "n" * 63, "a-b.c-d", "0x1", "1e3", "true", "192.0.2.10")
)
repositories: Values = st.sampled_from(
    (
        "registry.k8s.io",
        "registry.example.com/k8s",
        "localhost:5000",
        "r.example.com:5000/a/b",
        "gcr.io/k8s-staging-ci-images",
    )
)
tags: Values = st.sampled_from(
    ("v1.12.0", "3.6.1-0", "3.5.21-0", "latest", "1.0", "v3.6.1", "a_b", "010", "3.6.6-rc.1")
)
_GATES = (
    *("RootlessControlPlane", "NodeLocalCRISocket", "ControlPlaneKubeletLocalMode", "WaitForAllControlPlaneComponents"),
    *("PublicKeysECDSA", "EtcdLearnerMode", "HTTPEndpoints", "IPv6DualStack"),
)


def _some(**fields: Values) -> Values:
    """A mapping with any of these fields, in this order."""
    return st.fixed_dictionaries({}, optional=fields).map(
        lambda made: {name: made[name] for name in fields if name in made}
    )


def _always(given: dict[str, Values], **fields: Values) -> Values:
    return st.builds(lambda one, other: {**one, **other}, st.fixed_dictionaries(given), _some(**fields))


def _several(item: Values, most: int = 4) -> Values:
    return st.lists(item, max_size=most)


# --- What several kinds have ---

_FLAGS = {
    "apiServer": (
        *("authorization-mode", "advertise-address", "secure-port", "etcd-servers", "service-cluster-ip-range", "v"),
        *("enable-admission-plugins", "tls-cert-file", "audit-log-path", "authorization-config", "anonymous-auth"),
        *("service-account-issuer", "bind-address", "requestheader-allowed-names", "service-account-key-file"),
    ),
    "controllerManager": (
        *("bind-address", "controllers", "cluster-cidr", "node-cidr-mask-size", "allocate-node-cidrs", "leader-elect"),
        *("secure-port", "cluster-name", "kubeconfig", "node-cidr-mask-size-ipv6", "use-service-account-credentials"),
    ),
    "scheduler": ("bind-address", "config", "kubeconfig", "leader-elect", "secure-port", "v"),
    "etcd": (
        *("listen-metrics-urls", "name", "data-dir", "quota-backend-bytes", "listen-client-urls", "snapshot-count"),
        *("initial-cluster", "initial-cluster-state", "advertise-client-urls", "feature-gates", "cert-file"),
    ),
    "kubelet": (
        "v",
        "node-ip",
        "node-labels",
        "cgroup-driver",
        "config",
        "hostname-override",
        "cloud-provider",
        "register-with-taints",
    ),
}
_ARGUMENT_VALUES: Values = st.one_of(
    st.sampled_from(
        (
            *(
                "Node,RBAC",
                "RBAC",
                "AlwaysAllow",
                "Webhook,Node",
                "true",
                "false",
                "0",
                "2",
                "16",
                "10.0.0.0/8",
                "*,tokencleaner",
            ),
            *(
                "https://127.0.0.1:2379",
                "http://127.0.0.1:2381",
                "http://[::1]:2381",
                "/etc/x.yaml",
                "127.0.0.1",
                "::",
                "0.0.0.0",
            ),
        )
    ),
    texts,
    numbers.map(str),
)


def _arguments(component: str, *, mapping: bool) -> Values:
    name = st.one_of(st.sampled_from(_FLAGS[component]), st.sampled_from(_FLAGS[component]), words)
    if mapping:
        return st.dictionaries(name, _ARGUMENT_VALUES, max_size=5)
    return _several(st.fixed_dictionaries({"name": name, "value": _ARGUMENT_VALUES}), 6)


_SELECTOR: Values = _some(name=words, key=words, optional=booleans)
_ENVS: Values = _several(
    st.one_of(
        _always({"name": words}, value=texts),
        _always(
            {"name": st.sampled_from(("A", "NO_PROXY", "POD_IP"))},
            valueFrom=st.one_of(
                _some(fieldRef=_some(apiVersion=st.sampled_from(("v1", "", "v2")), fieldPath=words)),
                _some(
                    resourceFieldRef=_some(
                        containerName=words,
                        resource=st.sampled_from(("limits.cpu", "requests.memory")),
                        divisor=st.sampled_from(("1", "1Mi", "0", "100m", "1.5Gi", "1e3", "0.5")),
                    )
                ),
                _some(configMapKeyRef=_SELECTOR),
                _some(secretKeyRef=_SELECTOR),
                _some(fileKeyRef=_some(volumeName=words, path=words, key=words, optional=booleans)),
            ),
        ),
    )
)
_PATH_TYPES = ("", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket", "CharDevice", "BlockDevice")
_VOLUMES: Values = _several(
    _always(
        {
            "name": st.sampled_from(("a", "b", "ca-certs", "k8s-certs", "etcd-data", "kubeconfig", "my-volume", "0")),
            "hostPath": st.one_of(directories, files),
            "mountPath": st.one_of(directories, files),
        },
        readOnly=booleans,
        pathType=st.sampled_from(_PATH_TYPES),
    )
)

# --- InitConfiguration ---

_TOKEN: Values = _always(
    {"token": tokens},
    description=texts,
    ttl=ttls,
    usages=st.lists(st.sampled_from(("signing", "authentication")), max_size=2),
    groups=st.lists(
        st.sampled_from(("system:bootstrappers:a", "system:bootstrappers:kubeadm:default-node-token")), max_size=3
    ),
)
_EXPIRING: Values = _always(
    {"token": tokens, "expires": st.sampled_from(("2120-01-01T00:00:00Z", "2099-12-31T23:59:59+02:00"))}
)
_TAINTS: Values = _several(
    _always(
        {"key": st.sampled_from(("node-role.kubernetes.io/control-plane", "a", "example.com/b", "A_b"))},
        value=words,
        effect=st.sampled_from(("NoSchedule", "NoExecute", "PreferNoSchedule")),
        timeAdded=st.sampled_from(("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00")),
    ),
    3,
)
_SKIPPED = (
    *(
        "addon",
        "addon/coredns",
        "addon/kube-proxy",
        "mark-control-plane",
        "bootstrap-token",
        "certs/sa",
        "kubeconfig/all",
        "Certs",
        "kubelet-start",
    ),
    *("kubeconfig/super-admin", "show-join-command", "etcd", "upload-certs"),
)
"""Not upload-config, from which the recording knows the directory of the certificates."""
_TIMEOUTS = (
    *("controlPlaneComponentHealthCheck", "kubeletHealthCheck", "kubernetesAPICall", "etcdAPICall", "tlsBootstrap"),
    *("discovery", "upgradeManifests"),
)


def _init(*, old: bool, advertise: Values) -> Values:
    node = _always(
        {},
        name=node_names,
        criSocket=st.sampled_from(
            ("unix:///run/containerd/containerd.sock", "unix:///run/crio/crio.sock", "/var/run/x.sock")
        ),
        taints=_TAINTS,
        kubeletExtraArgs=_arguments("kubelet", mapping=old),
        ignorePreflightErrors=st.lists(st.sampled_from(("Swap", "all", "NumCPU", "swap")), max_size=2),
        imagePullPolicy=st.sampled_from(("Always", "IfNotPresent", "Never", "")),
        **({} if old else {"imagePullSerial": booleans}),
    )
    return _always(
        {
            "apiVersion": st.just("kubeadm.k8s.io/v1beta3" if old else "kubeadm.k8s.io/v1beta4"),
            "kind": st.just("InitConfiguration"),
            "localAPIEndpoint": _always({"advertiseAddress": advertise}, bindPort=ports),
        },
        bootstrapTokens=st.lists(st.one_of(*[_TOKEN] * 9, _EXPIRING), max_size=3),
        nodeRegistration=node,
        certificateKey=st.sampled_from(("e6a2eb8581237ab72a4f494f30285ec12a9694d750b9785706a83bfcbbbd2204", "0" * 64)),
        skipPhases=st.lists(st.sampled_from(_SKIPPED), max_size=3).map(lambda phases: [*phases, "preflight"]),
        patches=_some(
            directory=st.sampled_from(("patches/strategic", "patches/json", "patches/merge", "patches/nothing"))
        ),
        **({} if old else {"timeouts": _some(**dict.fromkeys(_TIMEOUTS, durations)), "dryRun": booleans}),
    )


# --- ClusterConfiguration ---

_SUBNETS_4 = ("10.96.0.0/12", "10.0.0.0/16", "172.20.0.0/16", "192.168.0.0/24", "10.5.6.7/28")
_SUBNETS_6 = ("fd00:1::/112", "2001:db8:42:1::/108", "fd00:ffff::/120", "fd00:a::/116")
_PODS_4 = ("10.244.0.0/16", "192.168.128.0/20", "10.128.0.0/9", "10.9.0.0/24")
_PODS_6 = ("2001:db8:42::/56", "fd00:10:244::/48", "fd00:5::/64")
_SERVICES: Values = st.one_of(
    st.sampled_from(_SUBNETS_4),
    st.sampled_from(_SUBNETS_6),
    st.builds("{},{}".format, st.sampled_from(_SUBNETS_4), st.sampled_from(_SUBNETS_6)),
    st.builds("{},{}".format, st.sampled_from(_SUBNETS_6), st.sampled_from(_SUBNETS_4)),
)
_PODS: Values = st.one_of(
    st.sampled_from(_PODS_4),
    st.sampled_from(_PODS_6),
    st.builds("{},{}".format, st.sampled_from(_PODS_4), st.sampled_from(_PODS_6)),
    st.builds("{},{}".format, st.sampled_from(_PODS_6), st.sampled_from(_PODS_4)),
)
_ENDPOINTS: Values = st.one_of(
    st.builds("{}:{}".format, st.one_of(names, v4), ports),
    st.builds("[{}]:{}".format, v6, ports),
    names,
    v4,
)


def _cluster(release: str, *, old: bool, networking: Values) -> Values:
    major, minor, _ = release.split(".")
    base = f"{major}.{minor}"
    versions = st.sampled_from(
        (
            release,
            release,
            release,
            f"{base}.0",
            release[1:],
            f"{major}.{int(minor) - 1}.0",
            f"{release}+build.1",
            f"{base}.1-rc.0",
        )
    )

    def component(name: str, **more: Values) -> Values:
        extra = {} if old else {"extraEnvs": _ENVS}
        return _some(extraArgs=_arguments(name, mapping=old), extraVolumes=_VOLUMES, **extra, **more)

    health = {"timeoutForControlPlane": durations} if old else {}
    local = _some(
        imageRepository=repositories,
        imageTag=tags,
        dataDir=directories,
        extraArgs=_arguments("etcd", mapping=old),
        **({} if old else {"extraEnvs": _ENVS}),
        serverCertSANs=sans,
        peerCertSANs=sans,
    )
    url = st.builds("{}://{}:2379".format, st.sampled_from(("https", "https", "http")), st.one_of(names, v4))
    endpoints = {"endpoints": st.lists(url, min_size=1, max_size=3)}
    others = {"caFile": files} if old else {"caFile": files, "httpEndpoints": st.lists(url, max_size=2)}
    external = st.one_of(
        _always({**endpoints, "certFile": files, "keyFile": files}, **others), _always(endpoints, **others)
    )
    newer: dict[str, Values] = {"certificateValidityPeriod": lives, "caCertificateValidityPeriod": lives}
    sometimes = {"encryptionAlgorithm": st.sampled_from(("ECDSA-P256",) * 9 + ("ECDSA-P384",))}
    return _always(
        {
            "apiVersion": st.just("kubeadm.k8s.io/v1beta3" if old else "kubeadm.k8s.io/v1beta4"),
            "kind": st.just("ClusterConfiguration"),
            **({} if old else sometimes),
            "kubernetesVersion": versions,
        },
        etcd=st.one_of(_some(local=local), st.fixed_dictionaries({"external": external})),
        networking=networking,
        controlPlaneEndpoint=_ENDPOINTS,
        apiServer=component("apiServer", certSANs=sans, **health),
        controllerManager=component("controllerManager"),
        scheduler=component("scheduler"),
        dns=_some(imageRepository=repositories, imageTag=tags, **({} if old else {"disabled": booleans})),
        **({} if old else {"proxy": _some(disabled=booleans)}),
        certificatesDir=directories,
        imageRepository=repositories,
        featureGates=st.dictionaries(st.sampled_from((*_GATES[:5], *_GATES)), booleans, max_size=2),
        clusterName=st.one_of(words, texts),
        **({} if old else newer),
    )


# --- The component configurations: by type, with the examples of the schema ---

_BY_TYPE: dict[str, Values] = {
    "bool": booleans,
    "duration": durations,
    "timeOrMetaDuration": durations,
    "quantity": st.sampled_from(("1", "1Gi", "0.5", "100m", "1e3", "1000Ki", "64Ki", "-1", "1.5Mi", "0")),
    "time": st.sampled_from(("2026-01-01T00:00:00Z",)),
    "float32": st.sampled_from((0, 5, 5.5, 1e10, 0.1, 1e-7, 3.25, 16777217)),
    "float64": st.sampled_from((0, 0.9, 0.1, 1e21, 1e-7, 123456789.125)),
}


_KEYS: Values = st.one_of(words, words, texts.filter(lambda text: text != "<<" and not set(text) & set("\u2028\u2029")))
"""Of maps. kubeadm cannot read such keys again in what it wrote itself; kgen does not refuse them."""


def _of_schema(schema: dict[str, Any], definitions: dict[str, Any]) -> Values:
    if "$ref" in schema:
        return _of_schema(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    if "const" in schema:
        return st.just(schema["const"])
    go = schema.get("x-go-type", "string")
    if go == "struct":
        properties: dict[str, Any] = schema["properties"]
        one = st.sampled_from(sorted(properties)).flatmap(
            lambda name: st.fixed_dictionaries({name: _of_schema(properties[name], definitions)})
        )
        return st.lists(one, max_size=6).map(lambda made: {name: each[name] for each in made for name in each})
    if go == "map":
        return st.dictionaries(_KEYS, _of_schema(schema["additionalProperties"], definitions), max_size=3)
    if go == "slice":
        made = st.lists(_of_schema(schema["items"], definitions), max_size=3)
    elif go in _BY_TYPE:
        made = _BY_TYPE[go]
    elif go.startswith(("int", "uint")):
        made = st.one_of(numbers, st.integers(schema.get("minimum", 0), schema.get("maximum", 2**31 - 1)))
    else:
        made = texts
    examples = schema.get("examples")
    return st.one_of(st.sampled_from(examples), made) if examples else made


def _component(minor: str, api_version: str, kind: str) -> Values:
    schema = dict(load(minor, api_version, kind))
    fields = {name: each for name, each in schema["properties"].items() if name not in ("apiVersion", "kind")}
    return _of_schema({**schema, "properties": fields}, schema["$defs"]).map(
        lambda made: {"apiVersion": api_version, "kind": kind, **made}
    )


# --- Whole configurations ---


@st.composite
def configurations(draw: st.DrawFn, minor: str) -> Documents:
    """The documents of one configuration for a minor's kubeadm."""
    release = build.version(minor)
    read = ("kubeadm.k8s.io/v1beta3", "ClusterConfiguration") in kinds(minor)
    old = read and draw(st.sampled_from(range(25))) == 13  # RSA, so slow
    family = draw(st.sampled_from(("4", "4", "6", "any")))
    advertise = {"4": v4, "6": v6, "any": addresses}[family]
    services = {"4": st.sampled_from(_SUBNETS_4), "6": st.sampled_from(_SUBNETS_6), "any": _SERVICES}[family]
    pods = {"4": st.sampled_from(_PODS_4), "6": st.sampled_from(_PODS_6), "any": _PODS}[family]
    domain = st.sampled_from(("cluster.local", "corp.example", "a", "x.y.z"))
    networking = _always(
        {"serviceSubnet": services} if family == "6" else {}, serviceSubnet=services, podSubnet=pods, dnsDomain=domain
    )
    made: Documents = []
    made.append(draw(_init(old=old, advertise=advertise)))
    made.append(draw(_cluster(release, old=old, networking=networking)))
    if draw(st.integers(0, 2)) == 0:
        made.append(draw(_component(minor, "kubelet.config.k8s.io/v1beta1", "KubeletConfiguration")))
    if draw(st.integers(0, 2)) == 0:
        made.append(draw(_component(minor, "kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration")))
    return made


class _Quoted(yaml.SafeDumper):
    """Every text in quotes, but not the keys.

    PyYAML leaves out the quotes of `1e3` and the like, which Go reads as numbers.
    """


_Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


_QUOTED_KEY = re.compile(r'^([ -]*)"([A-Za-z]+)":', re.M)
"""Such keys lose their quotes, because sandbox.py and cases.py look for a few of them."""


def _write(documents: Documents, chance: random.Random) -> str:
    """The documents as a text, in one of the styles that people write."""
    style = {
        "Dumper": chance.choice((yaml.SafeDumper, _Quoted, _Quoted)),
        "default_flow_style": chance.choice((False,) * 7 + (None,)),
        "width": chance.choice((80, 80, 10**6)),
        "allow_unicode": chance.random() < _PLAIN_UNICODE,
    }
    text = "---\n".join(yaml.dump(document, sort_keys=False, **style) for document in documents)
    return _QUOTED_KEY.sub(r"\1\2:", text)


def configuration_texts(number: int, minor: str, count: int) -> list[str]:
    """`count` configurations; the same seed gives the same ones."""
    collected: dict[str, None] = {}
    chance = random.Random(number)  # noqa: S311 (a test wants the same every time)

    def collect(documents: Documents) -> None:
        documents = copy.deepcopy(documents)
        if chance.random() < _INVALID:
            mutate(documents, [documents], minor, chance)
        collected[_write(documents, chance)] = None

    for more in itertools.islice(itertools.count(), _AGAIN):
        missing = count - len(collected)
        if missing <= 0:
            break
        quiet = settings(
            max_examples=missing,
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        )
        seed(number + 1_000_003 * more)(quiet(given(configurations(minor))(collect)))()
    return list(collected)[:count]
