"""`verdict`: what other actions answered, read from the release folder's `evidence/` and bound to this commit.

    - id: signatures
      type: verdict
      of: ["verify.signatures", "verify.log"]
      source: GO/NO-GO, criterion 2

Every `*.json` there that says `kind: maximus-verdicts` is read; its SHA-256 is the evidence. One that is no JSON or
breaks its schema, or that was written for another commit, fails the check; none that fits leaves it unmeasured.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maximus import documents
from maximus.errors import Error
from maximus.files import EVIDENCE
from maximus.gating.check import Evidence, Finding, Place, Status
from maximus.gating.lookup import hash_of

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.gating.check import Context, Fields

__all__ = ["OfOthers", "read"]

MAX_FILE = 64 << 20
"""Bytes of the largest file of verdicts."""
MAX_FILES = 1_000
"""How many files of verdicts are read."""
KIND = "maximus-verdicts"


@dataclass(frozen=True, slots=True)
class OfOthers:
    """The options."""

    of: tuple[str, ...]
    """Names of checks; `*` stands for any part of a name. Each must have answered."""
    allow_waived: bool
    """Whether what was waived, or allowed to be unmeasured, by the policy that it was judged by counts here too."""

    def judge(self, context: Context) -> Finding:
        """Read the files and let the worst answer count."""
        records, evidence, places = _read_all(context)
        if places:
            return Finding(
                Status.FAIL,
                len(evidence) or len(places),
                reason=f"{places[0].path}: {places[0].text}",
                hint="Throw the folder's evidence/ away and run the actions again for this commit.",
                places=tuple(places),
                evidence=tuple(evidence),
            )
        chosen = [_counted(record, allow_waived=self.allow_waived) for record in records]
        chosen = [record for record in chosen if any(fnmatch.fnmatchcase(record["check"], name) for name in self.of)]
        silent = [name for name in self.of if not fnmatch.filter([record["check"] for record in chosen], name)]
        by_status = {
            status: sorted({record["check"] for record in chosen if record["status"] == status.value})
            for status in Status
        }
        status, reason = Status.PASS, ""
        if by_status[Status.FAIL]:
            status, reason = Status.FAIL, f"{', '.join(by_status[Status.FAIL])} failed"
        elif silent:
            where = "there is no verdict of" if evidence else "there is no file of verdicts, so none of"
            status, reason = Status.UNMEASURED, f"{where} {', '.join(silent)}"
        elif by_status[Status.UNMEASURED]:
            status, reason = Status.UNMEASURED, f"{', '.join(by_status[Status.UNMEASURED])} is unmeasured"
        elif by_status[Status.WAIVED]:
            # A waiver there is no waiver here: this policy has to give its own.
            status, reason = Status.FAIL, f"{', '.join(by_status[Status.WAIVED])} is waived, which is no pass"
        passed = len(by_status[Status.PASS])
        return Finding(
            status,
            len(chosen),
            measured=f"{passed}/{sum(len(names) for names in by_status.values())}" if chosen else None,
            threshold="all pass",
            unit="verdicts",
            reason=reason,
            hint="Run the action that answers it, with the same release folder, before this gate.",
            evidence=tuple(evidence),
        )


def _counted(record: dict[str, Any], *, allow_waived: bool) -> dict[str, Any]:
    """Return a record, its status `pass` where somebody let it through by name and that is enough here."""
    is_let_through = record["status"] == Status.WAIVED.value or "allowed" in record
    return {**record, "status": Status.PASS.value} if allow_waived and is_let_through else record


def _read_all(context: Context) -> tuple[list[dict[str, Any]], list[Evidence], list[Place]]:
    """Return the records of all files that fit, the files as evidence, and what is wrong with the others."""
    records: list[dict[str, Any]] = []
    evidence: list[Evidence] = []
    places: list[Place] = []
    for name, path in _files(context):
        try:
            document = documents.load_json(path, limit=MAX_FILE)
            if not isinstance(document, dict) or document.get("kind") != KIND:
                continue
            evidence.append(hash_of(path, name))
            documents.validate(document, "verdicts", name)
        except Error as fault:
            places.append(Place(name, 0, f"{fault.what}: {fault.why}"[:300]))
            continue
        commit = document.get("subject", {}).get("commit", "")
        if commit != context.subject or not commit:
            whose = f"is about commit {commit}, not {context.subject or 'a known one'}" if commit else "names no commit"
            places.append(Place(name, 0, whose))
            continue
        records += document["verdicts"]
    return records, evidence, places


def _files(context: Context) -> list[tuple[str, Path]]:
    found = [(path.name, path) for path in context.verdicts]
    folder = context.folder / EVIDENCE if context.folder is not None else None
    if folder is not None and folder.is_dir():
        found += [(f"{EVIDENCE}/{path.name}", path) for path in folder.glob("*.json") if path.is_file()]
    if len(found) > MAX_FILES:
        raise Error("GATE012", f"there are more than {MAX_FILES} files of verdicts", fix="Take old ones out.")
    return sorted(found)


def read(fields: Fields) -> OfOthers:
    """Take the options out of a policy's entry."""
    return OfOthers(fields.texts("of"), fields.flag("allow-waived", default=False))
