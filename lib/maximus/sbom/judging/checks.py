"""What is looked at in an SBOM, one function a check: always `n of m`, and the names of those that lack it.

A *fault* is what no document may have (a reference without an end, a digest that is none); the rest is coverage,
which blocks only where a profile or a minimum asks for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from maximus.sbom import bsi
from maximus.sbom.judging.view import reached
from maximus.sbom.licences import expression_of
from maximus.sbom.naming import parse_purl, visible, write_purl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from maximus.sbom.judging.view import Part, View

__all__ = ["CHECKS", "Check", "Found"]

_LENGTHS: Final = {
    "MD5": 32, "SHA-1": 40, "SHA-224": 56, "SHA-256": 64, "SHA-384": 96, "SHA-512": 128, "SHA3-256": 64, "SHA3-384": 96,
    "SHA3-512": 128, "BLAKE2b-256": 64, "BLAKE2b-384": 96, "BLAKE2b-512": 128, "BLAKE3": 64, "MD2": 32, "MD4": 32,
    "MD6": 64, "ADLER32": 8, "Streebog-256": 64, "Streebog-512": 128,
}  # fmt: skip
_HEX = re.compile(r"[0-9a-f]+")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_RANGE = re.compile(r"[\^~<>=*]|\|\||(?:^|[.\s])[xX](?:$|[.\s])|^(?:latest|main|master|HEAD)$")
_SECRET = re.compile(
    r"://[^/@\s]*:[^/@\s]*@|[?&](?:token|access_token|api_key|apikey|secret|password|sig|signature)=[^&\s]+",
    re.IGNORECASE,
)


_NO_FILE = frozenset({"Component Hash Value", bsi.NO_FILE})
"""Of what does not apply, that which says that a component is no file."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one check found."""

    known: int
    whole: int
    missing: tuple[str, ...] = ()
    """Whatever lacks it, by name."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check."""

    name: str
    """Behind `sbom.check-`."""
    unit: str
    look: Callable[[View], Found]
    hint: str
    is_fault: bool = False
    """Whether falling short blocks without any profile."""
    field: str = ""
    """The field of CISA's table; where the document says that this is unknown, it is said and not missing."""
    is_special: bool = False
    """Whether only one standard knows it, so that it is shown only where that is asked for."""


def _of(parts: Iterable[Part], has: Callable[[Part], object]) -> Found:
    listed = tuple(parts)
    missing = tuple(visible(part.shown) for part in listed if not has(part))
    return Found(len(listed) - len(missing), len(listed), missing)


def _one(present: object, what: str) -> Found:
    return Found(1, 1) if present else Found(0, 1, (what,))


def _used(has: Callable[[Part], object]) -> Callable[[View], Found]:
    """Return the look at every component that is used."""
    return lambda view: _of(view.used, has)


def _document(has: Callable[[View], object], what: str) -> Callable[[View], Found]:
    """Return the look at one thing of the document itself."""
    return lambda view: _one(has(view), what)


def _references(view: View) -> Found:
    count = sum(1 + len(targets) for targets in view.edges.values()) + len(view.parts)
    floating: list[str] = []
    if view.root:
        held = reached("SPDXRef-DOCUMENT" if view.format == "SPDX" else view.root, view.edges) | {view.root}
        own = {part.ref for part in view.parts if part.own}
        floating = [visible(part.shown) for part in view.parts if part.ref not in held and part.ref not in own]
    missing = (*view.faults, *(f"nothing leads to {name}" for name in floating))
    return Found(max(count - len(missing), 0), count, missing)


def _purls(view: View) -> Found:
    """Tell whether each purl is one: it parses, and says the same when it is written again."""

    def is_sound(part: Part) -> bool:
        try:
            found = parse_purl(part.purl)
            again = parse_purl(write_purl(found))
        except ValueError:
            return False
        names = (*(found.namespace or "").split("/"), found.name)
        return found == again and not {".", ".."} & set(names) and found.name.isprintable()

    return _of((part for part in view.parts if part.purl), is_sound)


def _digests(view: View) -> Found:
    def is_sound(part: Part) -> bool:
        return all(
            _LENGTHS.get(name, len(value)) == len(value) and _HEX.fullmatch(value) for name, value in part.digests
        )

    return _of((part for part in view.parts if part.digests), is_sound)


def _hashed(view: View, algorithm: str = "") -> Found:
    """Tell how many of what is distributed have a digest, of any algorithm or of one."""
    distributed = (part for part in view.used if "Component Hash Value" not in part.absent)
    return _of(distributed, lambda part: any(algorithm in ("", name) for name, _ in part.digests))


def _licence(part: Part) -> bool:
    return any(expression_of(text) for text in (*part.declared, *part.concluded))


def _edges(view: View) -> Found:
    return _of(view.used, lambda part: part.ref in view.stated)


def _names(view: View) -> Found:
    return _of(view.parts, lambda part: part.name)


def _is_exact(part: Part) -> bool:
    # A tag of an image looks like a version; who wrote the document knows that it is none.
    return bool(part.version) and not _RANGE.search(part.version) and "Component Version" not in part.unknown


def _in_delivery(has: Callable[[Part], object], *, files: bool) -> Callable[[View], Found]:
    """Return the look at what is delivered: not at what only development needs, where TR-03183-2 asks for less.

    With `files` only what is a file: of logical components, such as what is taken at a commit, it asks for less too.
    """
    return lambda view: _of(
        (part for part in view.used if part.is_delivered and not (files and _NO_FILE & part.absent)),
        has,
    )


def _delivered_edges(view: View) -> Found:
    """Tell whose needs are told, or are in a composition that says how far they are known."""
    words = ("complete", "incomplete", "unknown")
    return _in_delivery(lambda part: part.ref in view.stated or view.completeness.get(part.ref) in words, files=False)(
        view
    )


def _tells_delivery(part: Part) -> bool:
    return all(part.properties.get(name) in words for name, words in bsi.WORDS.items())


def _has_delivered_sha512(part: Part) -> bool:
    return any(name == "SHA-512" for name, _ in part.delivered)


def _has_creators(view: View) -> bool:
    return any(text.startswith("Organization:") for text in view.creators) and any(
        re.fullmatch(r"Tool: [^-]+-[^-]+", text) for text in view.creators
    )


def _vulnerabilities(view: View) -> Found:
    return _one(not view.vulnerabilities, f"{view.vulnerabilities} vulnerabilities in the document")


def _secrets(view: View) -> Found:
    with_addresses = (part for part in view.parts if part.addresses)
    return _of(with_addresses, lambda part: not any(map(_SECRET.search, part.addresses)))


def _timestamp(view: View) -> Found:
    return _one(_TIME.fullmatch(view.timestamp), "a time with its zone")


def _tools(view: View) -> Found:
    if not view.tools:
        return Found(0, 1, ("a tool",))
    missing = tuple(visible(name or "a tool without a name") for name, version in view.tools if not (name and version))
    return Found(len(view.tools) - len(missing), len(view.tools), missing)


_EACH: Final = "components"
_FILES: Final = "distributed components"
_DELIVERED: Final = "delivered components"
_WHOLE: Final = "documents"

CHECKS: Final = {
    check.name: check
    for check in (
        Check(
            "references", "references", _references,
            "Every reference needs its end, and the subject must lead to all.", is_fault=True,
        ),
        Check("purls", "purls", _purls, "Write purls by their specification.", is_fault=True),
        Check(
            "digests", "components with digests", _digests,
            "A digest has the length of its algorithm.", is_fault=True,
        ),
        Check(
            "secrets", "components with addresses", _secrets,
            "Addresses carry no user, password or token.", is_fault=True,
        ),
        Check("names", _EACH, _names, "Name every component."),
        Check(
            "versions", _EACH, _used(_is_exact),
            "A range, a branch and nothing at all are no versions.", field="Component Version",
        ),
        Check(
            "identifiers", _EACH, _used(lambda part: part.purl or part.identifiers), "Give each component a purl."
        ),
        Check(
            "suppliers", _EACH, _used(lambda part: part.supplier or part.producer),
            "Name who supplies or makes each component; an index is no supplier.", field="Component Producer",
        ),
        Check(
            "producers", _EACH, _used(lambda part: part.producer),
            "Name who makes each component.", field="Component Producer",
        ),
        Check(
            "contacts", _EACH, _used(lambda part: part.has_contact),
            "Give the makers' e-mail addresses or URLs; a name alone does not do.",
        ),
        Check("any-hash", _FILES, _hashed, "State a digest of what is distributed.", field="Component Hash Value"),
        Check(
            "hashes", _FILES, lambda view: _hashed(view, "SHA-256"),
            "State the SHA-256 of what is distributed.", field="Component Hash Value",
        ),
        Check(
            "sha512", _FILES, lambda view: _hashed(view, "SHA-512"),
            "State the SHA-512 of what is distributed.", field="Component Hash Value",
        ),
        Check("licences", _EACH, _used(_licence), "State licences as SPDX expressions.", field="Component License"),
        Check(
            "concluded-licences", _DELIVERED, _in_delivery(lambda part: part.concluded, files=False),
            "Conclude a licence for each component, or set `conclude: declared`.",
        ),
        Check("copyright", _EACH, _used(lambda part: part.copyright), "State the copyright, if only as NOASSERTION."),
        Check(
            "download", _EACH, _used(lambda part: part.download),
            "State where each component comes from, if only as NOASSERTION.",
        ),
        Check(
            "edges", _EACH, _edges,
            "Tell of each component what it needs, if only nothing.", field="Component Dependency Relationship",
        ),
        Check(
            "subject", _WHOLE, _document(lambda view: view.root, "what the document is about"),
            "Say what the document is about.",
        ),
        Check("author", _WHOLE, _document(lambda view: view.author, "an author"), "Say who made the document."),
        Check(
            "author-contact", _WHOLE, _document(lambda view: view.author_has_contact, "an address of the author"),
            "Give the author's e-mail address or URL.",
        ),
        Check("timestamp", _WHOLE, _timestamp, "Say when it was made, with the time zone."),
        Check("tools", "tools", _tools, "Name the tool with its version."),
        Check(
            "context", _WHOLE,
            _document(lambda view: view.context, "when in its life the software was looked at"),
            "Say whether it tells of source, build or what was delivered.",
        ),
        Check(
            "serial", _WHOLE, _document(lambda view: view.serial, "a number or namespace of its own"),
            "Give the document a serial number or a namespace.",
        ),
        Check(
            "no-vulnerabilities", _WHOLE, _vulnerabilities, "Keep vulnerabilities in a document of their own."
        ),
        Check(
            "delivered-edges", _DELIVERED, _delivered_edges,
            "Tell of each component what it needs, or in a composition how far that is known.", is_special=True,
        ),
        Check(
            "filename", _DELIVERED, _in_delivery(lambda part: part.properties.get(bsi.FILENAME), files=True),
            f"State the property `{bsi.FILENAME}`.", is_special=True,
        ),
        Check(
            "delivery", _DELIVERED, _in_delivery(_tells_delivery, files=True),
            "State the three properties of the deliverable in the words of the taxonomy.", is_special=True,
        ),
        Check(
            "delivered-sha512", _DELIVERED, _in_delivery(_has_delivered_sha512, files=True),
            "State the SHA-512 with the distribution's address.", is_special=True,
        ),
        Check(
            "creators", _WHOLE, _document(_has_creators, "an `Organization:` and a `Tool: NAME-VERSION` line"),
            "Name the organization, and the tool with its version behind the only hyphen.", is_special=True,
        ),
    )
}  # fmt: skip
"""By name, in the order in which they are shown."""
