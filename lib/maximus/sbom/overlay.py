"""An overlay: what people know about components that no lock states, each fact with its reason.

It is read whole, and every fault in it is told at once. What it changes is marked on the component, in both
documents, with the reason and with what stood there before.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from maximus.counting import counted
from maximus.errors import Error, ExitStatus, nearest
from maximus.sbom.digests import SPDX_ALGORITHMS
from maximus.sbom.licences import expression_of
from maximus.sbom.limits import MAX_TEXT
from maximus.sbom.model import Digest, LicenceClaim, Location, Producer, Scope, Stated
from maximus.sbom.naming import parse_purl, visible, write_purl
from maximus.sbom.producers import is_mail

if TYPE_CHECKING:
    from packageurl import PackageURL

__all__ = ["MAX_ENTRIES", "MAX_OVERLAY", "Entry", "Overlay", "read_overlay"]

MAX_OVERLAY: Final = 1 << 20
"""Bytes of the largest overlay."""
MAX_ENTRIES: Final = 2_000
"""Entries of each of its lists."""
_MAX_FAULTS: Final = 50
"""How many faults one error names."""

_LISTS = ("add", "change", "remove")
_FACTS = ("licence", "producer", "copyright", "scope")
_KEYS = {
    "add": ("purl", "reason", *_FACTS, "hashes", "needs", "needed-by"),
    "change": ("purl", "reason", "version", *_FACTS),
    "remove": ("purl", "reason"),
}
_PRODUCER = ("name", "url", "email")
_DIGITS = {"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-384": 96, "SHA-512": 128, "BLAKE2b-512": 128}


@dataclass(frozen=True, slots=True)
class Entry:
    """One addition, correction or removal."""

    kind: str
    """`add`, `change` or `remove`."""
    place: str
    """Where it stands: `change[2]`."""
    purl: str
    """Canonical."""
    reason: str
    version: str = ""
    licence: LicenceClaim | None = None
    producer: Producer | None = None
    copyright: str = ""
    scope: Scope | None = None
    digests: tuple[Digest, ...] = ()
    needs: tuple[str, ...] | None = None
    """Purls; None where it is not told what it needs."""
    needed_by: tuple[str, ...] = ()
    """Purls; empty for the subject itself."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Everything that an overlay says, in its order."""

    name: str
    """The file, as the documents name it."""
    entries: tuple[Entry, ...]


def read_overlay(raw: bytes, name: str) -> Overlay:
    """Return what an overlay says; `name` is how the documents call its file.

    It is JSON where the name ends in `.json`, else YAML. Raises Error SBOM055 (usage) with all its faults.
    """
    reading = _Reading(name)
    if len(raw) > MAX_OVERLAY:
        raise _faulty(name, [f"it is larger than {MAX_OVERLAY} bytes"])
    entries = reading.entries(_parsed(raw, name))
    if reading.faults:
        raise _faulty(name, reading.faults)
    if not entries:
        raise _faulty(name, ["it says nothing"])
    return Overlay(name, entries)


def _faulty(name: str, faults: list[str]) -> Error:
    shown = faults[:_MAX_FAULTS] + ([f"and {len(faults) - _MAX_FAULTS} more"] if len(faults) > _MAX_FAULTS else [])
    return Error(
        "SBOM055",
        f"the overlay {visible(name)} has {counted(len(faults), 'fault')}",
        why="; ".join(shown),
        fix="Mend them; schemas/sbom-overlay.schema.json says what it may hold.",
        where="input overlay",
        status=ExitStatus.USAGE,
    )


def _parsed(raw: bytes, name: str) -> Any:  # noqa: ANN401 - a text of somebody's enters here
    from maximus import documents  # noqa: PLC0415 - of use to an overlay alone
    from maximus.sbom.parsing import parse_yaml  # noqa: PLC0415 - likewise

    try:
        if name.endswith(".json"):
            return documents.parse_json(raw, name)
        found = parse_yaml(raw, name)
        _refuse_twice(raw, name)
    except Error as fault:
        raise _faulty(name, [fault.why or fault.what]) from fault
    if len(found) != 1:
        raise _faulty(name, ["it holds no mapping" if not found else "it holds more than one document"])
    return found[0]


def _refuse_twice(raw: bytes, name: str) -> None:
    """Refuse a key that stands twice, of which a reader of YAML takes the last; depth and aliases were judged."""
    import yaml  # noqa: PLC0415 - as in `_parsed`

    from maximus.sbom.parsing import decode  # noqa: PLC0415 - likewise

    # Of the same parser as what was read: the two of PyYAML differ in what they take.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    waiting = [yaml.compose(decode(raw, name), Loader=loader)]
    twice: list[str] = []
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            keys = Counter(str(key.value) for key, _ in node.value)
            line = node.start_mark.line + 1
            twice += [
                f"the key {visible(key)!r} stands twice in the mapping at line {line}"
                for key, count in sorted(keys.items())
                if count > 1
            ]
            waiting += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
    if twice:
        raise _faulty(name, sorted(twice))


@dataclass(slots=True)
class _Reading:
    """Collects the faults on the way."""

    name: str
    faults: list[str] = field(default_factory=list)

    def entries(self, document: Any) -> tuple[Entry, ...]:  # noqa: ANN401 - as in `_parsed`
        if not isinstance(document, dict):
            self.faults.append("it is no mapping")
            return ()
        self._known(document, _LISTS, "")
        found = []
        for kind in _LISTS:
            items = document.get(kind, [])
            if not isinstance(items, list):
                self.faults.append(f"{kind} is no list")
                continue
            if len(items) > MAX_ENTRIES:
                self.faults.append(f"{kind} has {len(items)} entries, and at most {MAX_ENTRIES} are read")
                continue
            found += [self._entry(kind, f"{kind}[{number}]", item) for number, item in enumerate(items)]
        return tuple(item for item in found if item is not None)

    def _known(self, record: dict[Any, Any], keys: tuple[str, ...], place: str) -> None:
        for key in record:
            if key not in keys:
                near = nearest(str(key)[:80], keys)
                self.faults.append(f"{place or 'it'} has an unknown key {visible(str(key))[:80]!r}: {near}")

    def _entry(self, kind: str, place: str, item: Any) -> Entry | None:  # noqa: ANN401 - as in `_parsed`
        if not isinstance(item, dict):
            self.faults.append(f"{place} is no mapping")
            return None
        self._known(item, _KEYS[kind], place)
        purl = self._purl(item, place)
        reason = self._text(item, "reason", place)
        if not reason.strip():
            self.faults.append(f"{place} has no reason")
        if kind == "change" and not any(key in item for key in ("version", *_FACTS)):
            self.faults.append(f"{place} changes nothing")
        if kind == "add" and purl is not None and not purl.version:
            self.faults.append(f"{place}.purl has no version")
        return Entry(
            kind,
            place,
            write_purl(purl) if purl else "",
            visible(reason.strip()),
            version=visible(self._text(item, "version", place)),
            licence=self._licence(item, place),
            producer=self._producer(item, place),
            copyright=visible(self._text(item, "copyright", place)),
            scope=self._scope(item, place),
            digests=self._digests(item, place),
            needs=self._purls(item, "needs", place),
            needed_by=self._purls(item, "needed-by", place) or (),
        )

    def _text(self, item: dict[str, Any], key: str, place: str) -> str:
        value = item.get(key, "")
        if not isinstance(value, str) or (key in item and not value.strip()):
            if key != "reason" or not isinstance(value, str):
                self.faults.append(f"{place}.{key} is no text")
            return ""
        if len(value) > MAX_TEXT:
            self.faults.append(f"{place}.{key} is longer than {MAX_TEXT} characters")
            return ""
        return value

    def _purl(self, item: dict[str, Any], place: str) -> PackageURL | None:
        if "purl" not in item:
            self.faults.append(f"{place} has no purl")
            return None
        return self._one_purl(item["purl"], f"{place}.purl")

    def _one_purl(self, value: Any, place: str) -> PackageURL | None:  # noqa: ANN401 - as in `_parsed`
        try:
            return parse_purl(value if isinstance(value, str) and len(value) <= MAX_TEXT else "")
        except ValueError:
            self.faults.append(f"{place} is no package URL: {visible(str(value))[:120]!r}")
            return None

    def _purls(self, item: dict[str, Any], key: str, place: str) -> tuple[str, ...] | None:
        if key not in item:
            return None
        value = item[key]
        if not isinstance(value, list) or len(value) > MAX_ENTRIES:
            self.faults.append(f"{place}.{key} is no list of at most {MAX_ENTRIES} package URLs")
            return None
        found = [self._one_purl(each, f"{place}.{key}[{number}]") for number, each in enumerate(value)]
        return tuple(sorted({write_purl(purl) for purl in found if purl}))

    def _licence(self, item: dict[str, Any], place: str) -> LicenceClaim | None:
        text = self._text(item, "licence", place)
        if not text:
            return None
        if not (expression := expression_of(text)):
            self.faults.append(f"{place}.licence is no SPDX expression: {visible(text)[:120]!r}")
            return None
        return LicenceClaim(visible(text), expression, concluded=True, evidence=f"{self.name} {place}")

    def _producer(self, item: dict[str, Any], place: str) -> Producer | None:
        value = item.get("producer")
        if value is None and "producer" not in item:
            return None
        if isinstance(value, str):
            value = {"name": value}
        if not isinstance(value, dict) or not value.get("name"):
            self.faults.append(f"{place}.producer has no name")
            return None
        self._known(value, _PRODUCER, f"{place}.producer")
        name, url, email = (visible(self._text(value, key, f"{place}.producer")) for key in _PRODUCER)
        if url and not re.fullmatch(r"https?://[^\s@]+", url):
            self.faults.append(f"{place}.producer.url is no address of the web")
        if email and not is_mail(email):
            self.faults.append(f"{place}.producer.email is no address")
        return Producer(name, url, email)

    def _scope(self, item: dict[str, Any], place: str) -> Scope | None:
        text = self._text(item, "scope", place)
        if not text:
            return None
        known = tuple(scope.value for scope in Scope)
        if text not in known:
            self.faults.append(f"{place}.scope is {visible(text)[:80]!r}: {nearest(text, known)}")
            return None
        return Scope(text)

    def _digests(self, item: dict[str, Any], place: str) -> tuple[Digest, ...]:
        value = item.get("hashes", {})
        if not isinstance(value, dict):
            self.faults.append(f"{place}.hashes is no mapping")
            return ()
        self._known(value, tuple(SPDX_ALGORITHMS), f"{place}.hashes")
        found = []
        for algorithm in sorted(set(value) & set(SPDX_ALGORITHMS)):
            text = str(value[algorithm]).lower()
            if not re.fullmatch(f"[0-9a-f]{{{_DIGITS[algorithm]}}}", text):
                self.faults.append(f"{place}.hashes.{algorithm} has not {_DIGITS[algorithm]} hexadecimal digits")
                continue
            found.append(Digest(algorithm, text, Stated(Location(self.name))))
        return tuple(found)
