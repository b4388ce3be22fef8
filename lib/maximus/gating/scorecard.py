"""What a gate leaves behind: a scorecard of claims, its telemetry, and an in-toto statement of what passed. Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maximus.gating.bounds import shown
from maximus.verdict import Status, overall

if TYPE_CHECKING:
    import datetime as dt

    from maximus.gating.judging import Judged, Share
    from maximus.gating.policy import Policy

__all__ = ["Subject", "scorecard", "slug", "statement", "telemetry"]

MAX_PLACES = 1_000
"""Places of one check that a scorecard names; it says how many there are."""
STATEMENT = "https://in-toto.io/Statement/v1"
SVR = "https://in-toto.io/attestation/svr/v0.2"
"""See https://github.com/in-toto/attestation/blob/main/spec/predicates/svr.md."""
VERIFIER = "https://github.com/maximus/actions/gate"


@dataclass(frozen=True, slots=True)
class Subject:
    """What was judged."""

    commit: str
    """40 or 64 hexadecimal digits; empty where the tree is no checkout."""
    is_clean: bool
    """Whether the tree is that commit, with no change of a tracked file."""
    repository: str = ""
    """`owner/name`."""


def slug(name: str) -> str:
    """Return a policy's name as a file's name may hold it."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:60] or "policy"


def scorecard(
    policy: Policy, judged: tuple[Judged, ...], groups: tuple[Share, ...], subject: Subject, *, changed: bool | None
) -> dict[str, Any]:
    """Return the claims, after `schemas/gate-scorecard.schema.json`: the same for the same tree and policy.

    `changed` says whether the policy changed since the base; None where that is not known.
    """
    verdicts = [item.verdict for item in judged] + [share.verdict for share in groups if share.verdict]
    counts = Counter(item.verdict.status.value for item in judged)
    record: dict[str, Any] = {
        "kind": "maximus-gate-scorecard",
        "version": 1,
        "verdict": overall(verdicts).value,
        "policy": {
            "name": policy.name,
            "files": [{"name": source.name, "sha256": source.sha256} for source in policy.sources],
        },
        "counts": {status.value: counts[status.value] for status in Status},
        "checks": [_check(item) for item in judged],
        "groups": [_group(share) for share in groups],
        "left-out": [{"id": left.id, "why": left.why} for left in policy.left_out],
    }
    if changed is not None:
        record["policy"]["changed"] = changed
    if subject.commit:
        record["subject"] = {"commit": subject.commit, "clean": subject.is_clean}
    return record


def _check(item: Judged) -> dict[str, Any]:
    entry, finding = item.entry, item.finding
    record: dict[str, Any] = {
        "id": entry.id,
        "type": entry.type,
        "title": entry.title,
        "verdict": item.verdict.as_document(),
    }
    record |= {key: value for key, value in (("group", entry.group), ("source", entry.source)) if value}
    if finding.places:
        record["places"] = [
            {"path": place.path, **({"line": place.line} if place.line else {}), "text": place.text}
            for place in finding.places[:MAX_PLACES]
        ]
        record["places-total"] = len(finding.places)
    return record


def _group(share: Share) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": share.id or "(all)",
        "title": share.title,
        "passed": share.passed,
        "counted": share.counted,
    }
    if share.target is not None:
        record["target"] = shown(share.target)
    if share.verdict is not None:
        record["verdict"] = share.verdict.status.value
    return record


def telemetry(judged: tuple[Judged, ...], today: dt.date) -> dict[str, Any]:
    """Return what differs from run to run: the day that waivers were judged by, and how long each check took."""
    return {
        "judged-on": today.isoformat(),
        "milliseconds": {item.entry.id: round(item.seconds * 1000) for item in judged},
    }


def statement(policy: Policy, judged: tuple[Judged, ...], subject: Subject, created: dt.datetime) -> dict[str, Any]:
    """Return the statement of what passed about the commit: an SVR, passing properties only.

    A property is `maximus.gate/POLICY/CHECK`. What failed, was waived or not measured is not named at all.
    """
    name = f"git+https://github.com/{subject.repository}@{subject.commit}" if subject.repository else subject.commit
    passed = sorted(item.entry.id for item in judged if item.verdict.status is Status.PASS)
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"gitCommit": subject.commit}}],
        "predicateType": SVR,
        "predicate": {
            "verifier": {
                "id": VERIFIER,
                "policies": [{"name": source.name, "digest": {"sha256": source.sha256}} for source in policy.sources],
            },
            "timeCreated": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "properties": [f"maximus.gate/{slug(policy.name)}/{ident}" for ident in passed],
        },
    }
