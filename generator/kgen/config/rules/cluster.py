# SPDX-License-Identifier: Apache-2.0
"""Rules for a ClusterConfiguration (apis/kubeadm/validation/validation.go ValidateClusterConfiguration)."""

from __future__ import annotations

from collections.abc import Iterator

from kgen.config import net, url
from kgen.config.rules.fields import Field
from kgen.config.rules.networking import networking
from kgen.config.rules.values import absolute_path, better_endpoint, extra_args, image_repository, names
from kgen.config.scalars import parse_duration
from kgen.errors import Problem
from kgen.releases import Release

ENCRYPTION_ALGORITHMS = ("ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096")
RECOMMENDED_VALIDITY = parse_duration("8760h")
RECOMMENDED_CA_VALIDITY = parse_duration("87600h")


def cluster_configuration(field: Field, release: Release) -> Iterator[Problem]:
    """All rules for a ClusterConfiguration, in the order in which kubeadm has them."""
    if field["dns"]["imageRepository"].text:
        yield from image_repository(field["dns"]["imageRepository"])
    yield from networking(field["networking"], field["controllerManager"]["extraArgs"])
    yield from names(field["apiServer"]["certSANs"])
    for component in ("apiServer", "controllerManager", "scheduler"):
        yield from extra_args(field[component]["extraArgs"])
    yield from absolute_path(field["certificatesDir"])
    yield from _feature_gates(field["featureGates"], release)
    yield from _endpoint(field["controlPlaneEndpoint"])
    yield from image_repository(field["imageRepository"])
    yield from _etcd(field["etcd"], release)
    yield from _encryption_algorithm(field["encryptionAlgorithm"])
    yield from _validity(field)


def _feature_gates(field: Field, release: Release) -> Iterator[Problem]:
    for name in field.value if isinstance(field.value, dict) else ():
        if name not in release.gates:
            what = f"{name!r} is not a feature gate of kubeadm {release.minor}"
            instead = f"one of {', '.join(sorted(release.gates))}; a gate of a component goes to its extraArgs, "
            instead += "of the kubelet to a KubeletConfiguration"
            yield field[name].problem("feature-gate", what, instead, key=True)


def _endpoint(field: Field) -> Iterator[Problem]:
    if not field.text:
        return
    try:
        net.parse_host_port(field.text)
    except ValueError as error:
        yield field.problem(
            "endpoint", f"{field.text!r} is not host or host:port: {error}", better_endpoint(field.text)
        )


def _etcd(field: Field, release: Release) -> Iterator[Problem]:
    local, external = field["local"], field["external"]
    if local.given and external.given:
        yield field.problem("etcd", "local and external are both set", "one of them")
    elif local.given:
        yield from absolute_path(local["dataDir"])
        yield from names(local["serverCertSANs"])
        yield from names(local["peerCertSANs"])
        if local["imageRepository"].text:
            yield from image_repository(local["imageRepository"])
        yield from extra_args(local["extraArgs"])
    elif external.given:
        yield from _external_etcd(external, release)
    else:
        yield field.problem("etcd", "neither local nor external is set", "one of them")


def _external_etcd(field: Field, release: Release) -> Iterator[Problem]:
    files = [field["caFile"], field["certFile"], field["keyFile"]]
    ca, certificate, key = (file.text for file in files)
    if bool(certificate) != bool(key):
        missing = "keyFile" if certificate else "certFile"
        yield field.problem("etcd-client-certificate", f"{missing} is missing", "certFile and keyFile, or neither")
    if certificate and key and not ca:
        yield field.problem("etcd-client-certificate", "caFile is missing", "caFile with certFile and keyFile")
    endpoints, http_endpoints = field["endpoints"], field["httpEndpoints"]
    if not endpoints.texts and release.has("external-etcd-endpoints-required"):
        yield endpoints.problem("etcd-endpoints", "there is no endpoint", "e.g. https://192.0.2.21:2379")
    yield from _urls(endpoints, https=bool(ca or certificate or key))
    if release.has("external-etcd-http-endpoints") and http_endpoints.texts != endpoints.texts:
        yield from _urls(http_endpoints, https=False)
    for file in files:
        if file.text:
            yield from absolute_path(file)


def _urls(field: Field, https: bool) -> Iterator[Problem]:
    """URLs of etcd. They may hold a password and are not quoted."""
    instead = "https://host:port" if https else "https://host:port or http://host:port"
    for item in field:
        try:
            scheme = url.scheme(item.text)
        except ValueError as error:
            yield item.problem("etcd-endpoints", f"the value is not a URL: {error}", instead)
            continue
        if https and scheme != "https":
            what = "the URL is not an https one, although certificates are given"
            yield item.problem("etcd-endpoints", what, instead)
        elif not scheme:
            yield item.problem("etcd-endpoints", "the URL has no scheme", instead)


def _encryption_algorithm(field: Field) -> Iterator[Problem]:
    if field.text not in ENCRYPTION_ALGORITHMS:
        what = f"{field.text!r} is not an encryption algorithm"
        yield field.problem("encryption-algorithm", what, "one of " + ", ".join(ENCRYPTION_ALGORITHMS))


def _validity(field: Field) -> Iterator[Problem]:
    leaf, ca = field["certificateValidityPeriod"], field["caCertificateValidityPeriod"]
    leaf_length, ca_length = _length(leaf.text), _length(ca.text)
    for period, length in ((leaf, leaf_length), (ca, ca_length)):
        if period.text and length <= 0:
            yield period.problem("validity", f"certificates for {period.text} would never be valid", "e.g. 8760h")
    if leaf_length > RECOMMENDED_VALIDITY:
        yield leaf.problem("validity", f"{leaf.text} is longer than a year", "at most 8760h", level="warning")
    if ca_length > RECOMMENDED_CA_VALIDITY:
        yield ca.problem("validity", f"{ca.text} is longer than ten years", "at most 87600h", level="warning")
    if leaf.text and ca.text and leaf_length > ca_length:
        what = f"certificates for {leaf.text} outlive the CA with its {ca.text}"
        yield leaf.problem("validity", what, f"at most {ca.text}", level="warning")


def _length(duration: str) -> int:
    """Nanoseconds of a duration, 0 for what is none: the schema refuses that."""
    try:
        return parse_duration(duration)
    except ValueError:
        return 0
