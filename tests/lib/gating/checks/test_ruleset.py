"""`ruleset`: the branch's active rules require exactly the checks of the policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from maximus.errors import Error, ExitStatus
from maximus.verdict import Status
from tests.fakehub.faults import Status as Broken
from tests.lib.gating.entries import judge_entry
from tests.lib.gating.hub import asker

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.gating.judging import Judged
    from tests.fakehub.fixtures import FakeHub

RULE = "type: ruleset, checks: [{context: verdict, integration-id: 15368}]"
REQUIRED = {"context": "verdict", "integration_id": 15368}


def rule(*checks: dict[str, Any], strict: bool = True) -> dict[str, Any]:
    """Return a rule as GitHub lists it."""
    parameters = {"required_status_checks": list(checks), "strict_required_status_checks_policy": strict}
    return {"type": "required_status_checks", "parameters": parameters}


def judge(root: Path, fakehub: FakeHub, *rules: dict[str, Any], options: str = RULE, branch: str = "main") -> Judged:
    """Return what becomes of the check on a branch with these rules."""
    hub = fakehub({"repos": {"acme/app": {"rules": {branch: list(rules)}}}})
    return judge_entry(root, options, ask=asker(hub), repository="acme/app", branch=branch)


def test_passes_where_exactly_these_are_required(tmp_path: Path, fakehub: FakeHub) -> None:
    """From the app that they have to come from, whatever other rules there are."""
    judged = judge(tmp_path, fakehub, {"type": "deletion"}, rule(REQUIRED))
    assert (judged.verdict.status, judged.verdict.inspected, judged.verdict.measured) == (Status.PASS, 1, 1)


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ([], ["verdict from app 15368 is not required"]),
        ([{"type": "deletion"}], ["verdict from app 15368 is not required"]),
        (
            [rule({"context": "verdict"})],
            ["verdict from app 15368 is not required", "verdict from anybody is required and not in the policy"],
        ),
        (
            [rule({"context": "verdict", "integration_id": 1})],
            ["verdict from app 15368 is not required", "verdict from app 1 is required and not in the policy"],
        ),
        (
            [rule(REQUIRED), rule({"context": "more", "integration_id": 15368})],
            ["more from app 15368 is required and not in the policy"],
        ),
        (
            [rule({"context": "Verdict", "integration_id": 15368})],
            [
                "verdict from app 15368 is not required",
                "Verdict from app 15368 is required and not in the policy",
            ],
        ),
    ],
)
def test_fails_on_a_mutant(tmp_path: Path, fakehub: FakeHub, rules: list[dict[str, Any]], told: list[str]) -> None:
    """No rule, another app, no app, one more, another case: each is named."""
    judged = judge(tmp_path, fakehub, *rules)
    assert judged.verdict.status is Status.FAIL
    assert [place.text for place in judged.finding.places] == told


def test_is_unmeasured_without_anybody_to_ask(tmp_path: Path) -> None:
    """A list in a file proves nothing about a ruleset."""
    judged = judge_entry(tmp_path, RULE, repository="acme/app", branch="main")
    assert (judged.verdict.status, judged.verdict.inspected) == (Status.UNMEASURED, 0)


def test_is_unmeasured_where_the_branch_is_not_known(tmp_path: Path, fakehub: FakeHub) -> None:
    """On a laptop nobody says which one counts; the policy may."""
    hub = fakehub({"repos": {"acme/app": {"rules": {"main": [rule(REQUIRED)]}}}})
    judged = judge_entry(tmp_path, RULE, ask=asker(hub), repository="acme/app")
    assert (judged.verdict.status, judged.verdict.reason) == (Status.UNMEASURED, "which branch is meant is not known")
    judged = judge_entry(tmp_path, RULE + ", branch: main, repository: acme/app", ask=asker(hub))
    assert judged.verdict.status is Status.PASS


def test_an_up_to_date_branch_can_be_asked_for(tmp_path: Path, fakehub: FakeHub) -> None:
    """By the API's own name for it."""
    strict = RULE + ", strict: true"
    assert judge(tmp_path, fakehub, rule(REQUIRED), options=strict).verdict.status is Status.PASS
    judged = judge(tmp_path, fakehub, rule(REQUIRED, strict=False), options=strict)
    assert [place.text for place in judged.finding.places] == ["the branch need not be up to date before it is merged"]


def test_a_branch_with_a_slash_is_asked_for(tmp_path: Path, fakehub: FakeHub) -> None:
    """Its name is one part of the address."""
    assert judge(tmp_path, fakehub, rule(REQUIRED), branch="release/1.x").verdict.status is Status.PASS


def test_all_pages_are_read(tmp_path: Path, fakehub: FakeHub) -> None:
    """A hundred rules before it change nothing."""
    many = [{"type": "deletion"}] * 130
    assert judge(tmp_path, fakehub, *many, rule(REQUIRED)).verdict.status is Status.PASS


@pytest.mark.parametrize("repository", ["acme/app", "acme/gone"])
def test_no_answer_ends_with_3(tmp_path: Path, fakehub: FakeHub, repository: str) -> None:
    """GitHub that cannot be reached, or does not show the repository, is neither a pass nor a fail."""
    hub = fakehub({"repos": {"acme/app": {}}})
    if repository == "acme/app":
        hub.inject(Broken(502), path="/repos/*/rules/branches/*", times=9)
    judged = judge_entry(tmp_path, RULE, ask=asker(hub), repository=repository, branch="main")
    assert judged.verdict.status is Status.UNMEASURED
    assert judged.error is not None
    assert judged.error.status is ExitStatus.OUTSIDE


def test_the_app_must_be_named(tmp_path: Path) -> None:
    """A check from anybody can be spoofed by whoever may set a status."""
    with pytest.raises(Error) as caught:
        judge_entry(tmp_path, "type: ruleset, checks: [{context: verdict}]")
    assert "integration-id" in caught.value.why
