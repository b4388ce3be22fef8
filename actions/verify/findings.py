"""What `verify` writes of its findings: the verdict on the root, a statement for others, a policy for the next time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maximus.verdict import Verdict
    from maximus.verification.material import Material
    from maximus.verification.proof import Proof
    from maximus.verification.records import Record
    from maximus.verification.terms import Terms
    from maximus.verification.trust import Trust

    from ..face import Face
    from .expectation import Bench
    from .inputs import Inputs

__all__ = ["source_name", "trust_verdict", "write_policy", "write_statement"]


def trust_verdict(trust: Trust, face: Face) -> Verdict:
    """Return which root was believed, as a verdict, and say it; that it should have been renewed is a warning.

    TUF itself refuses a root whose time is over. One that is used offline cannot be better than it is: whether that
    will do is for the caller to say, who asked for no request.
    """
    from maximus.verdict import Status, Verdict  # noqa: PLC0415 - `--help` needs nothing of it
    from maximus.verification.instances import expiry_words  # noqa: PLC0415 - likewise

    words = expiry_words(trust, datetime.now(UTC))
    face.say(trust.describe() + (f"; {words}" if words else ""))
    if words.startswith("it "):
        face.warn(f"the trusted root is old: {words}; a signer's key that was withdrawn since then is still believed")
    expires = f"; to be renewed by {trust.expires}" if trust.expires else ""
    return Verdict("verify.trust-root", Status.PASS, 1, 1, 1, "roots", reason=trust.describe() + expires)


def write_statement(  # noqa: PLR0913 - the parts of a statement
    inputs: Inputs,
    bench: Bench,
    terms: Terms,
    *,
    found: Sequence[Record],
    material: Material,
    tag: str,
    is_compliant: bool,
    face: Face,
) -> str:
    """Write the verification summary where it was asked for, its predicate beside it, and return its path."""
    if not inputs.statement:
        return ""
    from maximus import __version__, documents  # noqa: PLC0415 - only a statement needs them
    from maximus.files import write_whole  # noqa: PLC0415 - likewise
    from maximus.verification.policies import policy_document  # noqa: PLC0415 - likewise
    from maximus.verification.summary import resource_of, verification_summary  # noqa: PLC0415 - likewise

    path = Path(inputs.statement)
    epoch = face.environment.get("SOURCE_DATE_EPOCH", "")
    document = verification_summary(
        found,
        material.sealed,
        resource=resource_of(found, source_name(inputs.repository), tag),
        policy=policy_document(bench.policy, terms, inputs.require),
        is_compliant=is_compliant,
        version=__version__,
        time=datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if epoch.isdecimal() else "",
    )
    documents.validate(document, "verification-summary", str(path))
    write_whole(path, documents.pretty(document))
    # `sign` takes a predicate and makes the statement around it itself.
    write_whole(path.with_name(f"{path.stem}.predicate.json"), documents.pretty(document["predicate"]))
    return path.as_posix()


def write_policy(  # noqa: PLR0913 - the parts of a policy
    inputs: Inputs, bench: Bench, terms: Terms, proof: Proof, *, is_compliant: bool, face: Face
) -> str:
    """Write the policy where it was asked for and return its path; nothing of a release that is not compliant."""
    if not inputs.pin:
        return ""
    from maximus import documents  # noqa: PLC0415 - only a policy needs it
    from maximus.files import write_whole  # noqa: PLC0415 - likewise
    from maximus.verification.policies import policy_document  # noqa: PLC0415 - likewise

    if not is_compliant:
        face.warn("no policy was written: only what was verified is pinned", where=inputs.pin)
        return ""
    document = policy_document(bench.policy, terms, inputs.require, proof)
    documents.validate(document, "verify-policy", inputs.pin)
    write_whole(Path(inputs.pin), json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    pinned = ", ".join(f"{name} {document[name]}" for name in ("repository-id", "owner-id", "key") if name in document)
    face.say(f"pinned in {inputs.pin}: {pinned or 'what was asked for, without ids: the certificates state none'}")
    return Path(inputs.pin).as_posix()


def source_name(repository: str) -> str:
    """Return `owner/name` of a repository that may be given as an address."""
    return "/".join(repository.rstrip("/").split("/")[-2:]) if repository else ""
