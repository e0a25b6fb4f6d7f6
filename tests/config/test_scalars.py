# SPDX-License-Identifier: Apache-2.0
"""kgen.config.scalars; the expected texts are Go's (`gotypes roundtrip`, tools/gotypes)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgen.config.scalars import (
    canonical_quantity,
    canonical_time,
    format_duration,
    number_text,
    parse_duration,
    parse_int,
)

HOUR = 3600 * 10**9


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", "0s"),
        ("-0", "0s"),
        ("90s", "1m30s"),
        ("1h", "1h0m0s"),
        ("8760h", "8760h0m0s"),
        ("1.5h", "1h30m0s"),
        (".5m", "30s"),
        ("5.s", "5s"),
        ("-5m", "-5m0s"),
        ("+5m", "5m0s"),
        ("100ms", "100ms"),
        ("1.25us", "1.25µs"),
        ("3µs", "3µs"),
        ("3μs", "3µs"),
        ("1ns", "1ns"),
        ("1h1h1ms", "2h0m0.001s"),
        ("12h59m59.999999999s", "12h59m59.999999999s"),
        ("0.3333333333333333333333333h", "20m0s"),
        ("2562047h47m16.854775807s", "2562047h47m16.854775807s"),
        ("-2562047h47m16.854775808s", "-2562047h47m16.854775808s"),
    ],
)
def test_durations(text: str, expected: str) -> None:
    """Durations are read and printed as Go's time package does."""
    assert format_duration(parse_duration(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "5",
        "1d",
        "1 h",
        "h",
        ".s",
        "1h ",
        "1m\n",
        "1.2.3s",
        "--1h",
        "\uff12h",
        "2562048h",
        "9223372036854775808ns",
    ],
)
def test_no_durations(text: str) -> None:
    """Anything that Go would not read is a ValueError."""
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@given(st.integers(-(2**63), 2**63 - 1))
def test_durations_survive(nanoseconds: int) -> None:
    """What is printed is read as the same number of nanoseconds."""
    assert parse_duration(format_duration(nanoseconds)) == nanoseconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2030-01-31T12:00:00Z", "2030-01-31T12:00:00Z"),
        ("2030-01-31T12:00:00.987+02:00", "2030-01-31T10:00:00Z"),
        ("2030-01-31T1:00:00-23:59", "2030-02-01T00:59:00Z"),
        ("0001-01-01T00:00:00Z", None),
    ],
)
def test_times(text: str, expected: str | None) -> None:
    """Times become UTC without fractions; Go's zero time becomes null."""
    assert canonical_time(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2030-01-31",
        "2030-02-30T12:00:00Z",
        "2030-01-31t12:00:00z",
        "2030-01-31T24:00:00Z",
        "2030-01-31T12:00:00+25:00",
    ],
)
def test_no_times(text: str) -> None:
    """Anything that Go would not read is a ValueError."""
    with pytest.raises(ValueError):
        canonical_time(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", "0"),
        ("1", "1"),
        ("1.5", "1500m"),
        ("0.5", "500m"),
        (" 500m ", "500m"),
        ("1000", "1k"),
        ("100000", "100k"),
        ("1024Ki", "1Mi"),
        ("1Ki", "1Ki"),
        ("1.5Gi", "1536Mi"),
        ("1.1Ki", "1126400m"),
        ("0.0005Ki", "512m"),
        ("8", "8"),
        ("1e3", "1e3"),
        ("1000e3", "1e6"),
        ("+5", "+5"),
        ("0005", "0005"),
        ("1.500", "1.500"),
        ("5.", "5."),
        ("0.1n", "1n"),
        ("-0.1n", "-1n"),
        ("1e-12", "1e-9"),
        ("100E", "100E"),
        ("1000E", "1"),
        ("1000Ei", "9223372036854775807"),
        ("123456789012345678901", "123456789012345678901"),
    ],
)
def test_quantities(text: str, expected: str) -> None:
    """Quantities are printed as resource.Quantity does, its oddities included."""
    assert canonical_quantity(text) == expected


@pytest.mark.parametrize("text", ["", " ", "x", "1KB", "1 Gi", "1.2.3", "1e", "Gi1", "1m\n", "Gi", "+"])
def test_no_quantities(text: str) -> None:
    """Anything that Go would not read, and what has no digit, is a ValueError."""
    with pytest.raises(ValueError, match="quantity"):
        canonical_quantity(text)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (7, "7"),
        (1.0, "1"),
        (1.5, "1.5"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
    ],
)
def test_numbers(number: float, expected: str) -> None:
    """Numbers get an exponent where encoding/json gives them one."""
    assert number_text(number) == expected


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("24", 24),
        ("+024", 24),
        ("-1", -1),
        ("0" * 5000 + "8", 8),
        ("9223372036854775807", (1 << 63) - 1),
        ("-9223372036854775808", -(1 << 63)),
        *((text, None) for text in ("", "+", "1_0", "0x1", "1.0", " 1", "9223372036854775808", "9" * 5000, "٣")),
    ],
)
def test_whole_numbers(text: str, number: int | None) -> None:
    """As strconv.Atoi reads them, however many digits there are."""
    if number is None:
        with pytest.raises(ValueError, match="is no whole number"):
            parse_int(text)
    else:
        assert parse_int(text) == number
