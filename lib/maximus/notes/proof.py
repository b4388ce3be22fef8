"""The sections that prove a release, in words: each from documents that were read, and "not measured" without one.

Values in, Markdown out; foreign text only through the escaping writer, links only from integers and fixed hosts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from maximus import markdown
from maximus.counting import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from maximus.notes.documents import Inventory

__all__ = [
    "MAX_ARTIFACTS",
    "MAX_SECTION",
    "NOT_MEASURED",
    "diff_text",
    "inventory_text",
    "log_link",
    "metrics_text",
    "table",
    "verdicts_text",
]

NOT_MEASURED: Final = "Not measured."
MAX_SECTION: Final = 12_000
"""Characters of a section's table: six sections and their neighbours fit into a release's body."""
MAX_ARTIFACTS: Final = 40_000
"""The same for the list of files, which is what people look for."""
LOG: Final = "https://search.sigstore.dev/?logIndex="

_WORDS: Final = {
    "hash-changed": "with another hash of the same version (alarm)",
    "downgraded": "downgraded",
    "upgraded": "upgraded",
    "version-changed": "with another version",
    "added": "added",
    "removed": "removed",
    "licence-changed": "with another licence",
    "scope-changed": "with another scope",
}


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], where: str, *, limit: int = MAX_SECTION) -> str:
    """Return a table of as many rows as fit, and how many those are; `where` names what has them all."""
    kept = 0
    used = 0
    for row in rows:
        used += sum(map(len, row)) + 3 * len(row) + 2
        if used > limit:
            break
        kept += 1
    text = markdown.table(columns, rows[:kept])
    return text if kept == len(rows) else f"{text}\n{kept:,} of {len(rows):,} shown; {where} has all.\n"


def log_link(index: int, *, is_public: bool) -> str:
    """Return a log entry's index, as a link where the public log has it."""
    return f"[{index}]({LOG}{index})" if is_public else str(index)


def inventory_text(found: Sequence[tuple[str, str, Inventory]]) -> str:
    """Return the SBOMs in numbers: name, SHA-256 and what each holds."""
    if not found:
        return f"{NOT_MEASURED}\n"
    rows = [
        (
            markdown.code(name),
            markdown.escape(read.format),
            f"{read.components:,}",
            *(f"{count:,}/{read.components:,}" for count in (read.versions, read.licences, read.digests)),
            markdown.code(sha256),
        )
        for name, sha256, read in found
    ]
    return table(("SBOM", "Format", "Components", "Version", "Licence", "Hash", "SHA-256"), rows, "the folder")


def diff_text(document: Mapping[str, Any] | None) -> str:
    """Return what changed between the inventories of two releases."""
    if document is None:
        return f"{NOT_MEASURED}\n"
    since = markdown.code(document["base"]["name"])
    if document["first_release"]:
        return f"First release: there is no {since} to compare with.\n"
    changes = [f"{count:,} {_WORDS[kind]}" for kind in _WORDS if (count := document["counts"].get(kind, 0))]
    if not changes:
        return f"Nothing changed in {counted(document['after']['components'], 'component')} since {since}.\n"
    rows = [
        (
            ("**alarm: same version, other hash**" if change["class"] == "hash-changed" else change["class"])
            + (f" ({change['step']})" if "step" in change else ""),
            markdown.code(change["purl"]),
            markdown.code(change["before"]) if change.get("before") else "",
            markdown.code(change["after"]) if change.get("after") else "",
        )
        for change in document["changes"]
    ]
    text = table(("Change", "Component", "Before", "After"), rows, "`sbom-diff.json`")
    return f"Components since {since}: {', '.join(changes)}.\n\n{text}"


def verdicts_text(document: Mapping[str, Any] | None, broken: Mapping[str, str], today: str) -> str:
    """Return what every check answered; a tick only for a pass whose evidence was not contradicted.

    `broken` says by check why its evidence is not believed; `today` (`YYYY-MM-DD`) decides about waivers.
    """
    if document is None or not document["verdicts"]:
        return f"{NOT_MEASURED}\n"
    rows = [
        (
            markdown.code(verdict["check"]),
            _answer(verdict, broken.get(verdict["check"], ""), today),
            _measured(verdict),
            markdown.escape(broken.get(verdict["check"], "") or verdict.get("reason", "")[:300]),
        )
        for verdict in document["verdicts"]
    ]
    return table(("Check", "Verdict", "Measured", "Why"), rows, "`verdicts.json`")


def _answer(verdict: Mapping[str, Any], broken: str, today: str) -> str:
    if broken:
        return "❌ evidence does not match"
    match verdict["status"]:
        case "pass":
            return "✅ pass"
        case "waived":
            waiver = verdict["waiver"]
            if waiver["until"] < today:
                return f"❌ waiver expired on {waiver['until']}"
            who, why = markdown.escape(waiver["who"]), markdown.escape(waiver["why"])
            return f"waived until {waiver['until']} by {who}: {why}"
        case "unmeasured":
            allowed = verdict.get("allowed", "")
            return f"not measured, allowed: {markdown.escape(allowed)}" if allowed else "not measured"
    return "❌ fail"


def _measured(verdict: Mapping[str, Any]) -> str:
    if verdict["status"] == "unmeasured" or "measured" not in verdict:
        return ""
    unit = f" {verdict['unit']}" if verdict.get("unit") else ""
    threshold = f" (asked: {verdict['threshold']})" if "threshold" in verdict else ""
    return markdown.escape(f"{verdict['measured']}{unit}{threshold}")


def metrics_text(document: Mapping[str, Any] | None) -> str:
    """Return phi with its scale, the ESGT events and the range of arousal, each with the file it came from."""
    if document is None:
        return f"{NOT_MEASURED}\n"
    rows = [_phi(document["phi_proxy"]), _events(document["esgt_events"]), _arousal(document["arousal_range"])]
    recording = document["recording"]
    window = "" if recording["window_s"] is None else f" over {recording['window_s']} s"
    frames = counted(recording["frames"], "frame") + window
    about = f"Recording {markdown.code(recording['name'])} (`{recording['profile']}`), {frames}"
    return f"{markdown.table(('Number', 'Value', 'From'), rows)}\n{about}, SHA-256 `{recording['sha256']}`.\n"


def _phi(phi: Mapping[str, Any] | None) -> tuple[str, ...]:
    if phi is None:
        return _none("Phi proxy")
    scale = "0 to 1" if phi["scale"] == "unit-interval" else "without bounds"
    return ("Phi proxy", f"{phi['value']}, scale `{phi['scale']}` ({scale})", _source(phi))


def _events(events: Mapping[str, Any] | None) -> tuple[str, ...]:
    if events is None:
        return _none("ESGT events")
    done = "" if events["succeeded"] is None else f", {events['succeeded']:,} succeeded"
    basis = ", manually triggered ones only" if events["basis"] == "manually-triggered" else ""
    return ("ESGT events", f"{events['count']:,}{done}{basis}", _source(events))


def _arousal(arousal: Mapping[str, Any] | None) -> tuple[str, ...]:
    if arousal is None:
        return _none("Arousal")
    low, high = arousal["min"], arousal["max"]
    span = f"constant {low}" if low == high else f"{low} to {high}"
    return ("Arousal", f"{span}, {arousal['samples']:,} samples", _source(arousal))


def _none(name: str) -> tuple[str, ...]:
    return (name, "not measured", "")


def _source(number: Mapping[str, Any]) -> str:
    return f"{markdown.code(number['source']['name'])}, SHA-256 `{number['source']['sha256'][:16]}…`"
