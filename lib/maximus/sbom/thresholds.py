"""How much of an inventory must be known: minimum percentages, each judged on exact numbers.

Without a minimum the coverage is reported and blocks nothing. A share is never rounded: 949 of 1,000
is below 95 percent, and so is 18 of 19.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from maximus.errors import Error, ExitStatus
from maximus.verdict import Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from maximus.sbom.model import Component, Inventory

__all__ = ["MAX_NAMED", "PROFILES", "Judged", "Minimums", "judge", "minimums_of"]

MAX_NAMED: Final = 20
"""How many exceptions a verdict names."""
_PERCENT = re.compile(r"\d{1,3}", re.ASCII)
_ALL = 100


@dataclass(frozen=True, slots=True)
class Minimums:
    """What must at least be known, in percent; 0 asks for nothing."""

    components: int = 0
    licences: int = 0
    versions: int = 0
    hashes: int = 0


PROFILES: Final = {"release-plan": Minimums(components=100, licences=95, versions=100, hashes=100)}
"""Minimums under a name; a single input counts more."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One minimum's answer, and every exception by name."""

    verdict: Verdict
    exceptions: tuple[str, ...] = ()


def minimums_of(texts: Mapping[str, str], profile: str = "") -> Minimums:
    """Return the minimums that the inputs state, by the name of the thing; the profile's where one is empty.

    Raises Error SBOM014 (usage) naming every input that is no whole percentage.
    """
    base = PROFILES.get(profile, Minimums())
    wrong = sorted(
        f"`min-{name}` is {text[:40]!r}"
        for name, text in texts.items()
        if text and (not _PERCENT.fullmatch(text) or int(text) > _ALL)
    )
    if wrong:
        raise Error(
            "SBOM014",
            "; ".join(wrong),
            why="a minimum is a whole number of percent",
            fix="Write 0 to 100 without a sign; 0 asks for nothing.",
            where="input " + ", ".join(text.partition(" ")[0].strip("`") for text in wrong),
            status=ExitStatus.USAGE,
        )
    return Minimums(
        **{
            field.name: int(texts[field.name]) if texts.get(field.name) else getattr(base, field.name)
            for field in fields(Minimums)
        }
    )


@dataclass(frozen=True, slots=True)
class _Share:
    """What is known of what there is, and what is missing."""

    what: str
    known: int
    whole: int
    missing: tuple[str, ...]
    hint: str


def judge(minimums: Minimums, inventory: Inventory, unread: Sequence[str] = ()) -> tuple[Judged, ...]:
    """Return one answer for each minimum above 0; `unread` names the locks that could not be read."""
    return tuple(
        _judged(name, minimum, _SHARES[name](inventory, unread))
        for name in _SHARES
        if (minimum := getattr(minimums, name))
    )


def _judged(name: str, minimum: int, share: _Share) -> Judged:
    check = f"sbom.min-{name}"
    if not share.whole:
        verdict = Verdict(
            check,
            Status.UNMEASURED,
            0,
            measured="0/0",
            threshold=minimum,
            unit="percent",
            reason=f"there is nothing that {share.what} could be known of",
            hint=f"Ask for nothing with `min-{name}: 0`.",
        )
        return Judged(verdict)
    named = "; ".join(share.missing[:MAX_NAMED])
    if more := len(share.missing) - MAX_NAMED:
        named += f"; and {more} more" if more > 0 else ""
    # Whole numbers on both sides: no share is rounded up to a pass.
    enough = share.known * _ALL >= minimum * share.whole
    verdict = Verdict(
        check,
        Status.PASS if enough else Status.FAIL,
        share.whole,
        measured=f"{share.known}/{share.whole}",
        threshold=minimum,
        unit="percent",
        reason=f"not known: {named}" if named else "",
        hint="" if enough else share.hint,
        code="" if enough else "SBOM015",
    )
    return Judged(verdict, share.missing)


def _components(inventory: Inventory, unread: Sequence[str]) -> _Share:
    lost = tuple(_lost(inventory)) + tuple(f"{path}: it cannot be read" for path in unread)
    known = len(inventory.components)
    return _Share(
        "components",
        known,
        known + len(lost),
        lost,
        "Lock what is named there with its package manager, or make the lock again.",
    )


def _licences(inventory: Inventory, _: Sequence[str]) -> _Share:
    found = [item for item in inventory.components if not any(claim.expression for claim in item.licences)]
    return _share(
        "licences",
        inventory.components,
        found,
        "Few locks state licences: install the packages first and set `installed`, or set `fetch`.",
    )


def _versions(inventory: Inventory, _: Sequence[str]) -> _Share:
    # What was left out for want of an exact version counts here too: a range is not a version.
    ranges = tuple(_lost(inventory, "unpinned"))
    named = _names([item for item in inventory.components if not item.is_exact]) + ranges
    whole = len(inventory.components) + len(ranges)
    return _Share("exact versions", whole - len(named), whole, named, "Pin each to one version, or lock them.")


def _hashes(inventory: Inventory, _: Sequence[str]) -> _Share:
    distributed = tuple(item for item in inventory.components if item.is_distributed)
    found = [
        item
        for item in distributed
        if not any(digest.algorithm == "SHA-256" for artifact in item.artifacts for digest in artifact.digests)
    ]
    return _share(
        "SHA-256 digests",
        distributed,
        found,
        "uv, poetry, pdm and Cargo locks and `--hash` lists state SHA-256; for npm and Go set `caches`, and "
        "`hashes: fetch` for what was not installed here.",
    )


def _share(what: str, whole: Sequence[Component], missing: Sequence[Component], hint: str) -> _Share:
    return _Share(what, len(whole) - len(missing), len(whole), _names(missing), hint)


def _names(components: Sequence[Component]) -> tuple[str, ...]:
    return tuple(f"{item.full_name} {item.version}".strip() for item in components)


def _lost(inventory: Inventory, kind: str = "") -> list[str]:
    """Return the entries of locks that became no component, with the place, of one kind or of every."""
    return [
        f"{item.location.path}{f':{item.location.line}' if item.location.line else ''}: {item.text}"
        for item in inventory.findings
        if item.lost and kind in ("", item.kind)
    ]


_SHARES = {"components": _components, "licences": _licences, "versions": _versions, "hashes": _hashes}
