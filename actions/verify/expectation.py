"""Who must have signed, as `verify` is told: by its inputs, by a policy in a file, under one trusted root."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maximus.errors import Error, ExitStatus

from ..custody import find_key, is_reference, key_in_variable, refuse_pasted
from ..declare import GITHUB_ISSUER

if TYPE_CHECKING:
    from maximus.signing.keys import PublicKey
    from maximus.verification.finding import Judge
    from maximus.verification.identity import Policy
    from maximus.verification.policies import PolicyFile
    from maximus.verification.trust import Trust

    from ..face import Face
    from .inputs import Inputs

__all__ = ["Bench", "bench_of", "reads_files", "with_policy"]


@dataclass(frozen=True, slots=True)
class Bench:
    """What judges, and by what."""

    policy: Policy
    judge: Judge
    key: PublicKey | None = None
    trust: Trust | None = None
    """The trusted root; None where a key alone decides."""


def with_policy(inputs: Inputs) -> tuple[Inputs, PolicyFile | None]:
    """Return the inputs with what the policy in a file adds to them.

    Raises Error VERIFY045 (usage) for a file that is no policy, VERIFY046 (usage) where the two contradict.
    """
    if not inputs.policy:
        return inputs, None
    from maximus.verification.policies import merged, read_policy_file  # noqa: PLC0415 - `--help` needs nothing of it

    read = read_policy_file(Path(inputs.policy))
    given = {
        field.name.replace("_", "-"): value
        for field in dataclasses.fields(inputs)
        if (value := getattr(inputs, field.name)) != field.default
    }
    added: dict[str, Any] = {name.replace("-", "_"): value for name, value in merged(read, given).items()}
    return dataclasses.replace(inputs, **added), read


def bench_of(inputs: Inputs, face: Face, read: PolicyFile | None) -> Bench:
    """Return who must have signed, and the judge for it; raises Error VERIFY001 (usage) with all faults at once."""
    from maximus.verification import identity  # noqa: PLC0415 - as above
    from maximus.verification.claims import Claims  # noqa: PLC0415 - likewise

    # With `tag` and `attestations` the repository says where they are; a key and an exact identity say who signed.
    is_place = bool((inputs.tag or inputs.attestations) and (inputs.key or inputs.identity))
    asked = identity.Asked(
        repository="" if is_place else inputs.repository,
        workflow=inputs.workflow,
        ref=inputs.ref,
        issuer=inputs.issuer,
        identity=inputs.identity,
        has_key=bool(inputs.key),
        server=(face.environment.get("GITHUB_SERVER_URL") or identity.GITHUB).rstrip("/"),
        claims=Claims(
            repository_id=inputs.repository_id,
            owner_id=inputs.owner_id,
            runner=inputs.runner,
            trigger=inputs.trigger,
            environment=inputs.environment,
            commit=inputs.commit,
        ),
    )
    wrong = identity.policy_faults(asked) + _contradictions(inputs)
    identity.refuse(wrong)
    if inputs.key:
        return _by_key(inputs, face, read)
    keyless = identity.read_policy(asked)
    from maximus.verification.keyless import KeylessJudge  # noqa: PLC0415 - neither key nor wrong input should cost it

    trust = _trust(inputs, face)
    return Bench(keyless, KeylessJudge(trust, keyless), trust=trust)


_EXCLUSIVE = (
    ("folder", "files", "a whole release, or single files"),
    ("files", "tag", "single files here, or a whole release from GitHub"),
    ("bundles", "tag", "a release's bundles are attached to it"),
    ("offline", "tag", "a release is fetched from GitHub"),
    ("offline", "search", "a log is asked over the network"),
    ("offline", "attestations", "GitHub is asked over the network"),
    ("instance", "trust-config", "both say whose root is believed"),
)
"""Pairs of inputs of which one at most may be given, and why."""


def _contradictions(inputs: Inputs) -> list[str]:
    """Return what the inputs say against each other beside who signed; each begins with its input in backticks."""
    wrong = [
        f"`{one}` and `{other}` exclude each other: {why}"
        for one, other, why in _EXCLUSIVE
        if getattr(inputs, one) and getattr(inputs, other.replace("-", "_"))
    ]
    if inputs.search and inputs.key:
        wrong.append("`search` says nothing about a key: logs are searched for what identities signed")
    if inputs.key and inputs.issuer != GITHUB_ISSUER:
        wrong.append("`issuer` says nothing about a key: give it or `key`, not both")
    return wrong


def _by_key(inputs: Inputs, face: Face, read: PolicyFile | None) -> Bench:
    from maximus.verification.identity import ByKey  # noqa: PLC0415 - as above
    from maximus.verification.keyed import KeyJudge  # noqa: PLC0415 - 60 ms of cryptography

    if inputs.offline and is_reference(inputs.key):
        raise Error(
            "VERIFY060",
            "`offline` and a `key` in a service exclude each other",
            why="the service is asked over the network",
            fix="Keep its public half in a file, and name that: cosign public-key --key REFERENCE.",
            where="input key",
            status=ExitStatus.USAGE,
        )
    key = _public_key(inputs.key, face)
    wanted = read.values.get("key", "") if read else ""
    if wanted and wanted != key.fingerprint:
        raise Error(
            "VERIFY048",
            "`key` is not the key that the policy asks for",
            why=f"it is {key.fingerprint}, and {inputs.policy} says {wanted}",
            fix="Take the key from where you took the policy.",
            where="input key",
            status=ExitStatus.USAGE,
        )
    trust, verifier = None, None
    if "log" in inputs.require:
        from maximus.verification.verifier import bundle_verifier  # noqa: PLC0415 - only a log entry needs it

        trust = _trust(inputs, face)
        verifier = bundle_verifier(trust)
    return Bench(ByKey(key.fingerprint), KeyJudge(key, verifier), key, trust)


def _trust(inputs: Inputs, face: Face) -> Trust:
    from maximus.verification.instances import find_trust, read_instance  # noqa: PLC0415 - as above

    config = Path(inputs.trust_config) if inputs.trust_config else None
    return find_trust(read_instance(inputs.instance), config, offline=inputs.offline, say=face.say)


def _public_key(source: str, face: Face) -> PublicKey:
    refuse_pasted(source)
    if is_reference(source):
        from maximus.signing.transport import Limits  # noqa: PLC0415 - only a key in a service is waited for

        return find_key(source, Limits(), face).public
    from maximus.signing.keys import load_public_key, read_public_key  # noqa: PLC0415 - 60 ms of cryptography

    if held := key_in_variable(source, face, is_secret=False):
        return load_public_key(*held)
    return read_public_key(Path(source), source)


def reads_files(bench: Bench) -> bool:
    """Tell whether the judge reads a file's bytes again: Ed25519 signs them and not their digest."""
    if bench.key is None:
        return False
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - loaded already

    return isinstance(bench.key.key, Ed25519PublicKey)
