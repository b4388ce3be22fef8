"""What else a certificate must state: what is taken, what is refused, and how it is compared."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from maximus.verification.claims import Claims, claim_faults, claim_mismatches, describe_claims
from maximus.verification.identity import (
    Asked,
    ByIdentity,
    ByWorkflow,
    describe,
    mismatches,
    policy_faults,
    read_policy,
)
from maximus.verification.signer import Signer

ISSUER = "https://token.actions.githubusercontent.com"
APP = "https://github.com/octo/app"
WORKFLOW = f"{APP}/.github/workflows/release.yml"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
ALL = Claims("1296269", "583231", "github-hosted", "push", "production", COMMIT)
SIGNER = Signer(
    identity=f"{WORKFLOW}@refs/tags/v1",
    issuer=ISSUER,
    workflow=f"{WORKFLOW}@refs/tags/v1",
    repository=APP,
    repository_id="1296269",
    owner_id="583231",
    runner="github-hosted",
    trigger="push",
    environment="production",
    commit=COMMIT,
)
OTHER = {
    "repository_id": "1296270",
    "owner_id": "58323",
    "runner": "self-hosted",
    "trigger": "pull_request_target",
    "environment": "Production",
    "commit": COMMIT[::-1],
}


def test_accepts_a_signer_that_states_all_of_it() -> None:
    """Where every claim is as asked, nothing differs."""
    assert (claim_faults(ALL), claim_mismatches(ALL, SIGNER)) == ([], ())


@pytest.mark.parametrize("field", OTHER)
def test_refuses_a_signer_that_states_something_else(field: str) -> None:
    """Each claim is compared exactly, and named by its input."""
    changed: dict[str, Any] = {field: OTHER[field]}
    name = field.replace("_", "-")
    for policy in (ByWorkflow(APP, WORKFLOW, ISSUER, claims=ALL), ByIdentity(SIGNER.identity, ISSUER, ALL)):
        (found,) = mismatches(policy, dataclasses.replace(SIGNER, **changed))
        assert found.startswith(f"{name} is {OTHER[field]}, expected ")


@pytest.mark.parametrize("field", OTHER)
def test_what_is_not_stated_is_not_what_was_asked(field: str) -> None:
    """An old certificate without the claim does not satisfy it."""
    changed: dict[str, Any] = {field: ""}
    (found,) = claim_mismatches(ALL, dataclasses.replace(SIGNER, **changed))
    assert "is not stated" in found


WRONG = [".*", "*", "push\n::x", "\x1b[2J", "a" * 300]
NO_NUMBERS = ["0", "-1", "1e3", "\u0661", "ABCDEF"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((field, value) for field in OTHER for value in WRONG),
        *((field, value) for field in OTHER if field != "environment" for value in NO_NUMBERS),
    ],
)
def test_refuses_what_is_no_exact_value(field: str, value: str) -> None:
    """No claim takes a pattern, and each has its form; an environment's name is any one printable line."""
    changed: dict[str, Any] = {field: value}
    asked = Asked("octo/app", ".github/workflows/release.yml", issuer=ISSUER, claims=Claims(**changed))
    assert [fault.split("`")[1] for fault in policy_faults(asked)] == [field.replace("_", "-")]


def test_refuses_a_shortened_commit() -> None:
    """Seven digits are a prefix that others can be made to have."""
    assert claim_faults(Claims(commit=COMMIT[:7]))[0].startswith("`commit` is a whole commit id")


def test_refuses_claims_beside_a_key() -> None:
    """A key states nothing of all that."""
    faults = policy_faults(Asked(has_key=True, issuer=ISSUER, claims=ALL))
    assert [fault.split("`")[1] for fault in faults] == sorted(name for name, _ in ALL.given())


def test_what_is_asked_is_said() -> None:
    """The line that says who was expected has the claims too."""
    asked = Asked("octo/app", ".github/workflows/release.yml", issuer=ISSUER, claims=ALL)
    assert describe_claims(ALL) in describe(read_policy(asked))
    assert "repository-id 1296269, owner-id 583231, runner github-hosted, trigger push" in describe_claims(ALL)
