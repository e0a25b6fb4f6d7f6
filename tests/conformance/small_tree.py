# SPDX-License-Identifier: Apache-2.0
"""A small cluster with real certificates, for the tests of the comparison itself."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from kgen.tree import File, Node, Object, Tree

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PKI = "/etc/kubernetes/pki"

KUBECONFIG = """\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {ca}
    server: https://192.0.2.10:6443
  name: kubernetes
kind: Config
users:
- name: kubernetes-admin
  user:
    client-certificate-data: {certificate}
    client-key-data: {key}
"""


def encode(content: bytes) -> str:
    """Base64 as in a kubeconfig."""
    return base64.b64encode(content).decode()


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The key as kubeadm writes it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    authority: tuple[str, ec.EllipticCurvePrivateKey],
    sans: tuple[str, ...] = (),
    lifetime: timedelta = timedelta(days=365),
) -> bytes:
    """A certificate in PEM; `authority` is the name and key of the signer."""
    issuer, signer = authority
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(12345)
        .not_valid_before(START - timedelta(minutes=5))
        .not_valid_after(START + lifetime)
        .add_extension(x509.BasicConstraints(name == issuer, None), critical=True)
    )
    if name == issuer:
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    if sans:
        names = [x509.DNSName(each) for each in sans]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer, SHA256()).public_bytes(Encoding.PEM)


@cache
def keys() -> tuple[ec.EllipticCurvePrivateKey, ec.EllipticCurvePrivateKey]:
    """The CA's key and the key of everybody else."""
    return ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())


@cache
def ca() -> bytes:
    """The CA's certificate."""
    return certificate("kubernetes", keys()[0], ("kubernetes", keys()[0]))


@cache
def leaf(*sans: str, lifetime: timedelta = timedelta(days=365)) -> bytes:
    """A certificate signed by the CA."""
    return certificate("kube-apiserver", keys()[1], ("kubernetes", keys()[0]), sans, lifetime)


def file(target: str, content: bytes, mode: int) -> File:
    """A file of the first node."""
    return File(target[1:], "cp-1", target, content, mode, "phase", "topic")


def thing(kind: str, namespace: str, name: str, text: str, verb: str = "create") -> Object:
    """An object of the tree."""
    content = text.encode()
    created = Object(f"{kind}-{name}.yaml", "v1", kind, namespace, name, "create", content, "phase", "topic")
    return created if verb == "create" else replace(created, verb="patch")


def token(expiration: datetime) -> Object:
    """The Secret of a bootstrap token."""
    data = {"expiration": f"{expiration:%Y-%m-%dT%H:%M:%SZ}", "token-id": "abcdef", "token-secret": "0123456789abcdef"}
    lines = "".join(f"  {name}: {encode(value.encode())}\n" for name, value in data.items())
    return thing("Secret", "kube-system", "bootstrap-token-abcdef", f"data:\n{lines}kind: Secret\n")


NODE_PATCH = """\
metadata:
  labels:
    node-role.kubernetes.io/control-plane: ""
  name: cp-1
spec:
  taints:
  - effect: NoSchedule
    key: node-role.kubernetes.io/control-plane
"""


def small_tree() -> Tree:
    """A tree with one of each that the comparison treats in its own way."""
    pem, key = key_pem(keys()[0]), key_pem(keys()[1])
    apiserver = leaf("cp-1", "kubernetes")
    kubeconfig = KUBECONFIG.format(ca=encode(ca()), certificate=encode(apiserver), key=encode(key))
    uploaded = f"data:\n  ca.crt: {encode(bytes(40))}\n  external-etcd.crt: null\nkind: Secret\n"
    return Tree(
        "v1.99.1",
        "kubernetes",
        (Node("cp-1", "init", "192.0.2.10", "."), Node("w-1", "worker", "192.0.2.11", "nodes/w-1")),
        (
            file(f"{PKI}/ca.crt", ca(), 0o644),
            file(f"{PKI}/ca.key", pem, 0o600),
            file(f"{PKI}/apiserver.crt", apiserver, 0o644),
            file(f"{PKI}/apiserver.key", key, 0o600),
            file("/etc/kubernetes/admin.conf", kubeconfig.encode(), 0o600),
            file("/etc/kubernetes/manifests/etcd.yaml", b"kind: Pod\n", 0o600),
            file("/usr/lib/systemd/system/kubelet.service", b"[Unit]\n", 0o644),
            replace(file("/etc/other", b"of another node\n", 0o644), node="w-1"),
            thing("ClusterRoleBinding", "", "kubeadm:cluster-admins", "kind: ClusterRoleBinding\n"),
            thing("ConfigMap", "kube-system", "kubeadm-config", "data: {}\n"),
            thing("Secret", "kube-system", "kubeadm-certs", uploaded),
            thing("Node", "", "cp-1", NODE_PATCH, "patch"),
            token(START + timedelta(hours=2)),
            thing("ConfigMap", "kube-public", "cluster-info", f"data: {encode(ca())}\n"),
        ),
    )
