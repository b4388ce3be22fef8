"""`draft` in mode `rollback`, against the fake GitHub, with releases that are really signed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from maximus.documents import faults
from maximus.files import hash_file
from maximus.notes.rollback import MARKER
from maximus.signing.keys import SigningKey
from maximus.signing.signers import KeySigner
from tests.fakehub.faults import Lost, Meanwhile, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.actions.draft.drafting import Run
    from tests.fakehub.fixtures import FakeHub
    from tests.fakehub.server import Hub

KEY = SigningKey(ec.generate_private_key(ec.SECP256R1()))
SBOM = json.dumps(
    {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "components": [{"type": "library", "name": "a", "version": "1"}],
    }
)
COMMAND = "maximus verify --folder release --key maximus.pub"
RECORD = Path("release/evidence/rollback.json")
ASKED = {"mode": "rollback", "reason": "It leaks memory.", "verify-command": COMMAND}


def signed(tmp_path: Path, version: str) -> list[dict[str, str]]:
    """Return the assets of a release: a file, an SBOM, and the bundle of each."""
    assets = {"app.whl": f"app {version}", "sbom.cdx.json": SBOM}
    for name, content in tuple(assets.items()):
        path = tmp_path / "made" / version / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        assets[f"{name}.sigstore.json"] = KeySigner(KEY).sign_file(hash_file(path))
    return [{"name": name, "content": content} for name, content in assets.items()]


@pytest.fixture
def world(tmp_path: Path, draft: Callable[..., Run]) -> Callable[..., dict[str, Any]]:  # noqa: ARG001 - its folder
    """Make a world of three releases, the last of which nobody signed, with the key at hand."""
    Path("maximus.pub").write_bytes(KEY.public.pem)

    def make(**changes: dict[str, Any]) -> dict[str, Any]:
        releases: list[dict[str, Any]] = [
            {"tag_name": "v1.2.0", "body": "Bad.\n", "created_at": "2026-03-01T00:00:00Z"},
            {"tag_name": "v1.1.0", "assets": signed(tmp_path, "v1.1.0"), "created_at": "2026-02-01T00:00:00Z"},
            {"tag_name": "v1.0.0", "assets": signed(tmp_path, "v1.0.0"), "created_at": "2026-01-01T00:00:00Z"},
        ]
        for release in releases:
            release |= changes.get(release["tag_name"].replace(".", "_"), {})  # noqa: PLW2901 - changed in place
        return {"repos": {"acme/app": {"releases": releases}}}

    return make


def latest(hub: Hub) -> str:
    """Return the tag of the latest release."""
    found = hub.world.repositories["acme/app"].latest_release()
    return found.tag if found else ""


def body(hub: Hub, tag: str) -> str:
    """Return a release's notes."""
    return next(release["body"] or "" for release in hub.release_state["acme/app"] if release["tag_name"] == tag)


def test_the_last_compliant_release_becomes_the_latest(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    world: Callable[..., dict[str, Any]],
) -> None:
    """Nothing is un-published, no tag moves, and the bad one's notes say what to use."""
    hub = fakehub(world())
    assert latest(hub) == "v1.2.0"
    done = draft(hub, ASKED)
    assert (done.status, latest(hub), done.outputs["tag_name"]) == (0, "v1.1.0", "v1.1.0")
    assert [(write.method, sorted(write.body)) for write in hub.writes] == [
        ("PATCH", ["make_latest"]),
        ("PATCH", ["body"]),
    ]
    assert [(release["tag_name"], release["draft"]) for release in hub.release_state["acme/app"]] == [
        ("v1.2.0", False), ("v1.1.0", False), ("v1.0.0", False),
    ]  # fmt: skip
    assert body(hub, "v1.2.0").startswith(MARKER)
    assert "Reason: It leaks memory." in body(hub, "v1.2.0")
    assert body(hub, "v1.2.0").endswith("\n\nBad.\n")


def test_who_when_and_why_are_recorded(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    world: Callable[..., dict[str, Any]],
) -> None:
    """Claims apart from telemetry, as the schema has it."""
    hub = fakehub(world())
    draft(hub, ASKED)
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    assert faults(record, "rollback") == ()
    claims = record["claims"]
    assert (claims["by"], claims["reason"], claims["notes_marked"]) == ("octocat", "It leaks memory.", True)
    assert (claims["from"]["tag"], claims["to"]["tag"]) == ("v1.2.0", "v1.1.0")
    assert [(each["tag"], each["compliant"]) for each in claims["candidates"]] == [("v1.1.0", True)]
    assert record["telemetry"]["run_id"] == "1"


def test_a_release_that_does_not_verify_is_passed_over(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    world: Callable[..., dict[str, Any]],
    tmp_path: Path,
) -> None:
    """Each is verified again, as a stranger would; a file that was changed since counts."""
    assets = signed(tmp_path, "v1.1.0")
    assets[0]["content"] = "changed since"
    hub = fakehub(world(v1_1_0={"assets": assets}))
    done = draft(hub, ASKED)
    assert (done.status, latest(hub)) == (0, "v1.0.0")
    assert "NOT COMPLIANT" in done.summary


def test_without_a_compliant_release_nothing_is_written(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    world: Callable[..., dict[str, Any]],
) -> None:
    """Exit status 1, each candidate named with what was found."""
    hub = fakehub(world(v1_1_0={"assets": []}, v1_0_0={"assets": [{"name": "app.whl", "content": "x"}]}))
    done = draft(hub, ASKED)
    assert (done.status, done.outputs["code"], hub.writes, latest(hub)) == (1, "DRAFT014", (), "v1.2.0")
    assert not RECORD.exists()


def test_a_signature_of_somebody_else_is_none(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    world: Callable[..., dict[str, Any]],
) -> None:
    """The key is the one that the line names."""
    Path("maximus.pub").write_bytes(SigningKey(ec.generate_private_key(ec.SECP256R1())).public.pem)
    hub = fakehub(world())
    assert (draft(hub, ASKED).status, hub.writes) == (1, ())


def test_the_bad_release_may_be_named(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    world: Callable[..., dict[str, Any]],
) -> None:
    """It need not be the latest."""
    hub = fakehub(world())
    assert (draft(hub, {**ASKED, "tag": "v1.1.0"}).status, latest(hub)) == (0, "v1.0.0")
    assert body(hub, "v1.1.0").startswith(MARKER)


def test_an_immutable_release_keeps_its_notes(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    world: Callable[..., dict[str, Any]],
) -> None:
    """The rollback is done all the same, and the record says why they were left."""
    hub = fakehub(world(v1_2_0={"immutable": True}))
    done = draft(hub, ASKED)
    assert (done.status, latest(hub), body(hub, "v1.2.0")) == (0, "v1.1.0", "Bad.\n")
    claims = json.loads(RECORD.read_text(encoding="utf-8"))["claims"]
    assert (claims["notes_marked"], claims["unmarked_because"]) == (False, "the release is immutable")


def test_a_dry_run_verifies_and_sends_nothing(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    world: Callable[..., dict[str, Any]],
) -> None:
    """It says what would be done."""
    hub = fakehub(world())
    done = draft(hub, {**ASKED, "dry-run": "true"})
    assert (done.status, hub.writes, RECORD.exists()) == (0, (), False)
    assert "v1.1.0 is COMPLIANT and would take the place of v1.2.0" in done.summary


def test_a_second_run_goes_no_further_than_the_first(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    world: Callable[..., dict[str, Any]],
) -> None:
    """With the bad release named, the same one is the latest and the notes are marked once."""
    hub = fakehub(world())
    draft(hub, {**ASKED, "tag": "v1.2.0"})
    done = draft(hub, {**ASKED, "tag": "v1.2.0"})
    assert (done.status, latest(hub), body(hub, "v1.2.0").count(MARKER)) == (0, "v1.1.0", 1)


def test_a_change_without_an_answer_is_looked_up(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    world: Callable[..., dict[str, Any]],
) -> None:
    """The reply was lost, the change was not: it is not sent again."""
    hub = fakehub(world())
    hub.inject(Lost(), method="PATCH", times=2)
    assert (draft(hub, ASKED).status, len(hub.writes), latest(hub)) == (0, 2, "v1.1.0")


def test_a_change_that_had_no_effect_is_sent_again(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    world: Callable[..., dict[str, Any]],
) -> None:
    """A 502 that did nothing, once."""
    hub = fakehub(world())
    hub.inject(Status(502), method="PATCH")
    assert (draft(hub, ASKED).status, latest(hub)) == (0, "v1.1.0")


def test_an_outage_is_no_verdict(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    world: Callable[..., dict[str, Any]],
) -> None:
    """A release that cannot be fetched is not a bad one: the run ends with 3 and nothing is written."""
    hub = fakehub(world())
    hub.inject(Status(502), path="*/releases/tags/*", times=20)
    done = draft(hub, ASKED)
    assert (done.status, hub.writes) == (3, ())


def test_a_release_that_goes_meanwhile_is_not_made_the_latest(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    world: Callable[..., dict[str, Any]],
) -> None:
    """It is read again right before the change."""

    def withdraw(hub: Hub) -> None:
        for release in hub.world.repositories["acme/app"].releases:
            release.draft = release.draft or release.tag == "v1.1.0"

    hub = fakehub(world())
    hub.inject(Meanwhile(withdraw, "before"), operation="repos/get-release")
    done = draft(hub, ASKED)
    assert (done.status, done.outputs["code"], hub.writes) == (1, "HUB030", ())


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"reason": ""}, "DRAFT012"),
        ({"reason": "x" * 1001}, "DRAFT012"),
        ({"verify-command": ""}, "DRAFT013"),
        ({"verify-command": "rm -rf /"}, "DRAFT015"),
        ({"verify-command": "maximus verify 'unclosed"}, "DRAFT015"),
        ({"tag": "v9.9.9"}, "DRAFT016"),
    ],
)
def test_what_is_missing_is_wrong_usage(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    world: Callable[..., dict[str, Any]],
    inputs: dict[str, str],
    code: str,
) -> None:
    """Told before anything is written."""
    hub = fakehub(world())
    done = draft(hub, {**ASKED, **inputs})
    assert (done.status, done.outputs["code"], hub.writes) == (2, code, ())


def test_an_identity_that_matches_everybody_is_refused(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    world: Callable[..., dict[str, Any]],
) -> None:
    """As `verify` refuses it."""
    hub = fakehub(world())
    line = "maximus verify --repository acme/app --workflow .github/workflows/release.yml --ref '*'"
    done = draft(hub, {**ASKED, "verify-command": line})
    assert (done.status, hub.writes) == (2, ())


def test_only_so_many_candidates_are_verified(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    world: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A repository of a thousand unsigned releases is not fetched whole; what was not looked at is said."""
    monkeypatch.setattr("maximus.notes.rollback.MAX_CANDIDATES", 1)
    hub = fakehub(world(v1_1_0={"assets": []}))
    done = draft(hub, ASKED)
    assert (done.status, hub.writes) == (1, ())
    assert "the last 1 of 2 earlier releases were verified" in done.log


def test_without_a_token_there_is_nothing_to_roll_back(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    world: Callable[..., dict[str, Any]],
) -> None:
    """The releases are on GitHub."""
    done = draft(fakehub(world()), ASKED, GITHUB_TOKEN="")
    assert (done.status, done.outputs["code"]) == (2, "DRAFT017")


def test_a_pull_request_rolls_nothing_back(
    fakehub: FakeHub,
    draft: Callable[..., Run],
    world: Callable[..., dict[str, Any]],
) -> None:
    """Whatever its inputs say."""
    hub = fakehub(world())
    done = draft(hub, ASKED, GITHUB_EVENT_NAME="pull_request")
    assert (done.status, hub.writes) == (0, ())
