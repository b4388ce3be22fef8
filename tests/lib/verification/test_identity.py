"""Who must have signed: what is taken, what is refused, and how a signer is compared."""

from __future__ import annotations

import dataclasses
import string
from typing import Any

import pytest
from hypothesis import given, strategies

from maximus.errors import Error, ExitStatus
from maximus.verification.identity import (
    Asked,
    ByIdentity,
    ByKey,
    ByWorkflow,
    describe,
    matches_ref,
    mismatches,
    policy_faults,
    read_policy,
)
from maximus.verification.signer import Signer

ISSUER = "https://token.actions.githubusercontent.com"
APP = "https://github.com/octo/app"
WORKFLOW = f"{APP}/.github/workflows/release.yml"
GOOD = Asked(repository="octo/app", workflow=".github/workflows/release.yml", issuer=ISSUER)
SIGNER = Signer(
    identity=f"{WORKFLOW}@refs/tags/v1.2.3",
    issuer=ISSUER,
    workflow=f"{WORKFLOW}@refs/tags/v1.2.3",
    repository=APP,
    repository_id="1296269",
    owner_id="583231",
    ref="refs/tags/v1.2.3",
)


def test_takes_a_name_and_a_path_for_the_public_server() -> None:
    """`owner/name` and a path in it mean the workflow's whole address."""
    assert read_policy(GOOD) == ByWorkflow(APP, WORKFLOW, ISSUER)


def test_takes_a_bare_name_for_the_server_that_is_given() -> None:
    """On GitHub Enterprise Server a bare name means that server."""
    policy = read_policy(dataclasses.replace(GOOD, server="https://git.acme.example"))
    assert policy == ByWorkflow(
        "https://git.acme.example/octo/app", "https://git.acme.example/octo/app/.github/workflows/release.yml", ISSUER
    )


def test_takes_a_workflow_of_another_repository_when_it_is_named() -> None:
    """A called workflow lives elsewhere, and the source stays what was named."""
    policy = read_policy(dataclasses.replace(GOOD, workflow="acme/build/.github/workflows/go.yaml"))
    assert policy == ByWorkflow(APP, "https://github.com/acme/build/.github/workflows/go.yaml", ISSUER)


def test_takes_a_whole_address_as_repository() -> None:
    """A repository's address means the same as its name."""
    assert read_policy(dataclasses.replace(GOOD, repository=APP)) == read_policy(GOOD)


@pytest.mark.parametrize(
    "pattern", [".*", "*", ".+", "^.*$", "octo/.*", "octo/*", "*/*", "octo/app|evil/app", "octo/app$"]
)
@pytest.mark.parametrize("field", ["repository", "workflow", "issuer", "identity"])
def test_refuses_a_pattern_where_a_value_is_taken(field: str, pattern: str) -> None:
    """A pattern that could match another's release is a usage error that names the input."""
    base = Asked(issuer=ISSUER) if field == "identity" else GOOD
    changed: dict[str, Any] = {field: pattern}
    faults = policy_faults(dataclasses.replace(base, **changed))
    assert any(fault.startswith(f"`{field}`") for fault in faults)


@pytest.mark.parametrize(
    "ref",
    [
        ".*",
        "*",
        "**",
        "refs/*",
        "refs/**",
        "refs/*/*",
        "v*",
        "^refs/tags/v1$",
        "refs/tags/v.*",
        "@refs/.+$",
        "refs/tags/(a|b)",
    ],
)
def test_refuses_a_ref_that_matches_everything_or_is_unanchored(ref: str) -> None:
    """A ref pattern covers the whole ref, and says something about it."""
    assert any(fault.startswith("`ref`") for fault in policy_faults(dataclasses.replace(GOOD, ref=ref)))


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (Asked(issuer=ISSUER), "repository"),
        (dataclasses.replace(GOOD, repository=""), "repository"),
        (dataclasses.replace(GOOD, issuer=""), "issuer"),
        (dataclasses.replace(GOOD, workflow="release.yml"), "workflow"),
        (dataclasses.replace(GOOD, workflow=".github/workflows/release.yml@refs/heads/main"), "workflow"),
        (dataclasses.replace(GOOD, repository="octo"), "repository"),
        (dataclasses.replace(GOOD, repository="octo/app.git"), "repository"),
        (dataclasses.replace(GOOD, repository="github.com/octo/app"), "repository"),
        (Asked(identity="github.com/octo/app/", issuer=ISSUER), "identity"),
        (Asked(identity="octo", issuer=ISSUER), "identity"),
    ],
)
def test_refuses_what_is_not_enough_to_know_one_signer(asked: Asked, named: str) -> None:
    """What is missing or half given is a usage error that names the input to use."""
    assert any(fault.startswith(f"`{named}`") for fault in policy_faults(asked))


def test_says_everything_that_is_wrong_at_once() -> None:
    """Nobody mends inputs one run at a time."""
    with pytest.raises(Error) as caught:
        read_policy(Asked(repository=".*", workflow="x", ref="v1", issuer=".*"))
    assert caught.value.status is ExitStatus.USAGE
    assert [word in caught.value.what for word in ("`repository`", "`workflow`", "`ref`", "`issuer`")] == [True] * 4


@pytest.mark.parametrize("field", ["repository", "workflow", "ref"])
def test_refuses_an_identity_beside_its_parts(field: str) -> None:
    """An exact identity says all that the parts say."""
    asked = dataclasses.replace(GOOD, ref="refs/tags/v*", identity="someone@acme.example")
    assert any(fault.startswith(f"`{field}`") for fault in policy_faults(asked))


@pytest.mark.parametrize("field", ["repository", "workflow", "ref", "identity"])
def test_refuses_a_key_beside_an_identity(field: str) -> None:
    """A key belongs to nobody in particular, so that nothing else can be asked of it."""
    value = {"identity": "someone@acme.example"}.get(
        field, getattr(dataclasses.replace(GOOD, ref="refs/tags/v1"), field)
    )
    assert policy_faults(Asked(has_key=True, issuer=ISSUER, **{field: value})) == [
        f"`{field}` says nothing about a key: give it or `key`, not both"
    ]


def test_accepts_the_signer_that_was_asked_for() -> None:
    """The workflow in its own repository, on a matching ref, is nobody else."""
    assert mismatches(ByWorkflow(APP, WORKFLOW, ISSUER, "refs/tags/v*"), SIGNER) == ()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("repository", "https://github.com/evil/app", "signed by evil/app, but you asked for octo/app"),
        ("repository", "", "source repository is not stated"),
        ("repository", "https://github.com/octo/application", "signed by octo/application, but you asked for octo/app"),
        ("repository", "https://github.com/Octo/app", "only upper and lower case differ"),
        ("workflow", f"{APP}/.github/workflows/other.yml@refs/tags/v1.2.3", "signing workflow is"),
        ("workflow", f"{WORKFLOW}@evil.yml", "signing workflow is"),
        ("workflow", f"{WORKFLOW}.yml@refs/tags/v1.2.3", "signing workflow is"),
        ("workflow", f"https://github.com/evil/app/{WORKFLOW}@refs/tags/v1.2.3", "signing workflow is"),
        ("ref", "refs/heads/main", "ref is refs/heads/main, expected refs/tags/v*"),
        ("ref", "refs/tags/v1/evil", "ref is"),
        ("issuer", "https://evil.example", "issuer is https://evil.example, expected"),
        ("issuer", f"{ISSUER}/acme", "issuer is"),
        ("identity", "https://github.com/evil/app/.github/workflows/release.yml@refs/tags/v1.2.3", "the identity is"),
    ],
)
def test_refuses_a_signer_that_differs_in_one_claim(field: str, value: str, words: str) -> None:
    """Each claim is compared as a whole, and a difference is said in words."""
    changed: dict[str, Any] = {field: value}
    signer = dataclasses.replace(SIGNER, **changed)
    (found,) = mismatches(ByWorkflow(APP, WORKFLOW, ISSUER, "refs/tags/v*"), signer)
    assert words in found


def test_refuses_the_right_workflow_called_for_another_source() -> None:
    """Anybody may call a public reusable workflow: its name alone proves nothing about the source."""
    called = dataclasses.replace(SIGNER, repository="https://github.com/evil/app")
    assert mismatches(ByWorkflow(APP, WORKFLOW, ISSUER), called)
    assert mismatches(ByIdentity(SIGNER.identity, ISSUER), called)


def test_accepts_a_called_workflow_that_was_named() -> None:
    """A signer in another repository is accepted when it is the one that was asked for."""
    build = "https://github.com/acme/build/.github/workflows/go.yml"
    signer = dataclasses.replace(SIGNER, workflow=f"{build}@refs/heads/main", identity=f"{build}@refs/heads/main")
    assert mismatches(ByWorkflow(APP, build, ISSUER), signer) == ()


def test_accepts_an_old_certificate_by_its_name() -> None:
    """A certificate without the signing workflow's claim names it as its identity."""
    old = dataclasses.replace(SIGNER, workflow="", is_old=True)
    assert mismatches(ByWorkflow(APP, WORKFLOW, ISSUER), old) == ()


def test_compares_an_exact_identity_as_a_whole() -> None:
    """An identity that only begins or ends like the expected one is another."""
    policy = ByIdentity("someone@acme.example", ISSUER)
    signers = [
        Signer(name, ISSUER) for name in ("someone@acme.example", "nosomeone@acme.example", "someone@acme.example.evil")
    ]
    assert [mismatches(policy, signer) == () for signer in signers] == [True, False, False]


def test_never_takes_a_certificate_for_a_key() -> None:
    """Under a key's policy no certificate is who was asked for."""
    assert mismatches(ByKey("sha256:00"), SIGNER)


@pytest.mark.parametrize(
    ("pattern", "ref", "expected"),
    [
        ("refs/tags/v*", "refs/tags/v1.2.3", True),
        ("refs/tags/v*", "refs/tags/v1/x", False),
        ("refs/tags/v**", "refs/tags/v1/x", True),
        ("refs/tags/v1.?", "refs/tags/v1.2", True),
        ("refs/tags/v1.2", "refs/tags/v1x2", False),
        ("refs/tags/v1", "refs/tags/v1\n", False),
        ("refs/heads/main", "xrefs/heads/main", False),
    ],
)
def test_matches_the_whole_ref(pattern: str, ref: str, expected: bool) -> None:  # noqa: FBT001 - a table
    """A glob covers the whole ref; a dot is a dot, and one star stays within a part."""
    assert matches_ref(pattern, ref) is expected


@given(strategies.text(string.ascii_letters + string.digits + "/.*+?^$()[]|\\@:-_", max_size=40))
def test_no_text_makes_a_policy_that_matches_a_stranger(text: str) -> None:
    """Whatever is given as repository and workflow, a signer from elsewhere never matches."""
    stranger = Signer(
        "https://github.com/x-stranger/y/.github/workflows/z.yml@refs/heads/z",
        ISSUER,
        repository="https://github.com/x-stranger/y",
    )
    for asked in (
        dataclasses.replace(GOOD, repository=text),
        dataclasses.replace(GOOD, workflow=text),
        Asked(identity=text, issuer=ISSUER),
        dataclasses.replace(GOOD, ref=text),
    ):
        if not policy_faults(asked):
            assert mismatches(read_policy(asked), stranger)


def test_says_who_was_expected() -> None:
    """The description names workflow, source, ref and issuer."""
    text = describe(ByWorkflow(APP, WORKFLOW, ISSUER, "refs/tags/v*"))
    assert all(part in text for part in (APP, WORKFLOW, ISSUER, "refs/tags/v*"))


OWN = ByWorkflow(APP, "", ISSUER)


def test_a_repository_alone_takes_any_workflow_that_lives_in_it() -> None:
    """Which of its own workflows signed is not asked then."""
    assert read_policy(dataclasses.replace(GOOD, workflow="")) == OWN
    other = f"{APP}/.github/workflows/other.yaml@refs/heads/main"
    assert mismatches(OWN, SIGNER) == ()
    assert mismatches(OWN, dataclasses.replace(SIGNER, workflow=other, identity=other)) == ()


@pytest.mark.parametrize(
    "workflow",
    [
        "https://github.com/evil/shared/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/octo/application/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/octo/app/evil/x/.github/workflows/release.yml@refs/tags/v1",
        "https://github.com/octo/app/.github/workflows/sub/release.yml@refs/tags/v1",
        "https://github.com/octo/app/.github/other/release.yml@refs/tags/v1",
        "https://github.com/octo/app/.github/workflows/release.yml@main",
        "https://github.com/octo/app/.github/workflows/release.yml",
        "https://github.com/Octo/App/.github/workflows/release.yml@refs/tags/v1",
        "https://evil.example/octo/app/.github/workflows/release.yml@refs/tags/v1",
        "octo/app/.github/workflows/release.yml@refs/tags/v1",
        "",
    ],
)
def test_a_repository_alone_never_takes_a_workflow_of_elsewhere(workflow: str) -> None:
    """The reusable-workflow trap: one that lives in another repository has to be named."""
    signer = dataclasses.replace(SIGNER, workflow=workflow, identity=workflow or "somebody@example.org")
    found = mismatches(OWN, signer)
    assert any("does not live in" in text for text in found)


def test_a_repository_alone_still_asks_for_source_and_issuer() -> None:
    """Another source, another issuer: each is refused with the workflow in its own repository."""
    assert mismatches(OWN, dataclasses.replace(SIGNER, repository="https://github.com/evil/app"))
    assert mismatches(OWN, dataclasses.replace(SIGNER, issuer="https://issuer.example"))
