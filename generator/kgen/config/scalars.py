# SPDX-License-Identifier: Apache-2.0
"""The scalars that Go's Kubernetes types read and print in their own way: durations, times, quantities.

Facts: Go's time package; metav1.Duration, metav1.Time and resource.Quantity of k8s.io/apimachinery.
Python floats stand for Go's float64; both follow IEEE 754, so the same steps give the same digits.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal

_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_TERM = re.compile(r"(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?([^0-9.]+)")
_INT64 = 1 << 63


def parse_int(text: str) -> int:
    """The decimal number of a text; ValueError if it is none, or none of 64 bits (Go's strconv.Atoi)."""
    match = re.fullmatch(r"([+-]?)0*([0-9]{1,19})", text, re.ASCII)
    number = int(match[1] + match[2]) if match else _INT64
    if not -_INT64 <= number < _INT64:
        raise ValueError(f"{text!r} is no whole number")
    return number


def parse_duration(text: str) -> int:
    """A duration as Go's time.ParseDuration reads it, in nanoseconds; ValueError if it is none."""
    unsigned = text[1:] if text[:1] in ("-", "+") else text
    if unsigned == "0":
        return 0
    if not unsigned:
        raise ValueError("not a duration")
    total, position = 0, 0
    while position < len(unsigned):
        term = _TERM.match(unsigned, position)
        if not term or term[3] not in _UNITS:
            raise ValueError("not a duration")
        unit = _UNITS[term[3]]
        total += int(term[1] or 0) * unit + _fraction(term[2] or "", unit)
        position = term.end()
    if total > _INT64 - (text[0] != "-"):
        raise ValueError("too long a duration")
    return -total if text[0] == "-" else total


def _fraction(digits: str, unit: int) -> int:
    """The digits after the point as a share of the unit, in Go's own steps: they decide the last digit."""
    value, scale = 0, 1.0
    for digit in digits:
        longer = value * 10 + int(digit)
        if longer >= _INT64:
            break
        value, scale = longer, scale * 10
    return int(float(value) * (float(unit) / scale))


def format_duration(nanoseconds: int) -> str:
    """A duration as Go's Duration.String prints it: `1m30s`, `1h0m0s`, `1.5ms`, `0s`."""
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if rest == 0:
        return "0s"
    for unit in ("ns", "µs", "ms"):
        if rest < _UNITS[unit] * 1000:
            return f"{sign}{_decimal(rest, _UNITS[unit])}{unit}"
    minutes, rest = divmod(rest, _UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(rest, _UNITS['s'])}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{text}"
    return f"{sign}{minutes}m{text}" if minutes else sign + text


def _decimal(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    return f"{whole}.{rest:0{len(str(unit)) - 1}d}".rstrip("0") if rest else str(whole)


# Go's parser takes a one-digit hour and a comma before the fraction.
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d?\d:\d\d:\d\d)(?:[.,]\d+)?(?:Z|([-+])(\d\d):(\d\d))", re.ASCII)
_ZERO_TIME = datetime(1, 1, 1)  # noqa: DTZ001 - all of this is UTC


def canonical_time(text: str) -> str | None:
    """A time as metav1.Time reads and prints it: UTC, whole seconds, None for Go's zero time.

    Raises ValueError if it is no RFC 3339 time.
    """
    match = _TIME.fullmatch(text)
    if not match:
        raise ValueError("not an RFC 3339 time")
    hours, minutes = int(match[4] or 0), int(match[5] or 0)
    if hours > 24 or minutes > 60:
        raise ValueError("no such time zone")
    offset = timedelta(hours=hours, minutes=minutes)
    moment = datetime.strptime(f"{match[1]}T{match[2]}", "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007
    try:
        moment = moment + offset if match[3] == "-" else moment - offset
    except OverflowError as error:
        raise ValueError("year out of range") from error
    return None if moment == _ZERO_TIME else f"{moment.isoformat()}Z"


_QUANTITY = re.compile(r"([-+]?)(?=\.?[0-9])0*([0-9]*)(\.[0-9]*)?([numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?")
_DECIMAL_SUFFIXES = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY_SUFFIXES = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_NAMES = {exponent: suffix for suffix, exponent in _DECIMAL_SUFFIXES.items()}
_BINARY_NAMES = {exponent: suffix for suffix, exponent in _BINARY_SUFFIXES.items()}
_FAST_DIGITS = 18
_NANO = -9


def canonical_quantity(text: str) -> str:
    """A quantity as resource.Quantity reads and prints it: `1024Ki` is `1Mi`, `0.5` is `500m`.

    Go keeps a text that it deems canonical as it stands (`+5`, `1.500`), so this does too.
    Raises ValueError if it is no quantity, or has no digit at all, which Go takes for zero in places.
    """
    text = text.strip(" \x85\xa0")  # Go trims the JSON text, where other white space is an escape
    match = _QUANTITY.fullmatch(text)
    if not match:
        raise ValueError("not a quantity")
    whole, fraction, suffix = match[2] or "0", (match[3] or "")[1:], match[4] or ""
    digits = whole + fraction
    sign = -1 if match[1] == "-" else 1
    if suffix in _BINARY_SUFFIXES:
        return _binary(text, sign, whole, fraction, _BINARY_SUFFIXES[suffix])
    exponential = suffix not in _DECIMAL_SUFFIXES
    exponent = (int(suffix[1:]) if exponential else _DECIMAL_SUFFIXES[suffix]) - len(fraction)
    if len(digits) <= _FAST_DIGITS and exponent >= _NANO:
        if exponent % 3 == 0 and not digits.endswith("000") and digits[0] != "0":
            return text
        return _print_decimal(sign * int(digits), exponent, exponential)
    return _print_decimal(*_at_least_nano(sign, digits, exponent), exponential)


def _at_least_nano(sign: int, digits: str, exponent: int) -> tuple[int, int]:
    """Nothing is finer than a billionth: the rest is rounded away from zero."""
    if exponent >= _NANO:
        return sign * int(digits), exponent
    cut = _NANO - exponent
    kept = int(digits[:-cut] or "0")
    return sign * (kept + bool(digits[-cut:].strip("0"))), _NANO


def _binary(text: str, sign: int, whole: str, fraction: str, power: int) -> str:
    if not fraction and len(whole) <= _FAST_DIGITS - 4 - power * 3 // 10:
        if int(whole) % 8:
            return text
        return _print_binary(sign * int(whole) << power)
    # As 10^-n times a whole number; 2^power makes it no longer.
    scaled = str(int(whole + fraction) << power)
    number, exponent = _at_least_nano(sign, scaled.rjust(len(fraction) + 1, "0"), -len(fraction))
    unit = 10**-exponent
    if abs(number) > (_INT64 - 1) * unit:
        number, unit = sign * (_INT64 - 1), 1
    whole_number, rest = divmod(number, unit)
    return _print_decimal(number, exponent, False) if rest else _print_binary(whole_number)


def _print_binary(number: int) -> str:
    if abs(number) < 1024:
        return _print_decimal(number, 0, False)
    power = 0
    while number % 1024 == 0:
        number, power = number // 1024, power + 10
    return f"{number}{_BINARY_NAMES.get(power, '')}"


def _print_decimal(number: int, exponent: int, exponential: bool) -> str:
    if number == 0:
        return "0"
    while number % 10 == 0:
        number, exponent = number // 10, exponent + 1
    number, exponent = number * 10 ** (exponent % 3), exponent - exponent % 3
    if exponential:
        return f"{number}e{exponent}" if exponent else str(number)
    return f"{number}{_DECIMAL_NAMES.get(exponent, '')}"


def number_text(number: float) -> str:
    """A JSON number as Go's encoding/json prints it: no exponent from 1e-6 up to 1e21."""
    if isinstance(number, int):
        return str(number)
    if number and not 1e-6 <= abs(number) < 1e21:
        mantissa, _, exponent = repr(number).partition("e")
        return f"{mantissa}e{int(exponent):+d}"
    return f"{Decimal(repr(number)):f}".removesuffix(".0")
