"""Who must have signed, as a type: nobody can write a policy here that matches everybody.

Three kinds: a GitHub workflow in a named repository, one exact identity, one public key. Every value is
compared as a whole; the only pattern there is, the ref's, is a glob over the whole ref.

The certificate's name (SAN) is that of the *called* workflow, and anybody may call a public reusable one.
So the source repository is always part of the policy, and the signing workflow must live in it unless
it is named, which may be one of another repository.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from maximus.errors import Error, ExitStatus

from .claims import NO_CLAIMS, Claims, claim_faults, claim_mismatches, describe_claims

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .signer import Signer

__all__ = [
    "Asked",
    "ByIdentity",
    "ByKey",
    "ByWorkflow",
    "Policy",
    "describe",
    "mismatches",
    "policy_faults",
    "read_policy",
    "refuse",
]

GITHUB: Final = "https://github.com"
"""The server that a bare `owner/name` lives on."""

_NAME = r"[A-Za-z0-9_][A-Za-z0-9_-]*/[A-Za-z0-9._-]+"
_REPOSITORY = re.compile(rf"(?:(?P<server>https?://[A-Za-z0-9.-]+(?::\d+)?)/)?(?P<name>{_NAME})")
_PATH = re.compile(r"\.github/workflows/[^/@*?\\\s]+\.ya?ml")
_WORKFLOW = re.compile(
    rf"(?:(?:(?P<server>https?://[A-Za-z0-9.-]+(?::\d+)?)/)?(?P<name>{_NAME})/)?(?P<path>{_PATH.pattern})"
)
_ISSUER = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/[A-Za-z0-9._~!$&'(),;=:@%/+-]*)?")
_IDENTITY = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/]+/\S*|[^\s@/]+@[^\s@/]+")
_PATTERN = re.compile(r"\*|\.\+|^\^|\$$|\\|\[|\||\(\?")
"""What gives a pattern away where only an exact value is taken."""
_REF = re.compile(r"refs/[^\s~^:\\\[\]|]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a caller gave, as text; empty where it gave nothing."""

    repository: str = ""
    workflow: str = ""
    ref: str = ""
    issuer: str = ""
    identity: str = ""
    has_key: bool = False
    server: str = GITHUB
    """The server of a bare `owner/name`."""
    claims: Claims = NO_CLAIMS
    """What else the certificate must state."""


@dataclass(frozen=True, slots=True)
class ByWorkflow:
    """A workflow, run for a source repository."""

    repository: str
    """The source repository's address."""
    workflow: str
    """The signing workflow's address without its ref; empty for any that lives in the source repository."""
    issuer: str
    ref: str = ""
    """A glob over the whole source ref; empty for any ref of that repository."""
    claims: Claims = NO_CLAIMS


@dataclass(frozen=True, slots=True)
class ByIdentity:
    """One exact identity, vouched for by one issuer."""

    identity: str
    issuer: str
    claims: Claims = NO_CLAIMS


@dataclass(frozen=True, slots=True)
class ByKey:
    """Whoever holds the private half of one key."""

    fingerprint: str
    """`sha256:` and 64 hexadecimal digits over the public key's DER."""


Policy = ByWorkflow | ByIdentity | ByKey


def read_policy(asked: Asked) -> ByWorkflow | ByIdentity:
    """Return the keyless policy that was asked for.

    Raises Error VERIFY001 (usage) with every fault at once, each naming its input.
    """
    refuse(policy_faults(asked))
    if asked.identity:
        return ByIdentity(asked.identity, asked.issuer, asked.claims)
    repository = _address(_REPOSITORY, asked.repository, asked.server)
    if not asked.workflow:
        return ByWorkflow(repository, "", asked.issuer, asked.ref, asked.claims)
    found = _WORKFLOW.fullmatch(asked.workflow)
    assert found is not None  # noqa: S101 - `policy_faults` has seen to it
    home = f"{found['server'] or asked.server}/{found['name']}" if found["name"] else repository
    return ByWorkflow(repository, f"{home}/{found['path']}", asked.issuer, asked.ref, asked.claims)


def refuse(wrong: Sequence[str]) -> None:
    """Raise Error VERIFY001 (usage) with everything that is wrong with the inputs, where anything is."""
    if wrong:
        raise Error(
            "VERIFY001",
            "; ".join(sorted(wrong)),
            fix="Name who must have signed: `repository` and `workflow`, or `identity` and `issuer`, or `key`.",
            where=f"input {min(wrong).split('`')[1]}",
            status=ExitStatus.USAGE,
        )


def policy_faults(asked: Asked) -> list[str]:
    """Return what is wrong with what was asked, sorted; each fault begins with its input in backticks."""
    if asked.has_key:
        named = [name for name in ("identity", "ref", "repository", "workflow") if getattr(asked, name)]
        named += [name for name, _ in asked.claims.given()]
        return [f"`{name}` says nothing about a key: give it or `key`, not both" for name in sorted(named)]
    wrong = _issuer_faults(asked.issuer) + claim_faults(asked.claims)
    if asked.identity:
        wrong += [
            f"`{name}` and `identity` exclude each other: an identity names workflow and ref already"
            for name in ("ref", "repository", "workflow")
            if getattr(asked, name)
        ]
        return sorted(wrong + _identity_faults(asked.identity))
    wrong += _repository_faults(asked.repository, has_workflow=bool(asked.workflow))
    if asked.workflow:
        wrong += _workflow_faults(asked.workflow)
    if asked.ref:
        wrong += _ref_faults(asked.ref)
    return sorted(wrong)


def _repository_faults(text: str, *, has_workflow: bool) -> list[str]:
    if not text:
        why = (
            "beside `workflow`: anybody may call a public workflow" if has_workflow else "to say who must have built it"
        )
        return [f"`repository` is needed {why}; or give `identity` and `issuer`, or `key`"]
    if _REPOSITORY.fullmatch(text):
        return ["`repository` is the name alone, without `.git`"] if text.endswith(".git") else []
    if _PATTERN.search(text):
        return [f"`repository` takes no pattern ({text!r}): name one repository, `owner/name`"]
    return [f"`repository` is `owner/name` or its whole address, not {text!r}"]


def _workflow_faults(text: str) -> list[str]:
    if _WORKFLOW.fullmatch(text):
        return []
    if "@" in text:
        return [f"`workflow` is a path without a ref ({text!r}): give the ref in `ref`"]
    if _PATTERN.search(text):
        return [f"`workflow` takes no pattern ({text!r}): name one file, such as `.github/workflows/release.yml`"]
    return [f"`workflow` is a path such as `.github/workflows/release.yml`, or `owner/name/PATH`, not {text!r}"]


def _ref_faults(text: str) -> list[str]:
    if ".*" in text or ".+" in text or text.startswith("^") or text.endswith("$"):
        return [f"`ref` is a glob over the whole ref, not a regular expression ({text!r}): write `refs/tags/v*`"]
    if not text.replace("*", "").replace("?", "").replace("/", "").removeprefix("refs"):
        return [f"`ref` matches every ref ({text!r}): leave it out, or narrow it, as in `refs/tags/v*`"]
    if not _REF.fullmatch(text):
        return [f"`ref` is a whole git ref such as `refs/tags/v*` or `refs/heads/main`, not {text!r}"]
    return []


def _issuer_faults(text: str) -> list[str]:
    if not text:
        return ["`issuer` is needed: the issuer that must have vouched for the identity"]
    if "*" in text or not _ISSUER.fullmatch(text):
        return [f"`issuer` is one exact address, never a pattern, not {text!r}"]
    return []


def _identity_faults(text: str) -> list[str]:
    if _PATTERN.search(text):
        better = "give the whole identity, or use `repository`, `workflow` and `ref`"
        return [f"`identity` is exact and takes no pattern ({text!r}): {better}"]
    if not _IDENTITY.fullmatch(text):
        example = "`https://github.com/owner/name/.github/workflows/release.yml@refs/tags/v1`"
        return [f"`identity` is a whole one, an address such as {example} or a mail address, not {text!r}"]
    return []


def _address(pattern: re.Pattern[str], text: str, server: str) -> str:
    found = pattern.fullmatch(text)
    assert found is not None  # noqa: S101 - `policy_faults` has seen to it
    return f"{found['server'] or server}/{found['name']}"


def mismatches(policy: Policy, signer: Signer) -> tuple[str, ...]:
    """Return in words how the signer differs from the policy; nothing where it is who was asked for."""
    match policy:
        case ByWorkflow():
            return (*_workflow_mismatches(policy, signer), *claim_mismatches(policy.claims, signer))
        case ByIdentity():
            return (*_identity_mismatches(policy, signer), *claim_mismatches(policy.claims, signer))
        case ByKey():
            return (f"it was signed by {signer.identity}, expected the key {policy.fingerprint}",)
        case _:
            assert_never(policy)


def _workflow_mismatches(policy: ByWorkflow, signer: Signer) -> tuple[str, ...]:
    found = []
    if signer.issuer != policy.issuer:
        found.append(_differs("issuer", signer.issuer, policy.issuer))
    if signer.repository != policy.repository:
        found.append(_other_source(signer.repository, policy.repository))
    # Certificates older than the extension .9 name the workflow in the SAN alone.
    workflow, _, ref = (signer.workflow or signer.identity).rpartition("@")
    if not policy.workflow and not (_lives_in(workflow, policy.repository) and _is_ref(ref)):
        # The reusable-workflow trap: anybody may call a public one, and who called it does not own it.
        shown = signer.workflow or signer.identity
        found.append(f"the signing workflow {shown} does not live in {policy.repository}; name it with `workflow`")
    elif policy.workflow and (workflow != policy.workflow or not _is_ref(ref)):
        found.append(_differs("signing workflow", signer.workflow or signer.identity, policy.workflow))
    elif signer.workflow and signer.workflow != signer.identity:
        found.append(f"the identity is {signer.identity}, but the signing workflow {signer.workflow}")
    if policy.ref and not matches_ref(policy.ref, signer.ref):
        found.append(_differs("ref", signer.ref, policy.ref))
    return tuple(found)


def _lives_in(workflow: str, repository: str) -> bool:
    """Tell whether the workflow's file lies where a repository keeps its own."""
    home, separator, path = workflow.partition("/.github/")
    return home == repository and bool(separator) and _PATH.fullmatch(f".github/{path}") is not None


def _is_ref(text: str) -> bool:
    return text.startswith("refs/") or re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", text) is not None


def _identity_mismatches(policy: ByIdentity, signer: Signer) -> tuple[str, ...]:
    found = []
    if signer.issuer != policy.issuer:
        found.append(_differs("issuer", signer.issuer, policy.issuer))
    if signer.identity != policy.identity:
        found.append(_differs("identity", signer.identity, policy.identity))
    elif signer.repository and not signer.identity.startswith(f"{signer.repository}/"):
        # The reusable-workflow trap: right workflow, but run for somebody else's source.
        found.append(
            f"that workflow was called from {signer.repository}; "
            "name the source with `repository` and the workflow as `owner/name/PATH` with `workflow`"
        )
    return tuple(found)


def _differs(what: str, found: str, expected: str) -> str:
    text = f"{what} is {found or 'not stated'}, expected {expected}"
    return text + (" (only upper and lower case differ)" if found.lower() == expected.lower() else "")


def _other_source(found: str, expected: str) -> str:
    """Return in words that another repository's release was signed: by the names alone where the server is one."""
    if not found:
        return f"the source repository is not stated, but you asked for {expected}"
    case = " (only upper and lower case differ)" if found.lower() == expected.lower() else ""
    servers = {text.rpartition("/")[0].rpartition("/")[0] for text in (found, expected)}
    if len(servers) == 1:
        (server,) = servers
        found, expected = found.removeprefix(f"{server}/"), expected.removeprefix(f"{server}/")
    return f"signed by {found}, but you asked for {expected}{case}"


def matches_ref(pattern: str, ref: str) -> bool:
    """Tell whether the glob matches the whole ref: `*` and `?` stop at a `/`, `**` does not."""
    parts = re.split(r"(\*\*|\*|\?)", pattern)
    wild = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.fullmatch("".join(wild.get(part, re.escape(part)) for part in parts), ref, re.DOTALL) is not None


def describe(policy: Policy) -> str:
    """Return the policy in words, for the one line that says what was expected."""
    match policy:
        case ByWorkflow():
            ref = f" at {policy.ref}" if policy.ref else ""
            claims = describe_claims(policy.claims)
            who = policy.workflow or "any workflow of its own"
            return f"{who} run for {policy.repository}{ref}{claims}, vouched for by {policy.issuer}"
        case ByIdentity():
            return f"{policy.identity}{describe_claims(policy.claims)}, vouched for by {policy.issuer}"
        case ByKey():
            return f"the key {policy.fingerprint}"
        case _:
            assert_never(policy)
