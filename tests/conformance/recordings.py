# SPDX-License-Identifier: Apache-2.0
"""What the real kubeadm did, as kept in recordings/<minor>.json.xz.

A recording holds no key and no certificate, only descriptions of them (see normalise.py). Texts are
kept once each, by their SHA-256, so that cases that differ in one file cost one file.
"""

from __future__ import annotations

import base64
import hashlib
import json
import lzma
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from conformance.normalise import NormalFile, NormalObject, utc
from helpers import read_yaml

HERE = Path(__file__).parent / "recordings"


@dataclass(frozen=True, slots=True)
class Recording:
    """One run of `kubeadm init --dry-run`."""

    case: str
    kubeadm: str
    """Release of the program, `v1.37.2`."""
    rc: int
    error: str
    """The first line of the error message; empty for rc 0."""
    input: str
    """SHA-256 of the configuration and flags that were used."""
    hostname: str
    started: str
    """When kubeadm started, `2026-01-02T03:04:05Z`; empty where it made no CA."""
    warnings: tuple[str, ...]
    """Lines of stderr, without klog's time and place."""
    log: tuple[str, ...]
    """Lines of stdout that are neither content nor about the dry run itself."""
    closing: str
    """The text after the last phase: how to use the cluster, and the join commands."""
    files: tuple[NormalFile, ...]
    objects: tuple[NormalObject, ...]
    """What was created or patched, in order. The text of a patch is empty: the dry run does not print it."""

    @property
    def start(self) -> datetime:
        """The clock to render with."""
        return utc(self.started)

    def __getitem__(self, target: str) -> NormalFile:
        """The file with this target; KeyError if there is none."""
        for file in self.files:
            if file.target == target:
                return file
        raise KeyError(target)

    def tokens(self) -> tuple[dict[str, str], ...]:
        """The bootstrap tokens in order: decoded data of their Secrets, `token-id`, `expiration` and so on."""
        return tuple(secret_data(each.text) for each in self.objects if is_token(each))


def is_token(thing: NormalObject) -> bool:
    """Whether the object is the Secret of a bootstrap token."""
    return thing.kind == "Secret" and thing.name.startswith("bootstrap-token-")


def secret_data(text: str) -> dict[str, str]:
    """The decoded values of a Secret's YAML."""
    return {name: base64.b64decode(value).decode() for name, value in read_yaml(text)["data"].items()}


def digest(text: str) -> str:
    """SHA-256 of a text; lone surrogates stand for bytes that are not UTF-8."""
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def load(minor: str) -> dict[str, Recording]:
    """All recordings of a minor (`1.37`) by case; none where nothing is stored."""
    if not (HERE / f"{minor}.json.xz").exists():
        return {}
    stored = json.loads(lzma.decompress((HERE / f"{minor}.json.xz").read_bytes()))
    texts: dict[str, str] = stored["texts"]
    return {name: _read(name, stored["kubeadm"], entry, texts) for name, entry in stored["cases"].items()}


def store(minor: str, recordings: Mapping[str, Recording]) -> None:
    """Write all recordings of a minor; equal recordings make equal bytes."""
    texts: dict[str, str] = {}
    cases = {name: _write(recording, texts) for name, recording in sorted(recordings.items())}
    (release,) = {recording.kubeadm for recording in recordings.values()}
    stored = {"kubeadm": release, "cases": cases, "texts": dict(sorted(texts.items()))}
    HERE.mkdir(exist_ok=True)
    packed = lzma.compress(json.dumps(stored, separators=(",", ":")).encode(), preset=9 | lzma.PRESET_EXTREME)
    (HERE / f"{minor}.json.xz").write_bytes(packed)


def _write(recording: Recording, texts: dict[str, str]) -> dict[str, Any]:
    def keep(text: str) -> str:
        name = digest(text)[:20]
        texts[name] = text
        return name

    entry = asdict(recording)
    for thing in (*entry["files"], *entry["objects"]):
        thing["text"] = keep(thing["text"])
    for field in ("closing", "log", "warnings"):
        entry[field] = keep(json.dumps(entry[field]))
    del entry["case"], entry["kubeadm"]
    return entry


def _read(case: str, kubeadm: str, entry: dict[str, Any], texts: Mapping[str, str]) -> Recording:
    values = {
        **entry,
        "case": case,
        "kubeadm": kubeadm,
        "closing": json.loads(texts[entry["closing"]]),
        "log": tuple(json.loads(texts[entry["log"]])),
        "warnings": tuple(json.loads(texts[entry["warnings"]])),
        "files": tuple(NormalFile(**{**file, "text": texts[file["text"]]}) for file in entry["files"]),
        "objects": tuple(NormalObject(**{**thing, "text": texts[thing["text"]]}) for thing in entry["objects"]),
    }
    return Recording(**values)


def without_chance(recording: Recording, given: str) -> Recording:
    """The recording with what differs from run to run replaced by markers.

    That is: expiration times, and tokens and certificate keys that are not in the input `given`.
    """
    replacements: dict[str, str] = {}
    for number, token in enumerate(recording.tokens()):
        for part in ("token-id", "token-secret"):
            if token[part] not in given:
                replacements[token[part]] = f"<{part} {number}>"
        if "expiration" in token:
            replacements[token["expiration"]] = f"<expiration {number}>"
    for key in re.findall(r"--certificate-key ([0-9a-f]{64})", recording.closing):
        if key not in given:
            replacements[key] = "<certificate key>"
    for value, marker in tuple(replacements.items()):
        replacements[base64.b64encode(value.encode()).decode()] = marker

    def clean(text: str) -> str:
        for value in sorted(replacements, key=len, reverse=True):
            text = text.replace(value, replacements[value])
        return text

    return replace(
        recording,
        started="",
        log=tuple(map(clean, recording.log)),
        closing=clean(recording.closing),
        objects=tuple(replace(each, name=clean(each.name), text=clean(each.text)) for each in recording.objects),
    )


def changed(old: Recording, new: Recording, given: str) -> list[str]:
    """Names of the fields in which two recordings of one case differ beyond chance."""
    left, right = without_chance(old, given), without_chance(new, given)
    return [each.name for each in fields(Recording) if getattr(left, each.name) != getattr(right, each.name)]
