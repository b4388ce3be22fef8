"""The verdict as a statement that others can rely on: SLSA's verification summary, version 1. Pure.

See: https://slsa.dev/spec/v1.1/verification_summary
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from maximus import documents
from maximus.signing.statements import STATEMENT_TYPE, Subject, release_predicate

from .records import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .material import Sealed
    from .records import Record

__all__ = ["SUMMARY_PREDICATE", "VERIFIER", "resource_of", "verification_summary"]

SUMMARY_PREDICATE: Final = "https://slsa.dev/verification_summary/v1"
VERIFIER: Final = "https://github.com/maximus/actions/verify"
LEVEL: Final = "MAXIMUS_COMPLIANT"
"""What was found is no level of SLSA's own, whose names none but they may use."""


def verification_summary(  # noqa: PLR0913 - the parts of a summary
    found: Sequence[Record],
    sealed: Sequence[Sealed],
    *,
    resource: str,
    policy: Mapping[str, Any],
    is_compliant: bool,
    version: str,
    time: str = "",
) -> dict[str, Any]:
    """Return the statement, the same for the same release, policy and verdict.

    Its subjects are the files that are there and that the verdict is about; those that may be without a signature
    are none. `resource` is the release's purl, `time` (RFC 3339) is stated only where it is given.
    """
    subjects = [
        {"name": record.name, "digest": {"sha256": record.sha256}}
        for record in found
        if record.sha256 and record.state not in (State.UNSIGNED, State.PUBLIC_KEY)
    ]
    digest = hashlib.sha256(documents.canonical(dict(policy))).hexdigest()
    predicate: dict[str, Any] = {
        "inputAttestations": [
            {"uri": quote(item.name), "digest": {"sha256": hashlib.sha256(item.raw).hexdigest()}}
            for item in sorted(sealed, key=lambda item: item.name)
        ],
        "policy": {"uri": f"urn:maximus:verify-policy:sha256:{digest}", "digest": {"sha256": digest}},
        "resourceUri": resource,
        "slsaVersion": "1.1",
        "verificationResult": "PASSED" if is_compliant else "FAILED",
        "verifiedLevels": [LEVEL if is_compliant else "FAILED"],
        "verifier": {"id": VERIFIER, "version": {"maximus": version}},
    }
    if time:
        predicate["timeVerified"] = time
    return {
        "_type": STATEMENT_TYPE,
        "predicate": predicate,
        "predicateType": SUMMARY_PREDICATE,
        "subject": subjects,
    }


def resource_of(found: Sequence[Record], repository: str, tag: str) -> str:
    """Return the purl of the release: of its repository and tag where they are known, else of its content."""
    subjects = [Subject(record.name, record.sha256) for record in found if record.sha256]
    return release_predicate(subjects, repository=repository, ref=tag, repository_id="")["purl"]
