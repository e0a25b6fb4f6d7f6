# SPDX-License-Identifier: Apache-2.0
"""What fits is reused; what does not is made anew and named, or refused if it is given; what only the user can make
is demanded."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from helpers import (
    CannedKeys,
    assert_identifies,
    assert_is_ca,
    assert_serves,
    canned_key,
    counting_serials,
    decode,
    shake_hands,
)
from kgen.errors import MaterialError
from kgen.keyring import Keyring, Note, fulfil
from kgen.keys import Algorithm, ThreadedKeys
from kgen.material import Material
from kgen.needs import CertificateSpec, KeyPairSpec, Spec
from kgen.pem import encode_private_key, encode_public_key, load_private_key
from kgen.pki import Authority, Profile

START = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
SERVER = Profile("kube-apiserver", (), ("cp-1", "kubernetes"), ("10.96.0.1", "192.0.2.10"), ("server",))
CA = CertificateSpec("ca", Profile("kubernetes", dns_names=("kubernetes",), ca=True), 10 * YEAR)
FRONT_PROXY_CA = CertificateSpec(
    "front-proxy-ca", Profile("front-proxy-ca", dns_names=("front-proxy-ca",), ca=True), YEAR
)
API_SERVER = CertificateSpec("apiserver", SERVER, YEAR, "ca")
KUBELET_CLIENT = CertificateSpec("apiserver-kubelet-client", Profile("kubelet-client", usages=("client",)), YEAR, "ca")
FRONT_PROXY = CertificateSpec("front-proxy-client", Profile("front-proxy", usages=("client",)), YEAR, "front-proxy-ca")
PEER = CertificateSpec("etcd/peer", Profile("cp-1", (), ("cp-1",), ("::1",), ("server", "client")), YEAR, "ca")
ADMIN = CertificateSpec(
    "admin.conf",
    Profile("kubernetes-admin", ("kubeadm:cluster-admins",), usages=("client",)),
    YEAR,
    "ca",
    not_before="authority",
    kind="kubeconfig",
    server="https://192.0.2.10:6443",
)
SA = KeyPairSpec("sa", authority="ca")
SPECS: tuple[Spec, ...] = (CA, API_SERVER, KUBELET_CLIENT, FRONT_PROXY_CA, FRONT_PROXY, PEER, SA, ADMIN)
NAMES = tuple(spec.name for spec in SPECS)

Files = dict[str, bytes]


def make(specs: Sequence[Spec] = SPECS, *materials: Material, first: int = 100, **changes: Any) -> Keyring:
    """A keyring from these materials; new keys are the canned ones from `first` on."""
    arguments = {
        "algorithm": Algorithm.ECDSA_P256,
        "keys": CannedKeys(distinct=50, first=first),
        "start": START,
        "serials": counting_serials(),
        "ski": "sha256-160",
    }
    return fulfil(specs, materials, **(arguments | changes))


def kubeconfig(ca: bytes, certificate: bytes, key: bytes | None, **fields: Any) -> bytes:
    """A kubeconfig as kubeadm writes it; `cluster` and `user` replace those sections."""

    def text(content: bytes | None) -> str:
        return base64.b64encode(content or b"").decode()

    cluster = {"certificate-authority-data": text(ca), "server": ADMIN.server}
    user = {"client-certificate-data": text(certificate), "client-key-data": text(key)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "other", "cluster": {}}, {"name": "c", "cluster": fields.get("cluster", cluster)}],
        "users": [{"name": "u", "user": fields.get("user", user)}],
        "contexts": [{"name": "u@c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "u@c",
    }
    return yaml.safe_dump(config).encode()


def files_of(ring: Keyring, specs: Sequence[Spec] = SPECS) -> Files:
    """What a render would have written."""
    files: dict[str, bytes | None] = {}
    for spec in specs:
        if isinstance(spec, KeyPairSpec):
            files |= {f"{spec.name}.key": ring.key(spec.name), f"{spec.name}.pub": ring.public_key(spec.name)}
        elif spec.kind == "pki":
            files |= {f"{spec.name}.crt": ring.certificate(spec.name), f"{spec.name}.key": ring.key(spec.name)}
        else:
            ca = ring.decoded("ca").pem
            files[spec.name] = kubeconfig(ca, ring.certificate(spec.name), ring.key(spec.name))
    return {name: content for name, content in files.items() if content is not None}


@pytest.fixture(scope="module")
def ring() -> Keyring:
    """A keyring with everything new."""
    return make(first=0)


@pytest.fixture(scope="module")
def files(ring: Keyring) -> Files:
    """Its files. Tests make changed copies of them."""
    return files_of(ring)


def earlier(files: Mapping[str, bytes]) -> Material:
    """An earlier tree."""
    return Material(files, "earlier", "out")


def given(files: Mapping[str, bytes]) -> Material:
    """A user's directory."""
    return Material(files, "given", "certs")


def without(files: Files, *names: str) -> Files:
    """The files without some of them."""
    assert set(names) <= set(files)
    return {name: content for name, content in files.items() if name not in names}


def notes(ring: Keyring) -> dict[str, tuple[str, str]]:
    """Status and reason by name."""
    return {note.name: (note.status, note.reason) for note in ring.notes}


def changed(ring: Keyring) -> dict[str, str]:
    """The reason of what was re-issued, by name; nothing may be new."""
    assert "new" not in {note.status for note in ring.notes}
    return {note.name: note.reason for note in ring.notes if note.status == "re-issued"}


def leaf(files: Files, profile: Profile, *, ca: str = "ca", number: int = 90, **times: datetime) -> tuple[bytes, bytes]:
    """A certificate of one of the CAs, and its key."""
    authority = Authority(decode(files[f"{ca}.crt"]), load_private_key(files[f"{ca}.key"], ca))
    times = {"not_before": START - YEAR, "not_after": START + YEAR} | times
    certificate = authority.issue(profile, canned_key(number=number), serial=9, **times)
    return certificate, encode_private_key(canned_key(number=number))


def with_leaf(files: Files, name: str, certificate: bytes, key: bytes) -> Files:
    """The files with another certificate and key in a place."""
    return files | {f"{name}.crt": certificate, f"{name}.key": key}


def material_error(*materials: Material, specs: Sequence[Spec] = SPECS) -> str:
    """The text of the refusal."""
    with pytest.raises(MaterialError) as caught:
        make(specs, *materials)
    return str(caught.value)


class TestNew:
    """Without material everything is made."""

    def test_everything_is_what_was_asked_for(self, ring: Keyring) -> None:
        """Each certificate has its profile and CA, each key belongs to its certificate."""
        assert ring.notes == tuple(Note(name, "new") for name in NAMES)
        assert_is_ca(ring.certificate("ca"))
        assert_serves(ring.certificate("apiserver"), "cp-1", "10.96.0.1")
        assert_identifies(ring.certificate("admin.conf"), "kubernetes-admin", "kubeadm:cluster-admins")
        for name, ca in [("apiserver", "ca"), ("admin.conf", "ca"), ("front-proxy-client", "front-proxy-ca")]:
            assert ring.decoded(name).chains_to(ring.decoded(ca))
        assert not ring.decoded("front-proxy-client").chains_to(ring.decoded("ca"))

    def test_times(self) -> None:
        """pki begins five minutes early and ends after its period; kubeconfig clients begin with their CA."""
        ring = make()
        assert ring.decoded("ca").not_before == ring.decoded("apiserver").not_before == START - timedelta(minutes=5)
        assert ring.decoded("ca").not_after == START + 10 * YEAR
        later = make(SPECS, earlier({name: files_of(ring)[name] for name in ("ca.crt", "ca.key")}), start=START + YEAR)
        assert later.decoded("apiserver").not_before == START + YEAR - timedelta(minutes=5)
        assert later.decoded("admin.conf").not_before == START - timedelta(minutes=5)
        assert later.decoded("admin.conf").not_after == START + 2 * YEAR

    def test_repeatable(self) -> None:
        """The same keys, serials and start give the same files."""
        rsa = {"algorithm": Algorithm.RSA_2048, "keys": CannedKeys()}  # an ECDSA signature is random
        assert files_of(make(**rsa)) == files_of(make(**rsa))

    def test_serials_differ(self, ring: Keyring) -> None:
        """Every certificate takes a serial number of its own."""
        serials = [ring.decoded(name)._x509.serial_number for name in NAMES if name != "sa"]
        assert sorted(serials) == list(range(1, 8))

    def test_handshake(self) -> None:
        """The API server and the administrator trust each other."""
        ring = make(start=datetime.now(UTC))
        server, admin = [(ring.certificate(n), ring.key(n) or b"") for n in ("apiserver", "admin.conf")]
        shake_hands(ring.certificate("ca"), server, admin, "10.96.0.1")

    def test_keys_are_started_early(self) -> None:
        """The source learns how many keys are needed before the first one is taken."""
        keys = CannedKeys()
        make(SPECS, keys=keys, algorithm=Algorithm.RSA_2048)
        assert keys.started == {Algorithm.RSA_2048: keys.taken} == {Algorithm.RSA_2048: len(SPECS)}

    def test_threads(self) -> None:
        """The real source gives every certificate a key of its own."""
        with ThreadedKeys() as keys:
            ring = make(SPECS, keys=keys)
        assert len({ring.key(name) for name in NAMES}) == len(NAMES)

    def test_period_that_never_was(self) -> None:
        """A negative period is refused; kubeadm makes certificates that nobody can use."""
        with pytest.raises(MaterialError, match="apiserver: would never be valid"):
            make([CA, replace(API_SERVER, period=-YEAR)])


class TestReuse:
    """What fits is taken byte for byte."""

    @pytest.mark.parametrize("source", [earlier, given])
    def test_everything(self, files: Files, source: Callable[[Files], Material]) -> None:
        """Rendering again changes nothing and needs no new key."""
        keys = CannedKeys()
        ring = make(SPECS, source(files), keys=keys, start=START + timedelta(days=1))
        assert ring.notes == tuple(Note(name, "reused") for name in NAMES)
        assert files_of(ring) == files
        assert keys.taken == 0
        whole = files["admin.conf"] if source is given else None
        assert ring.kubeconfig("admin.conf") == whole, "an earlier one is rendered from its certificate"

    def test_other_algorithm(self, files: Files) -> None:
        """encryptionAlgorithm is for new keys; the others are remarked on."""
        ring = make(SPECS, earlier(without(files, "apiserver.key", "apiserver.crt")), algorithm=Algorithm.RSA_2048)
        assert notes(ring)["ca"] == ("reused", "its key is ECDSA-P256, not RSA-2048")
        assert notes(ring)["apiserver"] == ("new", "")
        assert ring.decoded("apiserver").key == "RSA-2048"

    def test_given_before_earlier(self, files: Files) -> None:
        """A given CA takes the place of the earlier one, key and all, and everything below it is made anew."""
        other = files_of(make(first=50))
        ring = make(SPECS, given({name: other[name] for name in ("ca.crt", "ca.key")}), earlier(files))
        assert ring.certificate("ca") == other["ca.crt"]
        assert ring.key("ca") == other["ca.key"]
        below = {"apiserver", "apiserver-kubelet-client", "etcd/peer", "admin.conf"}
        assert changed(ring).keys() == below
        assert {reason.split(";")[0] for reason in changed(ring).values()} == {"it is not signed by ca"}
        assert all(ring.decoded(name).chains_to(ring.decoded("ca")) for name in below)

    def test_pairs_are_not_mixed(self, files: Files) -> None:
        """A given ca.crt alone is an external CA, though an earlier tree has a ca.key."""
        assert "certs/ca.crt is there without certs/ca.key" in material_error(
            given({"ca.crt": files_of(make(first=50))["ca.crt"]}), earlier(files)
        )

    @pytest.mark.parametrize("external", [False, True], ids=["key", "external"])
    def test_earlier_one_does_not_hide_a_given_one(self, files: Files, external: bool) -> None:
        """A given certificate that does not fit is refused, though an earlier tree has one that does."""
        bad = leaf(files, replace(SERVER, dns_names=("cp-1",)))
        ca = without(files, "ca.key") if external else files
        message = material_error(given(with_leaf(ca, "apiserver", *bad)), earlier(files))
        assert "apiserver.crt" in message
        assert ": it does not serve kubernetes" in message

    def test_bundles(self, files: Files) -> None:
        """The first certificate of ca.crt counts, and all of the file is kept."""
        bundle = files["ca.crt"] + files["front-proxy-ca.crt"]
        ring = make(SPECS, given(files | {"ca.crt": bundle}))
        assert changed(ring) == {}
        assert ring.certificate("ca") == bundle
        assert ring.decoded("ca").pem == files["ca.crt"]

    def test_intermediate(self, files: Files) -> None:
        """A leaf may come with the intermediate that signed it."""
        key = encode_private_key(canned_key(number=80))
        middle, _ = leaf(files, Profile("middle", ca=True), number=80)
        certificate, leaf_key = leaf(files | {"middle.crt": middle, "middle.key": key}, SERVER, ca="middle")
        ring = make(SPECS, given(with_leaf(files, "apiserver", certificate + middle, leaf_key)))
        assert notes(ring)["apiserver"] == ("reused", "")
        assert ring.certificate("apiserver") == certificate + middle
        alone = material_error(given(with_leaf(files, "apiserver", certificate, leaf_key)))
        assert alone.startswith("certs/apiserver.crt: it is not signed by ca;")
        expired, _ = leaf(files, Profile("middle", ca=True), number=80, not_after=START - timedelta(days=1))
        late = material_error(given(with_leaf(files, "apiserver", certificate + expired, leaf_key)))
        assert late == alone

    def test_to_the_second(self, files: Files) -> None:
        """The first and the last second of a certificate count, as in Go."""
        for times in ({"not_before": START}, {"not_after": START}):
            assert changed(make(SPECS, earlier(with_leaf(files, "apiserver", *leaf(files, SERVER, **times))))) == {}

    def test_wildcard(self, files: Files) -> None:
        """A given wildcard serves the names below it, one label deep."""
        spec = replace(API_SERVER, profile=replace(SERVER, dns_names=("api.EXAMPLE.com", "*.example.com")))
        wildcard = leaf(files, replace(SERVER, dns_names=("*.example.com",)))
        assert changed(make([CA, spec], given(with_leaf(files, "apiserver", *wildcard)))) == {}
        deep = replace(API_SERVER, profile=replace(SERVER, dns_names=("a.b.example.com", "example.com")))
        message = material_error(given(with_leaf(files, "apiserver", *wildcard)), specs=[CA, deep])
        assert message.startswith("certs/apiserver.crt: it does not serve a.b.example.com, example.com;")


def bad_subject(profile: Profile) -> Profile:
    """The profile for someone else."""
    return replace(profile, common_name="mallory", organizations=("system:masters",))


@dataclass(frozen=True)
class Unfit:
    """A certificate in place of the one of the spec, and what is wrong with it."""

    spec: CertificateSpec
    profile: Profile
    reason: str
    times: dict[str, datetime] = field(default_factory=dict)


UNFIT = [
    Unfit(API_SERVER, replace(SERVER, dns_names=("cp-1",)), "it does not serve kubernetes"),
    Unfit(API_SERVER, replace(SERVER, ip_addresses=("10.96.0.1",)), "it does not serve 192.0.2.10"),
    Unfit(API_SERVER, replace(SERVER, usages=("client",)), "it may not be used as server"),
    Unfit(PEER, replace(PEER.profile, usages=("server",)), "it may not be used as client"),
    Unfit(
        KUBELET_CLIENT,
        bad_subject(KUBELET_CLIENT.profile),
        "its subject is O=system:masters, CN=mallory, not CN=kubelet-client",
    ),
    Unfit(API_SERVER, SERVER, "expired on 2026-01-01 11:59:59 UTC", {"not_after": START - timedelta(seconds=1)}),
    Unfit(
        API_SERVER,
        SERVER,
        "is not valid before 2026-01-01 12:00:01 UTC",
        {"not_before": START + timedelta(seconds=1)},
    ),
]


class TestReissue:
    """One leaf of an earlier tree that does not fit is made anew, with the reason; everything else stays."""

    @pytest.mark.parametrize("case", UNFIT, ids=[case.reason for case in UNFIT])
    def test_unfit(self, files: Files, case: Unfit) -> None:
        """Names, addresses, usages, the subject of a client and the period have to fit."""
        name = case.spec.name
        changed_files = with_leaf(files, name, *leaf(files, case.profile, **case.times))
        ring = make(SPECS, earlier(changed_files))
        assert changed(ring).keys() == {name}
        assert changed(ring)[name].startswith(case.reason)
        assert ring.decoded(name).subject == case.spec.profile.subject
        assert ring.key(name) != changed_files[f"{name}.key"]
        assert without(files, f"{name}.crt", f"{name}.key").items() <= files_of(ring).items()

    @pytest.mark.parametrize(
        ("spec", "profile", "reason"),
        [
            (
                API_SERVER,
                replace(SERVER, dns_names=("cp-1", "kubernetes", "old.example.com")),
                "it serves old.example.com, which nothing asks for any more",
            ),
            (API_SERVER, replace(SERVER, usages=("server", "client")), "it may be used as client too"),
            (API_SERVER, replace(SERVER, common_name="api"), "its subject is CN=api, not CN=kube-apiserver"),
        ],
    )
    def test_more_than_asked_for(self, files: Files, spec: CertificateSpec, profile: Profile, reason: str) -> None:
        """kgen's own tree follows the configuration; in a user's certificate, as in kubeadm, more is welcome."""
        files = with_leaf(files, spec.name, *leaf(files, profile))
        assert changed(make(SPECS, earlier(files))) == {spec.name: reason}
        assert changed(make(SPECS, given(files))) == {}

    def test_wrong_key(self, files: Files) -> None:
        """A key that belongs to another certificate is noticed; kubeadm finds out when the API server starts."""
        ring = make(SPECS, earlier(files | {"apiserver.key": files["etcd/peer.key"]}))
        assert changed(ring) == {"apiserver": "the key is not that of the certificate"}

    def test_half_a_pair(self, files: Files) -> None:
        """A certificate without key, or the reverse, is no use."""
        ring = make(SPECS, earlier(without(files, "apiserver.key", "etcd/peer.crt")))
        assert changed(ring) == {"apiserver": "the key is missing", "etcd/peer": "the certificate is missing"}

    def test_other_ca(self, files: Files) -> None:
        """A certificate of another CA of the cluster does not do."""
        ring = make(SPECS, earlier(with_leaf(files, "apiserver", *leaf(files, SERVER, ca="front-proxy-ca"))))
        assert changed(ring) == {"apiserver": "it is not signed by ca"}

    def test_lost_ca(self, files: Files) -> None:
        """When a CA is made anew, everything that the lost one signed is too, and nothing else."""
        ring = make(SPECS, earlier(without(files, "front-proxy-ca.crt", "front-proxy-ca.key")))
        assert notes(ring)["front-proxy-ca"] == ("new", "")
        assert notes(ring)["front-proxy-client"] == ("re-issued", "it is not signed by front-proxy-ca")
        assert {status for name, (status, _) in notes(ring).items() if "front" not in name} == {"reused"}


class TestGiven:
    """What is given is taken as it is or refused, never replaced."""

    @pytest.mark.parametrize(
        "case", [case for case in UNFIT if "subject" not in case.reason], ids=lambda case: case.reason
    )
    def test_unfit(self, files: Files, case: Unfit) -> None:
        """The file is named with what is wrong, and how to have another one made."""
        unfit = with_leaf(files, case.spec.name, *leaf(files, case.profile, **case.times))
        remedy = "supply one that fits, or remove it and its key to have a new one made"
        assert material_error(given(unfit)) == f"certs/{case.spec.name}.crt: {case.reason}; {remedy}"

    def test_all_at_once(self, files: Files) -> None:
        """Wrong keys and halves of pairs are refused together, each by the name of a file that is there."""
        unfit = without(files, "apiserver.key", "etcd/peer.crt")
        lines = material_error(given(unfit | {"front-proxy-client.key": files["apiserver.key"]})).splitlines()
        assert [line.split(";")[0] for line in lines] == [
            "certs/apiserver.crt: the key is missing",
            "certs/front-proxy-client.crt: the key is not that of the certificate",
            "certs/etcd/peer.key: the certificate is missing",
        ]

    def test_other_subject(self, files: Files) -> None:
        """Another client is taken, as in kubeadm, with a warning; that an earlier tree has it too needs none."""
        client = leaf(files, bad_subject(KUBELET_CLIENT.profile))
        external = without(with_leaf(files, KUBELET_CLIENT.name, *client), "ca.key")
        reason = "its subject is O=system:masters, CN=mallory, not CN=kubelet-client"
        ring = make(SPECS, given(with_leaf(files, KUBELET_CLIENT.name, *client)))
        warning = f"certs/{KUBELET_CLIENT.name}.crt: {reason}"
        assert [note for note in ring.notes if note.reason] == [Note(KUBELET_CLIENT.name, "reused", reason, warning)]
        assert not [note for note in make(SPECS, earlier(external)).notes if note.warning]


class TestKubeconfigs:
    """A kubeconfig's certificate is reused like any other."""

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ("ca", "it trusts another CA than ca"),
            ("user", "the certificate is missing"),
            ("key", "the key is missing"),
            (
                "subject",
                "its subject is O=system:masters, CN=mallory, not O=kubeadm:cluster-admins, CN=kubernetes-admin",
            ),
        ],
    )
    def test_unfit(self, files: Files, change: str, reason: str) -> None:
        """It trusts the CA, embeds certificate and key, and names the right user; else it is made anew."""
        ca, (certificate, key) = files["ca.crt"], leaf(files, ADMIN.profile)
        config = {
            "ca": lambda: kubeconfig(files["front-proxy-ca.crt"], certificate, key),
            "user": lambda: kubeconfig(ca, b"", b"", user={"client-certificate": "/var/lib/kubelet/pki/current.pem"}),
            "key": lambda: kubeconfig(ca, certificate, b""),
            "subject": lambda: kubeconfig(ca, *leaf(files, bad_subject(ADMIN.profile))),
        }[change]()
        assert changed(make(SPECS, earlier(files | {"admin.conf": config}))) == {"admin.conf": reason}

    def test_second_of_a_bundle(self, ring: Keyring, files: Files) -> None:
        """kubeadm compares with the first certificate of ca.crt alone, while it can sign."""
        config = kubeconfig(files["front-proxy-ca.crt"], ring.certificate("admin.conf"), ring.key("admin.conf"))
        bundle = {"ca.crt": files["ca.crt"] + files["front-proxy-ca.crt"], "admin.conf": config}
        message = material_error(given(files | bundle))
        assert message.startswith("certs/admin.conf: it trusts another CA than ca; supply one that fits, or remove it")

    def test_other_server(self, ring: Keyring, files: Files) -> None:
        """An earlier kubeconfig is rendered anew around its certificate; a given one stays, with kubeadm's warning."""
        spec = replace(ADMIN, server="https://api.example.com:6443")
        again = make([CA, spec], earlier(files))
        assert again.notes == (Note("ca", "reused"), Note("admin.conf", "reused"))
        assert again.certificate("admin.conf") == ring.certificate("admin.conf")
        assert again.kubeconfig("admin.conf") is None
        kept = make([CA, spec], given(files))
        assert kept.kubeconfig("admin.conf") == files["admin.conf"]
        assert kept.notes[1].warning == f"certs/admin.conf: its server is {ADMIN.server}, not {spec.server}"

    def test_given_without_certificate(self, files: Files) -> None:
        """After kubelet-finalize kubelet.conf names a file: it is kept, as in kubeadm. Half a pair is warned of."""
        user = {"client-certificate": "/var/lib/kubelet/pki/kubelet-client-current.pem"}
        config = kubeconfig(files["ca.crt"], b"", b"", user=user)
        ring = make(SPECS, given(files | {"admin.conf": config}))
        assert ring.kubeconfig("admin.conf") == config
        assert ring.notes[-1] == Note("admin.conf", "reused")
        half = kubeconfig(files["ca.crt"], leaf(files, ADMIN.profile)[0], b"")
        ring = make(SPECS, given(files | {"admin.conf": half}))
        assert ring.notes[-1].warning == "certs/admin.conf: it embeds only one of client certificate and key"

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"\xff", "is not YAML"),
            (b"a: [", "is not YAML"),
            (b"", "is not a kubeconfig"),
            (b"- a", "is not a kubeconfig"),
            (b"kind: Pod", "is not a kubeconfig"),
            (b"clusters: 3", "has no current context that leads to a cluster"),
            (kubeconfig(b"", b"", b"", cluster={"server": "https://a"}), "names no certificate authority"),
            (kubeconfig(b"x", b"", b""), "admin.conf: certificate-authority-data: holds no certificate"),
            (
                kubeconfig(b"", b"", b"", cluster={"certificate-authority-data": "!"}),
                "certificate-authority-data is not base64",
            ),
            (
                kubeconfig(
                    b"", b"", b"", cluster={"certificate-authority": "/ca.crt"}, user={"client-key-data": "AAAA"}
                ),
                "admin.conf: client-key-data: holds no RSA or ECDSA private key",
            ),
        ],
    )
    def test_unreadable(self, files: Files, content: bytes, says: str) -> None:
        """What cannot be read is an error that names the file."""
        message = material_error(given(files | {"admin.conf": content}))
        assert message.startswith("certs/admin.conf: ")
        assert says in message


class TestServiceAccount:
    """The sa key pair: the private key decides, as in kubeadm."""

    def test_public_half_missing(self, files: Files) -> None:
        """sa.pub is derived from sa.key; kubeadm leaves it out, and the API server does not start."""
        ring = make(SPECS, given(without(files, "sa.pub")))
        assert ring.public_key("sa") == files["sa.pub"]
        assert notes(ring)["sa"] == ("reused", "sa.pub is derived from sa.key")

    def test_private_half_missing(self, files: Files) -> None:
        """Without sa.key there is a new pair, whatever sa.pub holds; a given sa.pub is not lost."""
        alone = without(files, "sa.key")
        ring = make(SPECS, earlier(alone))
        assert changed(ring) == {"sa": "sa.key is missing"}
        assert ring.public_key("sa") != files["sa.pub"]
        assert material_error(given(alone)).startswith("certs/sa.pub: is there without certs/sa.key;")

    def test_rotation(self, files: Files) -> None:
        """sa.pub may hold more keys, and stays as it is."""
        both = encode_public_key(canned_key(number=70)) + files["sa.pub"]
        assert make(SPECS, given(files | {"sa.pub": both})).public_key("sa") == both

    def test_halves_of_two_pairs(self, files: Files) -> None:
        """An sa.pub without the public key of sa.key would make the API server refuse every token."""
        message = material_error(given(files | {"sa.pub": encode_public_key(canned_key(number=70))}))
        assert message.startswith("certs/sa.pub: does not hold the public key of sa.key")


class TestAuthorities:
    """A CA is used as it is or refused, never replaced."""

    def test_custom(self) -> None:
        """Subject and type of key of a CA are its owner's choice."""
        profile = Profile("Corporate CA", ("Example",), ca=True)
        custom = make([replace(CA, profile=profile)], algorithm=Algorithm.ECDSA_P384)
        ring = make([CA, API_SERVER], given({"ca.crt": custom.certificate("ca"), "ca.key": custom.key("ca") or b""}))
        assert ring.decoded("apiserver").chains_to(custom.decoded("ca"))
        assert ring.decoded("ca").subject == "O=Example, CN=Corporate CA"

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (lambda f: without(f, "ca.crt"), "certs/ca.key: is there without certs/ca.crt"),
            (lambda f: f | {"ca.key": f["front-proxy-ca.key"]}, "certs/ca.key: is not the key of certs/ca.crt"),
            (
                lambda f: f | {"ca.crt": f["apiserver.crt"], "ca.key": f["apiserver.key"]},
                "certs/ca.crt: is not the certificate of a CA",
            ),
            (lambda f: f | {"ca.crt": b"garbage"}, "certs/ca.crt: holds no certificate in PEM"),
            (lambda f: f | {"ca.key": b"garbage"}, "certs/ca.key: holds no RSA or ECDSA private key"),
        ],
    )
    def test_unusable(self, files: Files, change: Callable[[Files], Files], says: str) -> None:
        """The file is named, and its leaves are not complained about."""
        message = material_error(given(change(files)))
        assert message.startswith(says)
        assert message.count("\n") == 0

    def test_expired(self, files: Files) -> None:
        """Nothing trusts what an expired CA signs; kubeadm warns and signs all the same."""
        with pytest.raises(MaterialError) as caught:
            make(SPECS, given(files), start=START + timedelta(days=366))
        assert str(caught.value).startswith("certs/front-proxy-ca.crt: expired on 2027-01-01 12:00:00 UTC")
        assert "remove it and its key to have a new CA made" in str(caught.value)

    def test_all_at_once(self, files: Files) -> None:
        """Everything that is wrong is said in one go."""
        broken = files | {"ca.crt": b"x", "front-proxy-ca.key": b"x", "sa.key": b"x", "etcd/peer.crt": b"x"}
        lines = material_error(given(broken)).splitlines()
        assert [line.split(":")[0] for line in lines] == ["certs/ca.crt", "certs/front-proxy-ca.key"]
        fine = broken | {name: files[name] for name in ("ca.crt", "front-proxy-ca.key")}
        lines = material_error(given(fine)).splitlines()
        assert [line.split(":")[0] for line in lines] == ["certs/etcd/peer.crt", "certs/sa.key"]


class TestExternalAuthority:
    """A CA without key: the user supplies what it signs."""

    def test_demands_everything_at_once(self, files: Files) -> None:
        """Every file is listed with subject, names, usages; the other CA's are made as ever."""
        assert material_error(given({"ca.crt": files["ca.crt"]})) == "\n".join(
            [
                "certs/ca.crt is there without certs/ca.key: an external CA. It has to supply:",
                "  apiserver.crt and apiserver.key: missing",
                "    subject CN=kube-apiserver",
                "    SANs    DNS:cp-1, DNS:kubernetes, IP:10.96.0.1, IP:192.0.2.10",
                "    usages  server",
                "  apiserver-kubelet-client.crt and apiserver-kubelet-client.key: missing",
                "    subject CN=kubelet-client",
                "    usages  client",
                "  etcd/peer.crt and etcd/peer.key: missing",
                "    subject CN=cp-1",
                "    SANs    DNS:cp-1, IP:::1",
                "    usages  server, client",
                "  sa.key and sa.pub: the key pair that signs the tokens of service accounts",
                "  admin.conf: missing",
                "    subject O=kubeadm:cluster-admins, CN=kubernetes-admin",
                "    usages  client",
                "    server  https://192.0.2.10:6443",
            ]
        )

    def test_complete(self, files: Files) -> None:
        """With all of them there is no key, and the kubeconfigs are taken as they are."""
        ring = make(SPECS, given(without(files, "ca.key")))
        assert ring.notes == tuple(Note(name, "reused") for name in NAMES)
        assert ring.key("ca") is None
        assert ring.key("apiserver") == files["apiserver.key"]
        assert ring.kubeconfig("admin.conf") == files["admin.conf"]

    def test_again(self, files: Files) -> None:
        """The tree of such a render does for the next one."""
        files = with_leaf(without(files, "ca.key"), "apiserver", *leaf(files, replace(SERVER, common_name="api")))
        assert changed(make(SPECS, earlier(files))) == {}

    def test_front_proxy(self, files: Files) -> None:
        """The front proxy's CA can be external alone."""
        message = material_error(given(without(files, "front-proxy-ca.key", "front-proxy-client.key")))
        assert "  front-proxy-client.crt and front-proxy-client.key: the key is missing" in message
        assert message.count(" and ") == 1
        assert make(SPECS, given(without(files, "front-proxy-ca.key"))).key("front-proxy-ca") is None

    def test_two(self, files: Files) -> None:
        """Two external CAs and a broken file are reported together."""
        message = material_error(given({n: files[n] for n in ("ca.crt", "front-proxy-ca.crt")} | {"sa.key": b"x"}))
        assert message.startswith("certs/sa.key: ")
        assert message.count("an external CA. It has to supply:") == 2

    @pytest.mark.parametrize(
        ("profile", "times", "reason"),
        [
            (replace(SERVER, dns_names=("cp-1",)), {}, "it does not serve kubernetes"),
            (SERVER, {"not_after": START - timedelta(days=1)}, "expired on 2025-12-31 12:00:00 UTC"),
        ],
    )
    def test_unfit(self, files: Files, profile: Profile, times: dict[str, datetime], reason: str) -> None:
        """What does not fit is demanded anew, with the reason."""
        files = without(with_leaf(files, "apiserver", *leaf(files, profile, **times)), "ca.key")
        assert f"  apiserver.crt and apiserver.key: {reason}\n" in material_error(given(files))

    def test_other_subject(self, files: Files) -> None:
        """Whom the owner of the CA names is remarked on and, as in kubeadm, accepted."""
        files = with_leaf(files, "apiserver-kubelet-client", *leaf(files, bad_subject(KUBELET_CLIENT.profile)))
        status, reason = notes(make(SPECS, given(without(files, "ca.key"))))["apiserver-kubelet-client"]
        assert status == "reused"
        assert reason == "its subject is O=system:masters, CN=mallory, not CN=kubelet-client"

    def test_kubeconfig_of_another_server(self, files: Files) -> None:
        """The server stays as given; kubeadm warns."""
        spec = replace(ADMIN, server="https://api.example.com:6443")
        ring = make([CA, spec], given(without(files, "ca.key")))
        assert notes(ring)["admin.conf"][1] == f"its server is {ADMIN.server}, not {spec.server}"

    def test_kubeconfig_without_certificate(self, files: Files) -> None:
        """kubeadm does not look at the user: a plugin or a file may authenticate it."""
        config = kubeconfig(files["ca.crt"], b"", b"", user={"exec": {"command": "login"}})
        ring = make(SPECS, given(without(files, "ca.key") | {"admin.conf": config}))
        assert notes(ring)["admin.conf"] == ("reused", "")
        assert ring.kubeconfig("admin.conf") == config

    def test_kubeconfig_of_another_ca(self, files: Files) -> None:
        """It has to trust a certificate of ca.crt, which may be a bundle."""
        config = kubeconfig(files["front-proxy-ca.crt"], b"", b"", user={})
        external = without(files, "ca.key") | {"admin.conf": config}
        assert "  admin.conf: it trusts another CA than ca\n" in material_error(given(external))
        bundle = external | {"ca.crt": files["ca.crt"] + files["front-proxy-ca.crt"]}
        assert make(SPECS, given(bundle)).kubeconfig("admin.conf") == config


def test_no_secret_is_shown(ring: Keyring, files: Files) -> None:
    """Neither a keyring nor material nor a refusal shows a line of a key."""
    secrets = {
        line for name, content in files.items() if name.endswith(".key") for line in content.decode().splitlines()[1:-1]
    }
    secrets |= {base64.b64encode(files["sa.key"]).decode()}
    shown = [repr(ring), str(ring), repr(given(files)), repr(ring.notes)]
    shown += [material_error(given(files | {"ca.crt": files["ca.key"]}))]
    shown += [material_error(given(files | {"ca.key": files["front-proxy-ca.key"]}))]
    shown += [material_error(given(files | {"apiserver.key": files["sa.key"].replace(b"BEGIN EC", b"BEGIN MY")}))]
    shown += [material_error(given(files | {"admin.conf": files["sa.key"]}))]
    assert not [secret for secret in secrets for text in shown if secret in text]
