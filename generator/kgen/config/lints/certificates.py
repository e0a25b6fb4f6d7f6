# SPDX-License-Identifier: Apache-2.0
"""Lints: how long certificates live, beyond what kubeadm itself warns about (config/rules/cluster.py)."""

from __future__ import annotations

from collections.abc import Iterator

from kgen.config.lints.lint import Finding, Lint
from kgen.config.lints.subject import Subject
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


LINTS: tuple[Lint, ...] = (
    Lint(
        "short-certificates",
        "warning",
        "certificates that expire within a day",
        "The cluster stops before anybody renews them.",
        "at least some weeks",
        short_lived,
    ),
    Lint(
        "short-ca",
        "warning",
        "a CA that expires before renewed certificates do",
        "Renewing certificates does not help when their CA is gone.",
        "a CA that lives at least twice as long as the certificates",
        ca_without_renewal,
    ),
)
