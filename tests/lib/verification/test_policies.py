"""A policy in a file: its limit, and what is pinned of several signers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus import documents
from maximus.errors import Error
from maximus.verification.finding import Fact, Fault, Finding, Logged
from maximus.verification.folder import Account
from maximus.verification.identity import ByIdentity, ByWorkflow
from maximus.verification.policies import MAX_POLICY, policy_document, read_policy_file
from maximus.verification.proof import Outcome, Proof
from maximus.verification.signer import Signer
from maximus.verification.terms import NO_TERMS

if TYPE_CHECKING:
    from pathlib import Path

APP = "https://github.com/octo/app"
POLICY = ByWorkflow(APP, f"{APP}/.github/workflows/release.yml", "https://issuer.example", "refs/tags/v*")


def proof(*signers: Signer, faults: tuple[Fault, ...] = ()) -> Proof:
    """Return a proof of one file for each signer."""
    outcomes = tuple(
        Outcome(f"f{number}", "0" * 64, (Finding(faults, signer, log=Logged(1, "log")),), ())
        for number, signer in enumerate(signers)
    )
    return Proof(outcomes, Account((), (), (), ()))


def signer(repository_id: str = "1", owner_id: str = "2", runner: str = "github-hosted") -> Signer:
    """Return a signer with these numbers."""
    return Signer("https://x", repository_id=repository_id, owner_id=owner_id, runner=runner)


def test_what_all_signers_state_is_pinned() -> None:
    """A number that differs between files, or that a certificate does not state, is not pinned."""
    document = policy_document(POLICY, NO_TERMS, (), proof(signer(), signer(runner="self-hosted", owner_id="")))
    assert {name: document.get(name) for name in ("repository-id", "owner-id", "runner")} == {
        "repository-id": "1",
        "owner-id": None,
        "runner": None,
    }
    assert documents.faults(document, "verify-policy") == ()


def test_a_stranger_is_never_pinned() -> None:
    """A signer who is not the one that was asked for gives no number."""
    stranger = proof(signer(), faults=(Fault(Fact.IDENTITY, "VERIFY018", "other"),))
    assert "repository-id" not in policy_document(POLICY, NO_TERMS, (), stranger)


def test_an_exact_identity_is_a_policy_too() -> None:
    """Identity and issuer stand in it, and it holds to its schema."""
    document = policy_document(ByIdentity("a@example.org", "https://issuer.example"), NO_TERMS, ("log", "identity"))
    assert documents.faults(document, "verify-policy") == ()
    assert document["require"] == ["identity", "log"]


def test_a_policy_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    """A huge file is refused, not parsed."""
    path = tmp_path / "policy.json"
    path.write_text(" " * (MAX_POLICY + 1), encoding="utf-8")
    with pytest.raises(Error) as caught:
        read_policy_file(path)
    assert caught.value.code == "VERIFY045"
