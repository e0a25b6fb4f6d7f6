# SPDX-License-Identifier: Apache-2.0
"""The credentials of a cluster: those that fit are taken from given material, the rest is made.

The caller says what is needed (`CertificateSpec`, `KeyPairSpec`) and what there is (`Material`, the first source wins).
Randomness, clock and keys are arguments; nothing here touches a disk. Reuse follows kubeadm (phases/certs/certs.go,
cmd/phases/init/certs.go, phases/kubeconfig/kubeconfig.go) and looks closer where kubeadm finds out too late:

- an earlier tree's leaf that does not fit is made anew, and only it, while its CA's key is at hand; the note says why;
- a given leaf is taken as it is, or an error: it is never replaced behind its owner's back;
- a CA without a key is external: what it has to sign is demanded, all at once;
- a CA is never replaced: one that cannot be used is an error, and so is any file that cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from kgen.errors import MaterialError
from kgen.fitness import Choice, choose_authority, choose_key_pair, choose_leaf
from kgen.keys import Algorithm, KeySource
from kgen.material import Credential, Material
from kgen.needs import CertificateSpec, KeyPairSpec, Spec
from kgen.pem import encode_private_key, encode_public_key, key_name
from kgen.pki import Authority, Certificate, SubjectKeyIdMethod, load_certificates, self_sign

BACKDATE = timedelta(minutes=5)
"""kubeadm's CertificateBackdate (constants/constants.go)."""


_SECOND = timedelta(seconds=1)
"""What a certificate's times are rounded to."""

Part = Literal["key", "validity"]


@dataclass(frozen=True, slots=True)
class Note:
    """What was done about one spec."""

    name: str
    status: Literal["new", "reused", "re-issued"]
    reason: str = ""
    """Why it was re-issued; or a remark on what is reused."""
    warning: str = ""
    """What the giver of a file should know about it, with its name."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is known about one name. Every byte may be secret."""

    certificate: bytes = b""
    key: bytes | None = None
    public_key: bytes = b""
    kubeconfig: bytes | None = None
    departs: frozenset[Part] = frozenset()
    """In what it is not as it would be made now, if it is reused."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Every credential that was asked for, by name. Unknown names are KeyErrors. Its repr shows no secret."""

    _entries: Mapping[str, _Entry] = field(repr=False)
    notes: tuple[Note, ...]
    """One a spec, in the order of the specs."""

    def certificate(self, name: str) -> bytes:
        """The certificate file, PEM: given bytes unchanged, a bundle with all it holds.

        Empty for a key pair, and for a kubeconfig that is taken as it is and embeds none.
        """
        return self._entries[name].certificate

    def decoded(self, name: str) -> Certificate:
        """The certificate itself, decoded; of a bundle the first, the only one kubeadm uses and embeds."""
        return load_certificates(self._entries[name].certificate, name)[0]

    def key(self, name: str) -> bytes | None:
        """The private key file, PEM; None for an external CA, and for a kubeconfig that does not embed one."""
        return self._entries[name].key

    def public_key(self, name: str) -> bytes:
        """The public key file of a key pair, PEM."""
        return self._entries[name].public_key

    def kubeconfig(self, name: str) -> bytes | None:
        """The whole file, to be taken as it is: a given one, or one of an external CA. Else None."""
        return self._entries[name].kubeconfig

    def departs(self, name: str, part: Part) -> bool:
        """Whether the type of its key, or its time, is not what would be made of the same configuration now."""
        return part in self._entries[name].departs


def fulfil(
    specs: Sequence[Spec],
    materials: Sequence[Material],
    *,
    algorithm: Algorithm,
    keys: KeySource,
    start: datetime,
    serials: Callable[[], int],
    ski: SubjectKeyIdMethod,
    fixed: bool = False,
) -> Keyring:
    """Take what fits from the materials and make the rest.

    `materials` are tried in their order, a pair of files at a time. `start` is the one time of the whole run (UTC);
    `fixed` is whether it would be the same in any other run.
    `algorithm` is for new keys: what is reused keeps its own, as in kubeadm, with a remark. CAs are made first, then
    leaves, then key pairs, each in the order of the specs. Raises MaterialError with everything that is wrong or
    missing, so that one answer is enough.
    """
    choices = _choose(specs, materials, start)
    keys.start(algorithm, sum(choice.credential is None for choice in choices.values()))
    maker = _Maker(algorithm, keys, start, serials, ski)
    entries: dict[str, _Entry] = {}
    for spec in _in_order(specs):
        choice = choices[spec.name]
        if choice.credential is not None:
            ca = choices[spec.authority] if spec.authority is not None else choice
            whole = (spec.authority is not None and ca.external) or choice.credential.material.origin == "given"
            departs = frozenset(_departures(spec, choice.credential, ca, algorithm, start, fixed=fixed))
            entries[spec.name] = _reuse(choice.credential, whole=whole, departs=departs)
            if choice.credential.private_key and choice.credential.chain:
                maker.authorities[spec.name] = Authority(choice.credential.chain[0], choice.credential.private_key)
        elif isinstance(spec, KeyPairSpec):
            entries[spec.name] = maker.key_pair()
        elif spec.authority is None:
            entries[spec.name] = maker.authority(spec)
        else:
            entries[spec.name] = maker.leaf(spec)
    return Keyring(entries, tuple(_note(spec, choices[spec.name], algorithm) for spec in specs))


def _in_order(specs: Sequence[Spec]) -> list[Spec]:
    """CAs, leaves, key pairs."""
    return sorted(specs, key=lambda spec: 2 if isinstance(spec, KeyPairSpec) else spec.authority is not None)


def _choose(specs: Sequence[Spec], materials: Sequence[Material], start: datetime) -> dict[str, Choice]:
    """A choice for every spec. MaterialError with all errors, and with all that external CAs have to sign."""
    choices: dict[str, Choice] = {}
    errors: list[str] = []
    for spec in _in_order(specs):
        if spec.authority is not None and spec.authority not in choices:
            continue  # its CA is an error already
        try:
            if isinstance(spec, KeyPairSpec):
                choices[spec.name] = choose_key_pair(spec, choices[spec.authority], materials)
            elif spec.authority is None:
                choices[spec.name] = choose_authority(spec, materials, start)
            else:
                choices[spec.name] = choose_leaf(spec, choices[spec.authority], materials, start)
        except MaterialError as error:
            errors.append(str(error))
    errors += _demands(specs, choices)
    if errors:
        raise MaterialError("\n".join(errors))
    return choices


def _demands(specs: Sequence[Spec], choices: Mapping[str, Choice]) -> Iterator[str]:
    """For each external CA, what it has to sign and did not."""
    for name, ca in choices.items():
        demands = [choices[s.name].demand for s in specs if s.authority == name and s.name in choices]
        if ca.credential and any(demands):
            path = ca.credential.material.path
            yield f"{path(f'{name}.crt')} is there without {path(f'{name}.key')}: an external CA. It has to supply:"
            yield from filter(None, demands)


def _departures(
    spec: Spec, found: Credential, ca: Choice, algorithm: Algorithm, start: datetime, *, fixed: bool
) -> Iterator[Part]:
    """In what a credential is not as it would be made: in all, if someone else made it or if it cannot be told."""
    key = found.chain[0].key if found.chain else found.private_key and key_name(found.private_key)
    if ca.external or key != algorithm.value:
        yield "key"
    if isinstance(spec, CertificateSpec) and not (found.chain and ca.credential and not ca.external):
        yield "validity"
    elif isinstance(spec, CertificateSpec) and ca.credential:
        moment = _moment(spec, found.chain[0], ca.credential.chain[0])
        if moment is None or moment > start + _SECOND or (fixed and moment < start - _SECOND):
            yield "validity"


def _moment(spec: CertificateSpec, certificate: Certificate, ca: Certificate) -> datetime | None:
    """When this certificate would have been made for this period; None if that cannot be."""
    try:
        moment = certificate.not_after - spec.period
        begin = ca.not_before if spec.not_before == "authority" else moment - BACKDATE
    except OverflowError:
        return None
    if abs(certificate.not_before - begin) > _SECOND or moment < ca.not_before:
        return None
    return moment


def _reuse(found: Credential, *, whole: bool, departs: frozenset[Part]) -> _Entry:
    public = found.public_key
    if not found.chain and found.private_key and not found.kubeconfig:
        public = public or encode_public_key(found.private_key)
    kubeconfig = found.kubeconfig.content if found.kubeconfig and whole else None
    return _Entry(found.certificate, found.key, public, kubeconfig, departs)


def _note(spec: Spec, choice: Choice, algorithm: Algorithm) -> Note:
    if choice.credential is None:
        return Note(spec.name, "re-issued" if choice.reason else "new", choice.reason)
    remarks = [choice.reason] if choice.reason else []
    key = choice.credential.private_key
    if key and key_name(key) != algorithm.value:
        remarks.append(f"its key is {key_name(key)}, not {algorithm.value}")
    return Note(spec.name, "reused", "; ".join(remarks), choice.warning)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes new entries: the arguments of one run."""

    algorithm: Algorithm
    keys: KeySource
    start: datetime
    serials: Callable[[], int]
    ski: SubjectKeyIdMethod
    authorities: dict[str, Authority] = field(default_factory=dict, repr=False)
    """The CAs that can sign, by name."""

    def authority(self, spec: CertificateSpec) -> _Entry:
        key = self.keys.take(self.algorithm)
        certificate = self_sign(
            spec.profile,
            key,
            serial=self.serials(),
            not_before=self.start - BACKDATE,
            not_after=self._end(spec),
            ski=self.ski,
        )
        self.authorities[spec.name] = Authority(load_certificates(certificate, spec.name)[0], key)
        return _Entry(certificate, encode_private_key(key))

    def leaf(self, spec: CertificateSpec) -> _Entry:
        key = self.keys.take(self.algorithm)
        authority = self.authorities[spec.authority or ""]
        issued = authority.issue(
            spec.profile,
            key,
            serial=self.serials(),
            not_before=authority.certificate.not_before if spec.not_before == "authority" else self.start - BACKDATE,
            not_after=self._end(spec),
        )
        return _Entry(issued, encode_private_key(key))

    def _end(self, spec: CertificateSpec) -> datetime:
        """kubeadm makes certificates that are over before they begin; nobody wants one."""
        if spec.period <= timedelta(0):
            raise MaterialError(f"{spec.name}: would never be valid with a validity period of {spec.period}")
        return self.start + spec.period

    def key_pair(self) -> _Entry:
        key = self.keys.take(self.algorithm)
        return _Entry(b"", encode_private_key(key), encode_public_key(key))
