# SPDX-License-Identifier: Apache-2.0
"""Whether what exists fits what is needed: pure decisions.

kubeadm's own checks (cmd/phases/init/certs.go, phases/certs/certs.go, phases/kubeconfig/kubeconfig.go) are: the chain,
which for Go includes the periods; that files can be read; that a kubeconfig trusts the CA. kgen adds that the key
belongs to the certificate, subject, SANs and usages, at the time when they can still be put right. How closely it looks
depends on whose certificate it is:

                          earlier tree    given, or the CA is external
    SANs, usages          the same        at least
    subject of clients    the same        a warning
    subject of servers    the same        any: nothing reads it

What does not fit in an earlier tree is made anew. What is given is taken as it is or refused, never replaced, as in
kubeadm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from kgen.errors import MaterialError
from kgen.material import Credential, Material, read_key_pair, read_kubeconfig, read_pair
from kgen.needs import CertificateSpec, KeyPairSpec
from kgen.pki import Certificate, Profile


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be reused, or else made."""

    credential: Credential | None = None
    """What is reused; None if it is to be made."""
    reason: str = ""
    """Why what was there is not taken, or a remark on what is. Empty: nothing was there, or nothing to say."""
    warning: str = ""
    """Of what is given and taken: how it is not what kubeadm would have made, with the file."""
    demand: str = ""
    """Only the user can make it: what must be supplied, for people."""

    @property
    def external(self) -> bool:
        """Of a CA: its key is elsewhere."""
        return self.credential is not None and self.credential.key is None


def choose_authority(spec: CertificateSpec, materials: Sequence[Material], start: datetime) -> Choice:
    """The CA of the first source that has a file of it, whatever its subject and type of key.

    MaterialError if that one cannot be used: a CA is never replaced behind its owner's back. An expired one is an
    error because nothing would trust what it signs.
    """
    for material in materials:
        found = read_pair(material, spec.name)
        if found is None:
            continue
        certificate, key = material.path(f"{spec.name}.crt"), material.path(f"{spec.name}.key")
        if not found.chain:
            raise MaterialError(f"{key}: is there without {certificate}")
        if not found.chain[0].is_ca:
            raise MaterialError(f"{certificate}: is not the certificate of a CA")
        if outside := _outside(found.chain[0], start):
            raise MaterialError(
                f"{certificate}: {outside}, so nothing it signs is trusted; "
                "renew it, or remove it and its key to have a new CA made"
            )
        if found.private_key and not found.chain[0].has_key(found.private_key):
            raise MaterialError(f"{key}: is not the key of {certificate}")
        return Choice(found)
    return Choice()


def choose_leaf(spec: CertificateSpec, ca: Choice, materials: Sequence[Material], start: datetime) -> Choice:
    """The first certificate that fits. Without one, the reason is why the first candidate does not fit.

    MaterialError if a file cannot be read, or if a given certificate does not fit (a demand, if the CA is external).
    """
    passed_over = ""
    for material in materials:
        found = (read_kubeconfig if spec.kind == "kubeconfig" else read_pair)(material, spec.name)
        if found is None:
            continue
        faults = "; ".join(_faults(spec, found, ca, start))
        if not faults:
            remarks = "; ".join(_remarks(spec, found, ca))
            return Choice(found, remarks, _given(found, spec, remarks))
        passed_over = passed_over or faults
        if material.origin == "given":
            if not ca.external:
                raise MaterialError(_refusal(spec, material, faults))
            break
    return Choice(None, passed_over, demand=_demand(spec, passed_over) if ca.external else "")


def choose_key_pair(spec: KeyPairSpec, ca: Choice, materials: Sequence[Material]) -> Choice:
    """The first pair of which there is the private key.

    MaterialError as in read_key_pair, or if a given public key is alone: kubeadm overwrites it.
    """
    orphan = False
    for material in materials:
        found = read_key_pair(material, spec.name)
        if found:
            return Choice(found, "" if found.public_key else f"{spec.name}.pub is derived from {spec.name}.key")
        if f"{spec.name}.pub" in material.files:
            orphan = True
            if material.origin == "given" and not ca.external:
                private, public = (material.path(f"{spec.name}.{end}") for end in ("key", "pub"))
                raise MaterialError(
                    f"{public}: is there without {private}; supply it, or remove both to have them made"
                )
    demand = f"  {spec.name}.key and {spec.name}.pub: the key pair that signs the tokens of service accounts"
    return Choice(None, f"{spec.name}.key is missing" if orphan else "", demand=demand if ca.external else "")


def _faults(spec: CertificateSpec, found: Credential, ca: Choice, start: datetime) -> Iterator[str]:
    """Why the credential cannot be used."""
    if _kept_unseen(found, ca):
        yield from _distrust(spec, found, ca)
        return
    if not found.chain or found.private_key is None:
        yield "the certificate is missing" if not found.chain else "the key is missing"
        return
    certificate = found.chain[0]
    if not certificate.has_key(found.private_key):
        yield "the key is not that of the certificate"
    intermediates = tuple(middle for middle in found.chain[1:] if not _outside(middle, start))
    if ca.credential is None or not certificate.chains_to(ca.credential.chain[0], intermediates):
        yield f"it is not signed by {spec.authority}"
    yield from _distrust(spec, found, ca)
    if outside := _outside(certificate, start):
        yield outside
    yield from _missing(spec.profile, certificate)
    if _exact(found, ca):
        yield from _surplus(spec.profile, certificate)
        if certificate.subject != spec.profile.subject:
            yield _other_subject(spec, certificate)


def _remarks(spec: CertificateSpec, found: Credential, ca: Choice) -> Iterator[str]:
    """What the user should know about a credential that is reused."""
    if found.chain and "server" not in spec.profile.usages and found.chain[0].subject != spec.profile.subject:
        yield _other_subject(spec, found.chain[0])
    if found.kubeconfig and bool(found.chain) != bool(found.private_key):
        yield "it embeds only one of client certificate and key"
    if found.kubeconfig and spec.server and found.kubeconfig.server != spec.server and not _exact(found, ca):
        yield f"its server is {found.kubeconfig.server}, not {spec.server}"


def _given(found: Credential, spec: CertificateSpec, remarks: str) -> str:
    """The remarks about what a user gave, with its file."""
    name = spec.name if spec.kind == "kubeconfig" else f"{spec.name}.crt"
    return f"{found.material.path(name)}: {remarks}" if remarks and found.material.origin == "given" else ""


def _kept_unseen(found: Credential, ca: Choice) -> bool:
    """kubeadm looks at no client certificate in a kubeconfig, which may get its own elsewhere."""
    return found.kubeconfig is not None and not _exact(found, ca) and not (found.chain and found.private_key)


def _exact(found: Credential, ca: Choice) -> bool:
    return found.material.origin == "earlier" and not ca.external


def _distrust(spec: CertificateSpec, found: Credential, ca: Choice) -> Iterator[str]:
    """As kubeadm's validateKubeConfig: the first CA in the kubeconfig is the CA; an external one may be a bundle."""
    if found.kubeconfig and found.kubeconfig.trusts:
        trusted = ca.credential.chain if ca.credential else ()
        if found.kubeconfig.trusts[0] not in (trusted if ca.external else trusted[:1]):
            yield f"it trusts another CA than {spec.authority}"


def _outside(certificate: Certificate, start: datetime) -> str:
    """Why it is not valid at the start; empty if it is."""
    if start > certificate.not_after:
        return f"expired on {certificate.not_after:%Y-%m-%d %H:%M:%S} UTC"
    if start < certificate.not_before:
        return f"is not valid before {certificate.not_before:%Y-%m-%d %H:%M:%S} UTC"
    return ""


def _missing(profile: Profile, certificate: Certificate) -> Iterator[str]:
    names = [name for name in profile.dns_names if not any(_matches(p, name) for p in certificate.dns_names)]
    addresses = [address for address in profile.ip_addresses if address not in certificate.ip_addresses]
    if names or addresses:
        yield f"it does not serve {', '.join([*names, *addresses])}"
    if usages := set(profile.usages) - set(certificate.usages):
        yield f"it may not be used as {' and '.join(sorted(usages))}"


def _surplus(profile: Profile, certificate: Certificate) -> Iterator[str]:
    names = [name for name in certificate.dns_names if name not in profile.dns_names]
    addresses = [address for address in certificate.ip_addresses if address not in profile.ip_addresses]
    if names or addresses:
        yield f"it serves {', '.join([*names, *addresses])}, which nothing asks for any more"
    if usages := set(certificate.usages) - set(profile.usages):
        yield f"it may be used as {' and '.join(sorted(usages))} too"


def _matches(pattern: str, name: str) -> bool:
    """Go's VerifyHostname (crypto/x509/verify.go): case does not matter, `*` stands for the whole first label."""
    pattern, name = pattern.lower(), name.lower()
    if pattern == name:
        return True
    return pattern.startswith("*.") and name.partition(".")[2] == pattern[2:]


def _other_subject(spec: CertificateSpec, certificate: Certificate) -> str:
    return f"its subject is {certificate.subject}, not {spec.profile.subject}"


def _refusal(spec: CertificateSpec, material: Material, faults: str) -> str:
    """What is wrong with a given certificate, and what its giver can do."""
    if spec.kind == "kubeconfig":
        return f"{material.path(spec.name)}: {faults}; supply one that fits, or remove it to have a new one made"
    end = "crt" if f"{spec.name}.crt" in material.files else "key"
    remedy = "supply one that fits, or remove it and its key to have a new one made"
    return f"{material.path(f'{spec.name}.{end}')}: {faults}; {remedy}"


def _demand(spec: CertificateSpec, reason: str) -> str:
    """What the owner of an external CA has to make."""
    files = spec.name if spec.kind == "kubeconfig" else f"{spec.name}.crt and {spec.name}.key"
    profile = spec.profile
    names = [*(f"DNS:{name}" for name in profile.dns_names), *(f"IP:{address}" for address in profile.ip_addresses)]
    lines = [f"  {files}: {reason or 'missing'}", f"    subject {profile.subject}"]
    if names:
        lines.append(f"    SANs    {', '.join(names)}")
    lines.append(f"    usages  {', '.join(profile.usages)}")
    if spec.server:
        lines.append(f"    server  {spec.server}")
    return "\n".join(lines)
