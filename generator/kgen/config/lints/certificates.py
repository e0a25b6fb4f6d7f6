# SPDX-License-Identifier: Apache-2.0
"""Lints: how long certificates live, beyond what kubeadm itself warns about (config/rules/cluster.py)."""

from __future__ import annotations

from collections.abc import Iterator

from kgen.config.lints.subject import Finding, Subject
from kgen.config.rules.fields import Field
from kgen.config.scalars import parse_duration

_DAY = parse_duration("24h")


def length(field: Field) -> int | None:
    """Nanoseconds of a duration, None if it is none."""
    try:
        return parse_duration(field.text)
    except ValueError:
        return None


def short_lived(subject: Subject) -> Iterator[Finding]:
    """Certificates that expire within a day."""
    for name in ("certificateValidityPeriod", "caCertificateValidityPeriod"):
        period = subject.configuration[name]
        nanoseconds = length(period)
        if nanoseconds is not None and 0 < nanoseconds < _DAY:
            yield Finding(period, f"certificates expire after {period.text}")


def ca_without_renewal(subject: Subject) -> Iterator[Finding]:
    """A CA that does not live long enough for certificates to be renewed once."""
    leaf, ca = (length(subject.configuration[n]) for n in ("certificateValidityPeriod", "caCertificateValidityPeriod"))
    if leaf and ca and leaf <= ca < 2 * leaf:
        field = subject.configuration["caCertificateValidityPeriod"]
        what = "the CA expires before the certificates that replace the first ones"
        yield Finding(field, what)
