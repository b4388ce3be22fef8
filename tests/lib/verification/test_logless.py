"""Instances without a log, as GitHub's own for private repositories, and signatures whose log entry does not hold."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from maximus.errors import Error
from maximus.verification.finding import Fact, NotLogged
from maximus.verification.keyless import KeylessJudge
from maximus.verification.trust import read_trust
from maximus.verification.verifier import bundle_verifier

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from maximus.verification.finding import Finding
    from maximus.verification.identity import Policy
    from tests.lib.verification.conftest import Real

KIND = "cosign-statement-v2"
"""A bundle whose time is an authority's: Rekor v2 states none."""


def root(real: Real, folder: Path, **changes: Any) -> Path:  # noqa: ANN401 - JSON
    """Write the stack's trusted root with some of its parts changed."""
    path = folder / "root.json"
    path.write_text(json.dumps(json.loads(real.root.read_bytes()) | changes), encoding="utf-8")
    return path


def found(real: Real, trust: Path, document: Mapping[str, Any], policy: Policy | None = None) -> Finding:
    """Return what a bundle proves under a root."""
    judge = KeylessJudge(read_trust(trust), policy or real.policy)
    return real.find(judge, json.dumps(document).encode())


def unlogged(real: Real) -> dict[str, Any]:
    """Return a bundle that says nothing of a log, as GitHub's instance makes them."""
    document: dict[str, Any] = json.loads(real.bundles[KIND])
    del document["verificationMaterial"]["tlogEntries"]
    return document


def test_a_root_without_logs_takes_the_timestamp_and_never_claims_a_log(real: Real, tmp_path: Path) -> None:
    """Signature and identity hold by the authority's time; that it is in no log stays a fault of the log."""
    finding = found(real, root(real, tmp_path, tlogs=[], ctlogs=[]), unlogged(real))
    assert [fault.code for fault in finding.faults] == ["VERIFY022"]
    assert finding.holds(Fact.SIGNATURES)
    assert finding.holds(Fact.IDENTITY)
    assert not finding.holds(Fact.LOG)
    assert isinstance(finding.log, NotLogged)
    assert finding.timestamps == 1


def test_a_root_without_logs_still_asks_who_signed(real: Real, tmp_path: Path) -> None:
    """Somebody else's signature is somebody else's."""
    other = dataclasses.replace(real.policy, repository="https://github.com/octo/other")
    finding = found(real, root(real, tmp_path, tlogs=[], ctlogs=[]), unlogged(real), other)
    assert not finding.holds(Fact.IDENTITY)


def test_a_root_with_logs_never_takes_a_bundle_without_an_entry(real: Real) -> None:
    """What the public instance signs is in its log, whatever the bundle leaves out."""
    finding = found(real, real.root, unlogged(real))
    assert [fault.code for fault in finding.faults] == ["VERIFY017"]
    assert not finding.holds(Fact.LOG)


def test_a_root_without_logs_needs_a_timestamp(real: Real, tmp_path: Path) -> None:
    """Without a log and without an authority's word nobody knows when it was signed."""
    document = unlogged(real)
    del document["verificationMaterial"]["timestampVerificationData"]
    finding = found(real, root(real, tmp_path, tlogs=[], ctlogs=[]), document)
    assert not finding.holds(Fact.SIGNATURES)


@pytest.mark.parametrize(
    "parts",
    [
        {"tlogs": [], "ctlogs": [], "timestampAuthorities": []},
        {"tlogs": []},
        {"ctlogs": []},
        {"tlogs": [], "ctlogs": [], "certificateAuthorities": []},
    ],
)
def test_refuses_a_root_that_lacks_a_part_and_is_not_without_logs(
    real: Real, tmp_path: Path, parts: dict[str, Any]
) -> None:
    """Half of the logs missing is a mistake in the root, and no authority at all proves nothing."""
    with pytest.raises(Error, match="VERIFY007"):
        bundle_verifier(read_trust(root(real, tmp_path, **parts)))


def test_a_log_entry_that_does_not_hold_does_not_hide_who_signed(real: Real) -> None:
    """Where the log is not required, a stranger's signature with a spoilt entry must still be a stranger's."""
    document = json.loads(real.bundles[KIND])
    document["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["rootHash"] = "AAAA"
    other = dataclasses.replace(real.policy, repository="https://github.com/octo/other")
    finding = found(real, real.root, document, other)
    assert finding.holds(Fact.SIGNATURES)
    assert not finding.holds(Fact.LOG)
    assert not finding.holds(Fact.IDENTITY)
    assert found(real, real.root, document).holds(Fact.IDENTITY)
