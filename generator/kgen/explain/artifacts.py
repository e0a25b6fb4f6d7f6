# SPDX-License-Identifier: Apache-2.0
"""The page of each file and each API object. Pure."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from kgen.explain import annotate, provenance, sentences
from kgen.explain.certificates import Decoded
from kgen.explain.identities import rights
from kgen.explain.markdown import Md, code, link, plain, sentence, table, text
from kgen.explain.page import Page, artifact_page, relative
from kgen.explain.references import Reference, references
from kgen.explain.view import Item, View
from kgen.resources import directory

if TYPE_CHECKING:
    from jinja2 import Environment

Lines = Callable[[str, str, int], str | None]
"""Page, source file and line -> link to that line of the annotated configuration; None if it is not at hand."""
_BY_HAND = "\n## By hand"


def artifact_pages(view: View, lines: Lines) -> Iterator[Page]:
    """The pages of all artifacts, in the order of the index."""
    found = references(view)
    for item in view.items.values():
        yield _Writer(view, item, found, lines).page()


class _Writer:
    def __init__(self, view: View, item: Item, found: Sequence[Reference], lines: Lines) -> None:
        self._view = view
        self._item = item
        self._path = artifact_page(item.path)
        self._to = [each for each in found if each.source == item.path]
        self._from = [each for each in found if each.target == item.path]
        self._line = functools.partial(lines, self._path)

    def page(self) -> Page:
        """The whole page."""
        item = self._item
        prose, by_hand = self._explanation()
        parts = [
            Md(f"# {code(_title(item))}\n"),
            self._edited(),
            self._facts(),
            prose,
            *(self._certificate(each) for each in item.certificates),
            self._identity(),
            Md(f"## Content\n\n{annotate.content(self._view, item, self._line)}"),
            self._provenance(),
            self._links(),
            by_hand,
        ]
        return Page(self._path, _title(item), "\n".join(part for part in parts if part))

    def _edited(self) -> Md:
        if not self._item.edited:
            return Md("")
        return Md(
            '!!! warning "Edited by hand"\n\n    This is no longer what kgen wrote: the hash in the index is another. '
            "So nothing is known of where its lines come from.\n"
        )

    def _facts(self) -> Md:
        item = self._item
        rows: list[tuple[str, object]] = [("In the tree", code(item.path))]
        if item.target:
            rows += [("On the host", code(item.target)), ("Host", code(item.node))]
            rows += [("Mode, owner", Md(f"{code(item.mode)} {code(item.owner)}"))]
        else:
            rows += [("Object", Md(f"{code(item.kind)} {code(item.api_version)}")), ("Name", code(item.name))]
            rows += [("Namespace", code(item.namespace))] if item.namespace else [("Scope", "the whole cluster")]
        rows += [("Written in phase", Md(f"{code(item.phase)} ({code(f'kubeadm init phase {_phase(item.phase)}')})"))]
        if item.entry.sensitive:
            rows.append(("Sensitive", "yes: who can read it can act as its bearer"))
        return table(("Fact", "Value"), rows)

    def _explanation(self) -> tuple[Md, Md]:
        """The prose of the topic, up to and from `By hand`."""
        topic = self._item.topic
        if topic not in sentences.topics():
            return Md(f"kgen has no explanation for {code(topic)}.\n"), Md("")
        template = _environment().get_template(f"{topic}.md.j2")
        body = template.render(
            item=self._item, flags=self._item.flags, cluster=self._view.cluster, link=self._link, has=self._has
        )
        before, _, after = body.partition(_BY_HAND)
        return Md(before.strip() + "\n"), Md(f"## By hand{after.rstrip()}\n") if after else Md("")

    def _has(self, path: str) -> bool:
        return path in self._view.items

    def _link(self, path: str, label: str | None = None) -> Md:
        shown = text(label) if label else code(path)
        return link(shown, relative(self._path, artifact_page(path))) if self._has(path) else shown

    def _certificate(self, certificate: Decoded) -> Md:
        """The decoded certificate, each name and usage with its reason."""
        rows: list[tuple[object, object, object]] = [
            ("Subject", code(certificate.name), self._why("/subject/CN")),
            *(("Group (O)", code(group), self._why("/subject/O")) for group in certificate.organizations),
            ("Issuer", code(", ".join(f"{name}={value}" for name, value in certificate.issuer)), self._issuer()),
            ("Valid from", _date(certificate.not_before), self._why("/validity/notBefore") or self._why("/validity")),
            ("Valid until", _date(certificate.not_after), self._why("/validity/notAfter")),
            ("For", _duration(certificate.not_after - certificate.not_before), ""),
            ("Key", code(certificate.key), self._why("/subjectPublicKeyInfo")),
            ("Signature", code(certificate.signature), ""),
            ("CA", "yes" if certificate.is_ca else "no", self._why("/basicConstraints")),
            *(("Usage", code(usage), self._why(f"/keyUsage/{usage}")) for usage in certificate.key_usages),
            *(("Usage", code(usage), self._why(f"/extKeyUsage/{usage}")) for usage in certificate.extended_key_usages),
            *(("DNS name", code(name), self._why(f"/subjectAltName/dns/{name}")) for name in certificate.dns_names),
            *(("IP address", code(ip), self._why(f"/subjectAltName/ip/{ip}")) for ip in certificate.ip_addresses),
            ("Serial", code(certificate.serial), ""),
            ("SHA-256", code(certificate.fingerprint), ""),
        ]
        if certificate.is_ca:
            rows.append(("Public key hash", code(certificate.public_key_hash), "what `kubeadm join` is given"))
        return Md(f"## The certificate, decoded\n\n{table(('Part', 'Value', 'Why'), rows)}\n{_bar(certificate)}")

    def _why(self, place: str) -> Md:
        paths = self._item.places.get(place, ())
        own = sentence(sentences.sentence(self._item.topic, place, paths))
        source = provenance.clause(self._view, paths, self._line)
        return Md(" ".join(part for part in (own, f"*From* {source}." if source else "") if part))

    def _issuer(self) -> Md:
        signed = [self._link(each.target) for each in self._to if "signed by" in each.how]
        return Md(", ".join(signed) or "itself")

    def _identity(self) -> Md:
        """Who presents a client certificate, and what this identity may do."""
        item = self._item
        leaf = item.certificates[0] if item.certificates else None
        if leaf is None or leaf.is_ca or "clientAuth" not in leaf.extended_key_usages:
            return Md("")
        allowed = rights(self._view, leaf.common_name, leaf.organizations)
        rows = [
            (code(right.subject), text(right.what), self._link(right.path) if right.path else text(right.source))
            for right in allowed
        ]
        if not rows:
            return Md("")
        head = Md(
            f"## What {code(leaf.common_name)} may do\n\nTo the API server the CN is a user and each O a group.\n\n"
        )
        return Md(head + table(("As", "May", "Because of"), rows))

    def _provenance(self) -> Md:
        paths = {path for paths in self._item.entry.places.values() for path in paths}
        rows = provenance.section(self._view, paths, self._line)
        return Md(f"## Where it comes from\n\n{rows or 'Nothing in the configuration decided what is in it.'}\n")

    def _links(self) -> Md:
        to = _grouped((self._link(each.target), each.how) for each in self._to)
        of = _grouped((self._link(each.source), each.how) for each in self._from)
        parts = [f"Points to:\n\n{to}" if to else "", f"Named by:\n\n{of}" if of else ""]
        return Md("## Related\n\n" + "\n".join(filter(None, parts))) if to or of else Md("")


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 (slow, and only this needs it)

    environment = Environment(  # noqa: S701 (Markdown: `finalize` escapes every value)
        loader=FileSystemLoader(directory("templates")),
        undefined=StrictUndefined,
        finalize=text,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"code": code, "plain": plain}
    return environment


def _title(item: Item) -> str:
    return item.target or f"{item.kind} {item.name}"


def _phase(phase: str) -> str:
    return phase.replace("/", " ")


def _date(moment: object) -> Md:
    return text(f"{moment:%Y-%m-%d %H:%M} UTC")


def _duration(period: timedelta) -> Md:
    return text(f"{period.days} days")


def _bar(certificate: Decoded) -> Md:
    """The validity as a bar, whose whole length is the ten years of kubeadm's CAs."""
    days = (certificate.not_after - certificate.not_before).days
    width = max(2, min(100, round(days / 36.525)))
    label = f"{certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}, {days} days"
    return Md(
        f'<div class="kgen-bar" role="img" aria-label="{label}"><span style="width: {width}%"></span>'
        f"<small>{label}; the whole bar is ten years</small></div>\n"
    )


def _grouped(rows: Iterator[tuple[Md, str]]) -> Md:
    """Each linked artifact once, with all that it is named for."""
    found: dict[Md, dict[str, None]] = {}
    for target, how in rows:
        found.setdefault(target, {})[how] = None
    lines = (
        f"- {target}: {', '.join(code(how) if how.startswith('--') else text(how) for how in hows)}\n"
        for target, hows in found.items()
    )
    return Md("".join(lines))
