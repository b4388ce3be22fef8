"""The record with which every check answers, and how many answers become one."""

from __future__ import annotations

import dataclasses
import re

import pytest

from maximus import documents
from maximus.errors import ExitStatus
from maximus.verdict import Evidence, Status, Verdict, Waiver, overall

WAIVER = Waiver("a maintainer", "the mirror is down", "2026-12-31")


def verdict(status: Status, **parts: object) -> Verdict:
    """Return a verdict with this status, waiver included where it needs one."""
    base = Verdict("sbom.spdx", Status.FAIL, 1)
    waiver = WAIVER if status is Status.WAIVED else None
    return dataclasses.replace(base, status=status, waiver=waiver, **parts)  # type: ignore[arg-type]  # fields by name


def test_a_check_that_inspected_nothing_cannot_pass() -> None:
    """A pass over nothing is a bug and raises."""
    with pytest.raises(ValueError, match="inspected nothing"):
        Verdict("verify.log", Status.PASS, 0)


@pytest.mark.parametrize(("status", "waiver"), [(Status.WAIVED, None), (Status.PASS, WAIVER), (Status.FAIL, WAIVER)])
def test_a_waiver_and_its_status_go_together(status: Status, waiver: Waiver | None) -> None:
    """A waived verdict names its waiver and no other verdict carries one."""
    with pytest.raises(ValueError, match="waive"):
        Verdict("verify.log", status, 1, waiver=waiver)


@pytest.mark.parametrize(
    ("status", "exit_status"),
    [
        (Status.PASS, ExitStatus.PASS),
        (Status.FAIL, ExitStatus.FAILED),
        (Status.UNMEASURED, ExitStatus.UNMEASURED),
        (Status.WAIVED, ExitStatus.PASS),
    ],
)
def test_a_status_leads_to_its_exit_status(status: Status, exit_status: ExitStatus) -> None:
    """A fail is 1, unmeasured 70, and what passes or is waived blocks nothing."""
    assert status.exit_status is exit_status


@pytest.mark.parametrize(
    ("found", "one"),
    [
        ([], Status.UNMEASURED),
        ([Status.PASS], Status.PASS),
        ([Status.PASS, Status.WAIVED], Status.WAIVED),
        ([Status.PASS, Status.WAIVED, Status.UNMEASURED], Status.UNMEASURED),
        ([Status.UNMEASURED, Status.FAIL, Status.PASS], Status.FAIL),
    ],
)
def test_the_worst_status_stands_for_all(found: list[Status], one: Status) -> None:
    """Fail comes before unmeasured, waived and pass; no verdict at all is unmeasured."""
    assert overall(verdict(status) for status in found) is one


def test_the_document_leaves_out_what_is_empty() -> None:
    """Only the check, its status and its count are always there."""
    assert verdict(Status.FAIL, inspected=0).as_document() == {"check": "sbom.spdx", "status": "fail", "inspected": 0}


def test_the_document_keeps_a_measured_zero() -> None:
    """Zero found of a threshold of zero is a measurement and not an absence."""
    document = verdict(Status.PASS, measured=0, threshold=0).as_document()

    assert (document["measured"], document["threshold"]) == (0, 0)


def test_the_document_sorts_its_evidence() -> None:
    """Two runs that found the evidence in another order write the same bytes."""
    first, second = Evidence("a.json", "0" * 64), Evidence("b.json", "1" * 64)

    assert (
        verdict(Status.PASS, evidence=(second, first)).as_document()
        == verdict(Status.PASS, evidence=(first, second)).as_document()
    )


@pytest.mark.parametrize("status", list(Status))
def test_the_document_holds_to_its_schema(status: Status) -> None:
    """Every record that can be made is valid under `schemas/verdict.schema.json`."""
    full = verdict(
        status,
        measured="3/4",
        threshold=4,
        unit="files",
        evidence=(Evidence("release/sbom.spdx.json", "0" * 64),),
        reason="one is unsigned",
        hint="Sign it.",
        code="VERIFY004",
    )

    assert documents.faults(full.as_document(), "verdict") == ()
    assert documents.faults(verdict(status).as_document(), "verdict") == ()


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"status": "ok"}, "status"),
        ({"inspected": -1}, "inspected"),
        ({"surprise": 1}, "surprise"),
        ({"evidence": [{"path": "a", "sha256": "xyz"}]}, "evidence"),
    ],
)
def test_the_schema_refuses_what_is_no_verdict(change: dict[str, object], names: str) -> None:
    """The schema names the field that is wrong or unknown."""
    found = documents.faults(verdict(Status.FAIL).as_document() | change, "verdict")

    assert found
    assert re.search(names, "; ".join(found))


def test_what_may_be_unmeasured_blocks_nothing_beside_a_measurement() -> None:
    """An allowed gap beside a pass counts as waived; alone it stays unmeasured, for nothing was looked at."""
    gap = Verdict("gate.load", Status.UNMEASURED, 0, allowed="no load test yet")
    assert overall([gap, verdict(Status.PASS)]) is Status.WAIVED
    assert overall([gap]) is Status.UNMEASURED
    assert documents.faults(gap.as_document(), "verdict") == ()


def test_only_a_gap_can_be_allowed() -> None:
    """A pass or a fail that is `allowed` raises, and the schema refuses it."""
    with pytest.raises(ValueError, match="only what is unmeasured"):
        Verdict("gate.load", Status.FAIL, 1, allowed="no load test yet")
    assert documents.faults(verdict(Status.FAIL).as_document() | {"allowed": "so"}, "verdict")


def test_a_waiver_names_its_issue_where_it_has_one() -> None:
    """The issue is kept, and an empty one is left out."""
    waived = dataclasses.replace(verdict(Status.WAIVED), waiver=dataclasses.replace(WAIVER, issue="#7"))
    told = {"issue": "#7", "until": "2026-12-31", "who": WAIVER.who, "why": WAIVER.why}
    assert waived.as_document()["waiver"] == told
    assert documents.faults(waived.as_document(), "verdict") == ()
    assert "issue" not in str(verdict(Status.WAIVED).as_document())
