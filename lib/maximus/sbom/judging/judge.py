"""The judge: every check answered with a verdict, blocking only where it is a fault or something asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus import documents
from maximus.sbom.judging.checks import CHECKS, Check, Found
from maximus.sbom.judging.profiles import PROFILES
from maximus.sbom.naming import visible
from maximus.verdict import Status, Verdict

if TYPE_CHECKING:
    from maximus.sbom.judging.profiles import Profile
    from maximus.sbom.judging.view import View

__all__ = ["Answer", "judge", "judge_form", "judge_format"]

_ALL: Final = 100
MAX_NAMED: Final = 20
"""How many exceptions a verdict names."""
_SCHEMAS: Final = {
    "CycloneDX": tuple(f"1.{minor}" for minor in range(2, 8)),
    "SPDX": ("2.2", "2.3"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One check's answer."""

    check: Check
    found: Found
    verdict: Verdict
    asked: int
    """The least share that was asked for, in percent; 0 where it is only told."""

    @property
    def counts(self) -> bool:
        """Whether it is judged: not where there was nothing to look at and nobody asked."""
        return bool(self.found.whole) or (bool(self.asked) and not self.check.is_fault)


def judge_form(document: dict[str, Any], view: View) -> Verdict:
    """Return `sbom.check-form`: whether the document holds to the schema of its format."""
    if view.version not in _SCHEMAS[view.format]:
        return Verdict(
            "sbom.check-form",
            Status.UNMEASURED,
            0,
            unit="documents",
            reason=f"{view.format} {visible(view.version)[:20]} has no schema here",
            hint="Write one of " + ", ".join(_SCHEMAS[view.format]) + ".",
        )
    name = f"cyclonedx-{view.version}" if view.format == "CycloneDX" else "spdx-2.3-reader"
    faults = documents.faults(document, name)
    return Verdict(
        "sbom.check-form",
        Status.FAIL if faults else Status.PASS,
        1,
        unit="documents",
        reason=f"it does not hold to {view.format} {view.version}: " + "; ".join(faults[:5]) if faults else "",
        hint="Validate it with the tool that wrote it, and report the fault there." if faults else "",
        code="SBOM022" if faults else "",
    )


def judge(view: View, profile: str = "", minimums: dict[str, int] | None = None) -> tuple[Answer, ...]:
    """Return the answer of every check, in the order in which they are shown.

    `profile` is one of `PROFILES`; `minimums` are shares in percent by the names of checks and count more.
    """
    held = PROFILES.get(profile)
    asked = {**(held.asks if held else {}), **(minimums or {})}
    answers = [_answer(check, view, asked.get(check.name, 0), held) for check in CHECKS.values()]
    return tuple(answers)


def judge_format(view: View, profile: str) -> Verdict | None:
    """Return `sbom.check-format`: whether the profile takes this format in this version; None where it takes any."""
    held = PROFILES.get(profile)
    if held is None or not held.formats:
        return None
    oldest = held.formats.get(view.format, "")
    enough = bool(oldest) and _numbers(view.version) >= _numbers(oldest)
    wanted = " or ".join(f"{name} {version} or newer" for name, version in held.formats.items())
    return Verdict(
        "sbom.check-format",
        Status.PASS if enough else Status.FAIL,
        1,
        measured=f"{view.format} {visible(view.version)[:20]}",
        threshold=wanted,
        reason="" if enough else f"{held.title} takes {wanted}",
        hint="" if enough else f"Write {wanted}.",
        code="" if enough else "SBOM023",
    )


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isascii() and part.isdigit() else 0 for part in text.split(".")[:3])


def _answer(check: Check, view: View, asked: int, profile: Profile | None) -> Answer:
    found = check.look(view)
    if profile is not None and profile.takes_unknown and check.field:
        found = _with_said(check, view, found)
    # What must not be there at all is whole or a fault.
    threshold = _ALL if check.is_fault else asked
    return Answer(check, found, _verdict(check, found, threshold), threshold)


def _with_said(check: Check, view: View, found: Found) -> Found:
    """Count what the document itself calls unknown as answered: it is said, and by name."""
    said = {visible(part.shown) for part in view.used if check.field in part.unknown}
    missing = tuple(name for name in found.missing if name not in said)
    return Found(found.whole - len(missing), found.whole, missing)


def _verdict(check: Check, found: Found, threshold: int) -> Verdict:
    name = f"sbom.check-{check.name}"
    if not found.whole:
        # Nothing to look at is no pass; it blocks only where it was asked for, and a document without digests has
        # none that is wrong.
        return Verdict(name, Status.UNMEASURED, 0, measured="0/0", threshold=threshold or None, unit=check.unit,
                       reason="there is nothing that this could be known of", hint=check.hint)  # fmt: skip
    enough = found.known * _ALL >= threshold * found.whole
    named = "; ".join(found.missing[:MAX_NAMED])
    if len(found.missing) > MAX_NAMED:
        named += f"; and {len(found.missing) - MAX_NAMED} more"
    return Verdict(
        name,
        Status.PASS if enough else Status.FAIL,
        found.whole,
        measured=f"{found.known}/{found.whole}",
        threshold=threshold or None,
        unit=check.unit,
        reason=named if not enough or named else "",
        hint="" if enough else check.hint,
        code="" if enough else "SBOM024",
    )
