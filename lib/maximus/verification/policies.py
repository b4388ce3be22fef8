"""A policy in a file: who must have signed and on which terms, written from a release that was verified.

It is JSON under `schemas/verify-policy.schema.json`. What a file says and what an input says must not contradict.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from maximus import documents
from maximus.errors import Error, ExitStatus, nearest

from .finding import Fact
from .identity import ByIdentity, ByKey, ByWorkflow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .identity import Policy
    from .proof import Proof
    from .terms import Terms

__all__ = ["KEYS", "PolicyFile", "merged", "policy_document", "read_policy_file"]

MAX_POLICY: Final = 1 << 20
"""Bytes of the largest policy that is read."""
VERSION: Final = 1
_TEXTS: Final = (
    *("repository", "workflow", "ref", "issuer", "identity", "key"),
    *("repository-id", "owner-id", "runner", "trigger", "environment", "commit"),
)
_NUMBERS: Final = ("min-log-entries", "min-timestamps")
KEYS: Final = ("version", *_TEXTS, "allow-unsigned", *_NUMBERS, "require")
"""What a policy may say, under the names of the inputs."""
_DECIDING: Final = frozenset({"allow-unsigned", "identity", "key", "require", "workflow"})
"""Inputs that would decide differently where the policy says nothing of them; others only ask for more."""
_NOBODY: Final = "it names nobody: `repository`, or `identity` and `issuer`, or `key` are needed"
_PINNED: Final = ("repository_id", "owner_id", "runner")
"""What stays the same from one release to the next, unlike ref, commit and run."""


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy that was read."""

    name: str
    values: Mapping[str, str | tuple[str, ...]]
    """By the inputs' names, as the inputs would be given; `key` is a fingerprint."""
    sha256: str
    """Over the file's bytes."""


def read_policy_file(path: Path) -> PolicyFile:
    """Return the policy in a file.

    Raises Error VERIFY045 (usage) with every fault at once: not JSON, unknown keys with the nearest known one,
    values of another kind.
    """
    where = str(path)
    try:
        raw = documents.read_document(path, limit=MAX_POLICY)
        document = documents.parse_json(raw, where)
    except Error as error:
        raise _unusable(where, [error.why or error.what]) from error
    if not isinstance(document, dict):
        raise _unusable(where, ["it is no JSON object"])
    wrong = [f"unknown key {key!r}: {nearest(key, KEYS)}" for key in sorted(document) if key not in KEYS]
    known = {key: value for key, value in document.items() if key in KEYS}
    # The schema says this by `anyOf`, which no person wants to read.
    wrong += [_NOBODY if "anyOf" in fault else fault for fault in documents.faults(known, "verify-policy")]
    if wrong:
        raise _unusable(where, wrong)
    return PolicyFile(where, _values(known), hashlib.sha256(raw).hexdigest())


def _values(document: Mapping[str, Any]) -> dict[str, str | tuple[str, ...]]:
    values: dict[str, str | tuple[str, ...]] = {key: document[key] for key in _TEXTS if key in document}
    values |= {key: str(document[key]) for key in _NUMBERS if key in document}
    if "allow-unsigned" in document:
        values["allow-unsigned"] = tuple(f"{item['files']}: {item['reason']}" for item in document["allow-unsigned"])
    if "require" in document:
        values["require"] = tuple(document["require"])
    return values


def _unusable(where: str, wrong: Sequence[str]) -> Error:
    return Error(
        "VERIFY045",
        f"{where} is no policy to verify by",
        why="; ".join(wrong),
        fix="`verify --pin FILE` writes one from a release that was verified.",
        where="input policy",
        status=ExitStatus.USAGE,
    )


def merged(policy: PolicyFile, given: Mapping[str, str | tuple[str, ...]]) -> dict[str, str | tuple[str, ...]]:
    """Return the inputs that the policy adds; the key that it asks for is named by an input and compared elsewhere.

    `given` are the inputs that somebody gave. Raises Error VERIFY046 (usage) where one says another thing than the
    policy: whoever means to verify by something else leaves the policy out.
    """
    wrong = []
    added: dict[str, str | tuple[str, ...]] = {}
    for name, value in policy.values.items():
        if name == "key":
            if "key" not in given:
                wrong.append(f"`key` is needed: {policy.name} asks for {value}, and a fingerprint is no key")
        elif name not in given or _is_short(name, given[name], value):
            added[name] = value
        elif given[name] != value:
            wrong.append(f"`{name}` is {_shown(given[name])}, and {policy.name} says {_shown(value)}")
    others = _DECIDING & given.keys() - policy.values.keys()
    wrong += [f"`{name}` is not in {policy.name}, and would decide differently" for name in others]
    if wrong:
        raise Error(
            "VERIFY046",
            "inputs and policy contradict each other",
            why="; ".join(sorted(wrong)),
            fix="Leave out one of them, or change the policy.",
            where="input policy",
            status=ExitStatus.USAGE,
        )
    return added


def _is_short(name: str, given: str | tuple[str, ...], stated: str | tuple[str, ...]) -> bool:
    """Tell whether a name is the short form of the address in the policy, which is the one that counts then."""
    texts = isinstance(given, str) and isinstance(stated, str)
    return texts and name in ("repository", "workflow") and str(stated).endswith(f"/{given}")


def _shown(value: str | tuple[str, ...]) -> str:
    return ", ".join(value) if isinstance(value, tuple) else value


def policy_document(
    policy: Policy, terms: Terms, require: Sequence[str] = (), proof: Proof | None = None
) -> dict[str, Any]:
    """Return what was asked for as a policy; with `proof` pinned to the numbers of who signed.

    Pinned are the workflow, the ids and the runner, which stay the same from release to release, where every
    signature that holds states the same. Numbers never change hands, names may.
    """
    document: dict[str, Any] = {"version": VERSION}
    match policy:
        case ByWorkflow():
            document |= {"repository": policy.repository, "issuer": policy.issuer}
            document |= {"workflow": policy.workflow} if policy.workflow else {}
            document |= {"ref": policy.ref} if policy.ref else {}
            document |= dict(policy.claims.given())
        case ByIdentity():
            document |= {"identity": policy.identity, "issuer": policy.issuer} | dict(policy.claims.given())
        case ByKey():
            document["key"] = policy.fingerprint
    if proof is not None and isinstance(policy, ByWorkflow):
        document |= _stated(proof)
    if terms.allow_unsigned:
        document["allow-unsigned"] = [{"files": each.pattern, "reason": each.reason} for each in terms.allow_unsigned]
    document |= {"min-log-entries": terms.min_log_entries} if terms.min_log_entries else {}
    document |= {"min-timestamps": terms.min_timestamps} if terms.min_timestamps else {}
    document |= {"require": sorted(set(require))} if require else {}
    return document


def _stated(proof: Proof) -> dict[str, str]:
    """Return what every signer who was asked for states, and states alike."""
    signers = [
        finding.signer
        for outcome in proof.outcomes
        for finding in outcome.findings
        if finding.signer and finding.holds(Fact.SIGNATURES) and finding.holds(Fact.IDENTITY)
    ]
    found = {}
    for name in _PINNED:
        values = {getattr(signer, name) for signer in signers}
        if len(values) == 1 and (value := values.pop()):
            found[name.replace("_", "-")] = value
    workflows = {signer.workflow.rpartition("@")[0] for signer in signers}
    if len(workflows) == 1 and (workflow := workflows.pop()):
        found["workflow"] = workflow
    return found
