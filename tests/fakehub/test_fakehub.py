"""The fake GitHub keeps state as GitHub does, and objects to what GitHub does not describe."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from github import Auth, Github

from tests.fakehub.__main__ import EXAMPLE
from tests.fakehub.client import ask
from tests.fakehub.reading import read
from tests.fakehub.world import BODY_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.fakehub.fixtures import FakeHub
    from tests.fakehub.server import Hub

pytest_plugins = ["pytester"]

APP = "/repos/acme/app"
RELEASES = f"{APP}/releases"
FIRST, SECOND, THIRD = "1" * 40, "2" * 40, "3" * 40


def _world(**repository: Any) -> dict[str, Any]:  # noqa: ANN401 - the keys of a world
    """Return the example world with some keys of its repository replaced."""
    return {"repos": {"acme/app": {**EXAMPLE["repos"]["acme/app"], **repository}}, "prs": EXAMPLE["prs"]}


def _draft(hub: Hub, **fields: Any) -> Any:  # noqa: ANN401 - JSON
    """Create a draft and return it."""
    return ask(hub, "POST", RELEASES, {"tag_name": "v1.1.0", "draft": True, **fields}).json


def _upload(hub: Hub, release: Mapping[str, Any], name: str, content: bytes) -> Any:  # noqa: ANN401 - a reply
    """Upload a file to a release."""
    address = f"{release['upload_url'].partition('{')[0]}?name={name}"
    return ask(hub, "POST", address, content, headers={"Content-Type": "text/plain"})


# What it objects to.


@pytest.mark.parametrize(
    ("body", "objection"),
    [
        ({"tag_name": "v2", "make_latest": True}, "make_latest"),
        ({"tag_name": "v2", "draft": "true"}, "draft"),
        ({"name": "v2"}, "tag_name"),
    ],
)
def test_a_wrong_type_is_a_violation_and_is_refused(fakehub: FakeHub, body: dict[str, Any], objection: str) -> None:
    """What GitHub's description forbids in a body is collected and answered with 422."""
    hub = fakehub(EXAMPLE)
    assert ask(hub, "POST", RELEASES, body).status == 422
    assert objection in "".join(hub.take_violations())
    assert hub.writes == ()


def test_a_misspelt_property_is_a_violation(fakehub: FakeHub) -> None:
    """A key that GitHub would silently ignore is collected, though the request succeeds as there."""
    hub = fakehub(EXAMPLE)
    assert ask(hub, "POST", RELEASES, {"tag_name": "v2", "make_lates": "true"}).status == 201
    assert hub.take_violations() == ["POST /repos/acme/app/releases: body: property make_lates does not exist"]


@pytest.mark.parametrize("query", ["per_page=1000", "per_page=0", "per_page=all", "page=0", "perpage=100"])
def test_a_bad_page_is_a_violation(fakehub: FakeHub, query: str) -> None:
    """A page size outside 1 to 100, a page 0 and a misspelt parameter are collected."""
    hub = fakehub(EXAMPLE)
    assert ask(hub, "GET", f"{RELEASES}?{query}").status == 200
    assert query.partition("=")[0] in "".join(hub.take_violations())


def test_an_operation_that_is_not_served_is_a_violation(fakehub: FakeHub) -> None:
    """A path outside the subset is never quietly a 404."""
    hub = fakehub(EXAMPLE)
    assert ask(hub, "GET", f"{APP}/branches").status == 404
    assert hub.take_violations() == ["GET /repos/acme/app/branches: the fake serves no such operation"]


def test_a_request_without_user_agent_is_a_violation(fakehub: FakeHub) -> None:
    """GitHub turns away clients that do not say who they are."""
    hub = fakehub(EXAMPLE)
    assert ask(hub, "GET", RELEASES, headers={"User-Agent": ""}).status == 403
    assert "User-Agent" in "".join(hub.take_violations())


def test_a_file_sent_to_the_api_host_is_a_violation(fakehub: FakeHub) -> None:
    """Files go to `upload_url`: the address made up from the API's root is another host."""
    hub = fakehub(EXAMPLE)
    release = _draft(hub)
    ask(hub, "POST", f"{RELEASES}/{release['id']}/assets?name=a.txt", b"content")
    assert "upload_url" in "".join(hub.take_violations())


def test_a_body_that_is_no_json_is_a_violation(fakehub: FakeHub) -> None:
    """A body that cannot be read is refused."""
    hub = fakehub(EXAMPLE)
    assert ask(hub, "POST", RELEASES, b"tag_name=v2").status == 400
    assert hub.take_violations() == ["POST /repos/acme/app/releases: the body is not JSON"]


def test_a_reply_that_github_does_not_describe_is_a_violation(
    fakehub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fake's own replies are held to the description, and to nothing beyond it."""
    from tests.fakehub import rest  # noqa: PLC0415 - patched only here

    hub = fakehub(EXAMPLE)
    handlers = {**rest.HANDLERS, "repos/get": lambda _: rest.Reply(200, {"id": 1, "invented": True})}
    monkeypatch.setattr(rest, "HANDLERS", handlers)
    ask(hub, "GET", APP)
    said = "".join(hub.take_violations())
    assert "'invented' was unexpected" in said
    assert '"full_name" is a required property' in said


def test_another_version_of_the_api_is_a_violation(fakehub: FakeHub) -> None:
    """The replies are those of one version, so a client that asks for another tests nothing."""
    hub = fakehub(EXAMPLE)
    assert ask(hub, "GET", RELEASES, headers={"X-GitHub-Api-Version": "2026-03-10"}).status == 400
    assert "2026-03-10" in "".join(hub.take_violations())


def test_every_described_operation_is_served(fakehub: FakeHub) -> None:
    """Each operation of the subset answers with a reply that GitHub describes."""
    bundle = _attestation(FIRST + "0" * 24)
    hub = fakehub(
        _world(
            sbom={"spdxVersion": "SPDX-2.3"},
            dependency_changes={"v1.0.0...main": []},
            approvals={"42": [{"state": "approved", "user": "ada", "environments": ["production"]}]},
        )
    )
    hub.world.repositories["acme/app"].sbom = hub._openapi.least("dependency-graph-spdx-sbom", "sbom")
    release = _draft(hub)
    asset = _upload(hub, release, "a.txt", b"content").json
    asked = {
        "rate-limit/get": ("GET", "/rate_limit", None),
        "repos/get": ("GET", APP, None),
        "repos/create-attestation": ("POST", f"{APP}/attestations", {"bundle": bundle}),
        "repos/list-attestations": ("GET", f"{APP}/attestations/sha256:{FIRST}{'0' * 24}", None),
        "dependency-graph/export-sbom": ("GET", f"{APP}/dependency-graph/sbom", None),
        "dependency-graph/diff-range": ("GET", f"{APP}/dependency-graph/compare/v1.0.0...main", None),
        "pulls/list": ("GET", f"{APP}/pulls?state=all", None),
        "pulls/get": ("GET", f"{APP}/pulls/1", None),
        "pulls/list-files": ("GET", f"{APP}/pulls/1/files", None),
        "issues/list-events": ("GET", f"{APP}/issues/1/events", None),
        "repos/get-collaborator-permission-level": ("GET", f"{APP}/collaborators/ada/permission", None),
        "issues/list-labels-on-issue": ("GET", f"{APP}/issues/1/labels", None),
        "issues/add-labels": ("POST", f"{APP}/issues/1/labels", {"labels": ["new"]}),
        "issues/remove-label": ("DELETE", f"{APP}/issues/1/labels/new", None),
        "repos/list-releases": ("GET", RELEASES, None),
        "repos/get-latest-release": ("GET", f"{RELEASES}/latest", None),
        "repos/get-release-by-tag": ("GET", f"{RELEASES}/tags/v1.0.0", None),
        "repos/generate-release-notes": ("POST", f"{RELEASES}/generate-notes", {"tag_name": "v1.1.0"}),
        "repos/get-release": ("GET", f"{RELEASES}/{release['id']}", None),
        "repos/update-release": ("PATCH", f"{RELEASES}/{release['id']}", {"body": "new"}),
        "repos/list-release-assets": ("GET", f"{RELEASES}/{release['id']}/assets", None),
        "repos/get-release-asset": ("GET", f"{RELEASES}/assets/{asset['id']}", None),
        "repos/get-content": ("GET", f"{APP}/contents/.github/release-drafter.yml", None),
        "repos/compare-commits-with-basehead": ("GET", f"{APP}/compare/v1.0.0...main", None),
        "repos/list-pull-requests-associated-with-commit": ("GET", f"{APP}/commits/{SECOND}/pulls", None),
        "actions/get-reviews-for-run": ("GET", f"{APP}/actions/runs/42/approvals", None),
        "repos/get-commit": ("GET", f"{APP}/commits/{SECOND}", None),
        "repos/list-commits": ("GET", f"{APP}/commits", None),
        "repos/list-tags": ("GET", f"{APP}/tags", None),
        "repos/get-branch-rules": ("GET", f"{APP}/rules/branches/main", None),
        "git/get-ref": ("GET", f"{APP}/git/ref/tags/v1.0.0", None),
        "repos/delete-release-asset": ("DELETE", f"{RELEASES}/assets/{asset['id']}", None),
        "repos/delete-release": ("DELETE", f"{RELEASES}/{release['id']}", None),
    }
    statuses = {name: ask(hub, *parts).status for name, parts in asked.items()}
    assert {name for name, status in statuses.items() if status >= 300} == set()
    assert {made.operation for made in hub.log} == {operation.id for operation in hub._openapi.operations}


# Who may do what.


def test_a_stranger_cannot_write(fakehub: FakeHub) -> None:
    """A write without a token is a 401 and changes nothing."""
    hub = fakehub(EXAMPLE)
    assert ask(hub, "POST", RELEASES, {"tag_name": "v2"}, token=None).status == 401
    assert len(hub.release_state["acme/app"]) == 1


def test_a_reading_token_cannot_write(fakehub: FakeHub) -> None:
    """A write with a token that may only read is a 403 and changes nothing."""
    hub = fakehub(EXAMPLE)
    assert ask(hub, "POST", RELEASES, {"tag_name": "v2"}, token=hub.read_token).status == 403
    assert len(hub.release_state["acme/app"]) == 1


def test_a_wrong_token_is_not_a_stranger(fakehub: FakeHub) -> None:
    """A token that GitHub does not know is refused even where none is needed."""
    assert ask(fakehub(EXAMPLE), "GET", RELEASES, token="wrong").status == 401  # noqa: S106 - wrong on purpose


def test_drafts_are_only_listed_for_writers(fakehub: FakeHub) -> None:
    """Who may not write sees neither a draft nor that there is one."""
    hub = fakehub(EXAMPLE)
    release = _draft(hub)
    assert [one["tag_name"] for one in ask(hub, "GET", RELEASES, token=hub.read_token).json] == ["v1.0.0"]
    assert ask(hub, "GET", f"{RELEASES}/{release['id']}", token=None).status == 404


def test_a_private_repository_does_not_exist_for_strangers(fakehub: FakeHub) -> None:
    """A private repository is a 404, for reading and for writing."""
    hub = fakehub(_world(private=True))
    assert ask(hub, "GET", APP, token=None).status == 404
    assert ask(hub, "POST", RELEASES, {"tag_name": "v2"}, token=None).status == 404
    assert ask(hub, "GET", APP).status == 200


def test_the_token_is_not_in_the_log(fakehub: FakeHub) -> None:
    """The log says that a token came, never which."""
    hub = fakehub(EXAMPLE)
    ask(hub, "GET", RELEASES)
    assert hub.log[0].authenticated
    assert hub.token not in repr(hub.log)


# Releases.


def test_pages_are_linked(fakehub: FakeHub) -> None:
    """Following `next` gives every release once, in order, and the last page has no `next`."""
    hub = fakehub(_world(releases=[{"tag_name": f"v1.0.{number}"} for number in range(7)]))
    address, tags = f"{RELEASES}?per_page=3", []
    while address:
        page = ask(hub, "GET", address)
        tags += [release["tag_name"] for release in page.json]
        found = re.search(r'<([^>]+)>; rel="next"', page.headers.get("link", ""))
        address = found[1] if found else ""
    assert tags == [f"v1.0.{number}" for number in range(7)]
    assert len(hub.log) == 3


def test_a_page_knows_its_neighbours(fakehub: FakeHub) -> None:
    """A page in the middle links to its four neighbours and keeps the query."""
    hub = fakehub(_world(releases=[{"tag_name": f"v1.0.{number}"} for number in range(7)]))
    link = ask(hub, "GET", f"{RELEASES}?per_page=3&page=2").headers["link"]
    assert dict(re.findall(r'per_page=3&page=(\d)>; rel="(\w+)"', link)) == {
        "1": "first",
        "3": "last",
    }
    assert re.findall(r'rel="(\w+)"', link) == ["prev", "next", "last", "first"]


def test_a_single_page_has_no_links(fakehub: FakeHub) -> None:
    """Where everything fits on one page there is no `link` header."""
    assert "link" not in ask(fakehub(EXAMPLE), "GET", RELEASES).headers


def test_a_new_release_stands_first(fakehub: FakeHub) -> None:
    """What was created last is listed first."""
    hub = fakehub(EXAMPLE)
    _draft(hub)
    assert [release["tag_name"] for release in ask(hub, "GET", RELEASES).json] == ["v1.1.0", "v1.0.0"]


def test_a_draft_without_tag_is_untagged(fakehub: FakeHub) -> None:
    """A draft without a tag is shown with `untagged-` and 20 hex digits."""
    release = _draft(fakehub(EXAMPLE), tag_name="")
    assert re.fullmatch(r"untagged-[0-9a-f]{20}", release["tag_name"])
    assert release["html_url"].endswith(f"/acme/app/releases/tag/{release['tag_name']}")


def test_sending_back_the_untagged_name_gives_no_tag(fakehub: FakeHub) -> None:
    """A client that returns the shown name of a draft without tag has not tagged it."""
    hub = fakehub(EXAMPLE)
    release = _draft(hub, tag_name="")
    ask(hub, "PATCH", f"{RELEASES}/{release['id']}", {"tag_name": release["tag_name"]})
    assert ask(hub, "PATCH", f"{RELEASES}/{release['id']}", {"draft": False}).status == 422


@pytest.mark.parametrize(("length", "status"), [(BODY_LIMIT, 201), (BODY_LIMIT + 1, 422)])
def test_a_long_body_is_refused(fakehub: FakeHub, length: int, status: int) -> None:
    """A body of 125,000 characters is taken, one more is a 422 on `body`."""
    answered = ask(fakehub(EXAMPLE), "POST", RELEASES, {"tag_name": "v2", "body": "ä" * length})
    assert answered.status == status
    assert [error["field"] for error in answered.json.get("errors", ())] == ["body"] * (status == 422)


def test_a_refused_patch_changes_nothing(fakehub: FakeHub) -> None:
    """A PATCH whose body is too long leaves the name as it was, too."""
    hub = fakehub(EXAMPLE)
    release = _draft(hub, name="before")
    sent = {"name": "after", "body": "x" * (BODY_LIMIT + 1)}
    assert ask(hub, "PATCH", f"{RELEASES}/{release['id']}", sent).status == 422
    assert hub.release_state["acme/app"][0]["name"] == "before"


def test_publishing_makes_tag_time_and_latest(fakehub: FakeHub) -> None:
    """A published draft has a date, its tag exists and it is the latest release."""
    hub = fakehub(EXAMPLE)
    release = _draft(hub, target_commitish="main")
    assert release["published_at"] is None
    published = ask(hub, "PATCH", f"{RELEASES}/{release['id']}", {"draft": False}).json
    assert published["published_at"]
    assert ask(hub, "GET", f"{APP}/git/ref/tags/v1.1.0").json["object"]["sha"] == THIRD
    assert ask(hub, "GET", f"{RELEASES}/latest").json["id"] == release["id"]


def test_make_latest_false_leaves_the_latest_release(fakehub: FakeHub) -> None:
    """A release published with `make_latest: false` does not become the latest one."""
    hub = fakehub(_world(releases=[]))
    ask(hub, "POST", RELEASES, {"tag_name": "v1.0.0"})
    ask(hub, "POST", RELEASES, {"tag_name": "v0.9.1", "make_latest": "false"})
    assert ask(hub, "GET", f"{RELEASES}/latest").json["tag_name"] == "v1.0.0"


def test_a_prerelease_is_never_latest(fakehub: FakeHub) -> None:
    """A prerelease does not become the latest release, whatever it asks for."""
    hub = fakehub(EXAMPLE)
    ask(hub, "POST", RELEASES, {"tag_name": "v2.0.0-rc.1", "prerelease": True, "make_latest": "true"})
    assert ask(hub, "GET", f"{RELEASES}/latest").json["tag_name"] == "v1.0.0"


def test_a_draft_is_not_found_by_its_tag(fakehub: FakeHub) -> None:
    """A tag leads to a release only once that is published."""
    hub = fakehub(EXAMPLE)
    _draft(hub, tag_name="app/v1.1.0")
    assert ask(hub, "GET", f"{RELEASES}/tags/app/v1.1.0").status == 404
    hub.publish("acme/app", "app/v1.1.0")
    assert ask(hub, "GET", f"{RELEASES}/tags/app%2Fv1.1.0").status == 200


def test_a_taken_tag_cannot_be_published_again(fakehub: FakeHub) -> None:
    """Two drafts may share a tag, two published releases may not."""
    hub = fakehub(EXAMPLE)
    release = _draft(hub, tag_name="v1.0.0")
    answered = ask(hub, "PATCH", f"{RELEASES}/{release['id']}", {"draft": False})
    assert [error["code"] for error in answered.json["errors"]] == ["already_exists"]


def test_a_lenient_world_takes_what_github_refuses(fakehub: FakeHub) -> None:
    """The shared cases publish without a tag, which only a lenient world takes."""
    sent = {"tag_name": "", "draft": False}
    assert ask(fakehub(EXAMPLE), "POST", RELEASES, sent).status == 422
    assert ask(fakehub(EXAMPLE, lenient=True), "POST", RELEASES, sent).status == 201


def test_patch_with_draft_takes_a_release_back(fakehub: FakeHub) -> None:
    """GitHub lets a PATCH un-publish a release, so a client that must not do it can be caught."""
    hub = fakehub(EXAMPLE)
    number = hub.release_state["acme/app"][0]["id"]
    assert ask(hub, "PATCH", f"{RELEASES}/{number}", {"draft": True}).json["published_at"] is None


def test_an_immutable_release_stays_as_it_is(fakehub: FakeHub) -> None:
    """Once immutable, a release takes no file and no other state, but its text may still change."""
    hub = fakehub(_world(immutable_releases=True))
    release = _draft(hub)
    asset = _upload(hub, release, "a.txt", b"content").json
    address = f"{RELEASES}/{release['id']}"
    assert ask(hub, "PATCH", address, {"draft": False}).json["immutable"] is True
    assert _upload(hub, release, "b.txt", b"content").json["message"].startswith("Cannot upload assets")
    assert ask(hub, "DELETE", f"{RELEASES}/assets/{asset['id']}").status == 422
    assert ask(hub, "PATCH", address, {"draft": True}).status == 422
    assert ask(hub, "PATCH", address, {"body": "A typo less"}).json["body"] == "A typo less"


def test_the_tag_of_a_deleted_immutable_release_is_burnt(fakehub: FakeHub) -> None:
    """GitHub never lets the tag of an immutable release be released again."""
    hub = fakehub(_world(immutable_releases=True))
    release = ask(hub, "POST", RELEASES, {"tag_name": "v2"}).json
    assert ask(hub, "DELETE", f"{RELEASES}/{release['id']}").status == 204
    assert "immutable" in ask(hub, "POST", RELEASES, {"tag_name": "v2"}).json["errors"][0]["message"]


def test_generated_notes_name_the_pull_requests(fakehub: FakeHub) -> None:
    """GitHub's own notes list the pull requests since the latest release."""
    notes = ask(fakehub(EXAMPLE), "POST", f"{RELEASES}/generate-notes", {"tag_name": "v1.1.0"}).json
    assert "* Read wheels by @ada in https://github.com/acme/app/pull/1" in notes["body"]


# Files of a release.


def test_an_uploaded_file_has_its_digest(fakehub: FakeHub) -> None:
    """An upload is answered with size and digest of what arrived."""
    hub = fakehub(EXAMPLE)
    asset = _upload(hub, _draft(hub), "app.whl", b"content").json
    assert asset["digest"] == f"sha256:{hashlib.sha256(b'content').hexdigest()}"
    assert (asset["name"], asset["size"], asset["content_type"]) == ("app.whl", 7, "text/plain")
    assert hub.asset_content("acme/app", "v1.1.0", "app.whl") == b"content"


def test_a_second_file_of_one_name_is_refused(fakehub: FakeHub) -> None:
    """A name that is taken is a 422 with `already_exists`, and the first file stays."""
    hub = fakehub(EXAMPLE)
    release = _draft(hub)
    _upload(hub, release, "app.whl", b"first")
    assert _upload(hub, release, "app.whl", b"second").json["errors"][0]["code"] == "already_exists"
    assert hub.asset_content("acme/app", "v1.1.0", "app.whl") == b"first"


def test_an_empty_file_is_refused(fakehub: FakeHub) -> None:
    """GitHub takes no file without content."""
    hub = fakehub(EXAMPLE)
    assert _upload(hub, _draft(hub), "empty.txt", b"").json["errors"][0]["field"] == "size"


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("app%201.0.txt", "app.1.0.txt"),
        ("a(b).txt", "a.b.txt"),
        (".env", "default.env"),
        ("%C3%84rger.txt", "Arger.txt"),
    ],
)
def test_an_odd_name_is_stored_as_a_plain_one(fakehub: FakeHub, sent: str, stored: str) -> None:
    """GitHub renames files with special characters, so a client must read the name it got."""
    hub = fakehub(EXAMPLE)
    assert _upload(hub, _draft(hub), sent, b"content").json["name"] == stored


def test_a_deleted_file_makes_room(fakehub: FakeHub) -> None:
    """After a DELETE the name can be used again."""
    hub = fakehub(EXAMPLE)
    release = _draft(hub)
    asset = _upload(hub, release, "app.whl", b"first").json
    assert ask(hub, "DELETE", f"{RELEASES}/assets/{asset['id']}").status == 204
    assert _upload(hub, release, "app.whl", b"second").status == 201


def test_a_file_comes_back_as_it_went(fakehub: FakeHub) -> None:
    """An asset's address gives JSON, or the content to who asks for octets."""
    hub = fakehub(EXAMPLE)
    asset = _upload(hub, _draft(hub), "app.whl", b"\x00content").json
    address = f"{RELEASES}/assets/{asset['id']}"
    assert ask(hub, "GET", address).json["name"] == "app.whl"
    assert ask(hub, "GET", address, headers={"Accept": "application/octet-stream"}).raw == b"\x00content"


def test_a_redirected_download_must_leave_the_token_behind(fakehub: FakeHub) -> None:
    """Files may lie on another host; a token that arrives there is a violation."""
    hub = fakehub(EXAMPLE, redirects=True)
    asset = _upload(hub, _draft(hub), "app.whl", b"content").json
    answered = ask(hub, "GET", f"{RELEASES}/assets/{asset['id']}", headers={"Accept": "application/octet-stream"})
    assert answered.status == 302
    assert ask(hub, "GET", answered.headers["location"], token=None).raw == b"content"
    assert ask(hub, "GET", answered.headers["location"]).status == 400
    assert "another host" in "".join(hub.take_violations())


def test_anybody_can_download_from_a_published_release(fakehub: FakeHub) -> None:
    """The public address of a file works without a token, once the release is published."""
    hub = fakehub(EXAMPLE)
    draft = _draft(hub)
    asset = _upload(hub, draft, "app.whl", b"content").json
    assert ask(hub, "GET", asset["browser_download_url"], token=None).status == 404
    hub.publish("acme/app", "v1.1.0")
    public = ask(hub, "GET", f"{RELEASES}/tags/v1.1.0").json["assets"][0]["browser_download_url"]
    with urllib.request.urlopen(public) as reply:  # noqa: S310 - loopback
        assert reply.read() == b"content"


# Contents, commits, pull requests.


def test_a_file_is_raw_where_raw_is_asked_for(fakehub: FakeHub) -> None:
    """The raw media type gives the file's bytes under that type."""
    accept = {"Accept": "application/vnd.github.v3.raw"}
    answered = ask(fakehub(EXAMPLE), "GET", f"{APP}/contents/.github/release-drafter.yml", headers=accept)
    assert answered.raw.startswith(b"name-template: ")
    assert answered.headers["content-type"] == "application/vnd.github.v3.raw; charset=utf-8"


def test_a_file_is_base64_in_json(fakehub: FakeHub) -> None:
    """Without a raw media type the content comes in base64."""
    found = ask(fakehub(EXAMPLE), "GET", f"{APP}/contents/.github/release-drafter.yml").json
    assert base64.b64decode(found["content"]).startswith(b"name-template: ")


def test_a_folder_is_a_list(fakehub: FakeHub) -> None:
    """A folder's path gives its entries, whatever media type was asked for."""
    hub = fakehub(_world(files={"*": {"a/b.txt": "", "a/c/d.txt": ""}}))
    found = ask(hub, "GET", f"{APP}/contents/a", headers={"Accept": "application/vnd.github.raw"}).json
    assert [(entry["name"], entry["type"]) for entry in found] == [("b.txt", "file"), ("c", "dir")]


@pytest.mark.parametrize(
    ("ref", "content"),
    [("", b"main"), ("main", b"main"), ("refs/heads/main", b"main"), (THIRD, b"main"), ("v1.0.0", b"anywhere")],
)
def test_a_file_depends_on_the_ref(fakehub: FakeHub, ref: str, content: bytes) -> None:
    """A ref's own files stand before those of every ref, however the ref is written."""
    hub = fakehub(_world(files={"refs/heads/main": {"a.txt": "main"}, "*": {"a.txt": "anywhere"}}))
    accept = {"Accept": "application/vnd.github.raw+json"}
    assert ask(hub, "GET", f"{APP}/contents/a.txt?ref={ref}", headers=accept).raw == content


@pytest.mark.parametrize("path", ["contents/none.txt", "contents/a.txt?ref=none", "git/ref/tags/v9", "pulls/9"])
def test_what_is_not_there_is_a_404(fakehub: FakeHub, path: str) -> None:
    """A file, ref or pull request that the world does not have is a 404."""
    assert ask(fakehub(_world(files={"main": {"a.txt": ""}})), "GET", f"{APP}/{path}").status == 404


def test_a_comparison_pages_its_commits(fakehub: FakeHub) -> None:
    """A comparison counts all commits, shows a page of them and the files on the first page only."""
    hub = fakehub(EXAMPLE)
    first = ask(hub, "GET", f"{APP}/compare/v1.0.0...main?per_page=1").json
    second = ask(hub, "GET", f"{APP}/compare/v1.0.0...main?per_page=1&page=2").json
    assert (first["status"], first["ahead_by"], first["total_commits"]) == ("ahead", 2, 2)
    assert [first["commits"][0]["sha"], second["commits"][0]["sha"]] == [SECOND, THIRD]
    assert [file["filename"] for file in first["files"]] == ["src/wheels.py", "src/links.py"]
    assert "files" not in second


@pytest.mark.parametrize(
    ("base", "head", "status"),
    [("v1.0.0", "main", "ahead"), ("main", "v1.0.0", "behind"), ("main", "main", "identical"), ("v2", "main", "")],
)
def test_commits_with_parents_are_compared_as_a_graph(fakehub: FakeHub, base: str, head: str, status: str) -> None:
    """Where the world has a graph, a comparison follows from it; an unknown end is a 404."""
    answered = ask(fakehub(EXAMPLE), "GET", f"{APP}/compare/{base}...{head}")
    assert answered.json.get("status") == (status or "404")


def test_a_spelt_out_comparison_stands_before_the_graph(fakehub: FakeHub) -> None:
    """The world's own comparisons are served as given, the exact one before the one for every head."""
    entries = [
        {"base": "refs/tags/v1.0.0", "head": "*", "commits": [FIRST]},
        {"base": "refs/tags/v1.0.0", "head": "refs/heads/main", "commits": [THIRD, SECOND], "behind": 4},
    ]
    hub = fakehub(_world(compare=entries))
    named = ask(hub, "GET", f"{APP}/compare/v1.0.0...main").json
    assert ([commit["sha"] for commit in named["commits"]], named["status"]) == ([THIRD, SECOND], "diverged")
    assert ask(hub, "GET", f"{APP}/compare/v1.0.0...elsewhere").json["total_commits"] == 1


def test_pull_requests_are_filtered_and_sorted(fakehub: FakeHub) -> None:
    """The list knows state, base and order."""
    hub = fakehub(EXAMPLE)
    assert ask(hub, "GET", f"{APP}/pulls").json == []
    newest = ask(hub, "GET", f"{APP}/pulls?state=closed&base=main&sort=updated&direction=desc").json
    assert [request["number"] for request in newest] == [2, 1]


def test_labels_are_added_once(fakehub: FakeHub) -> None:
    """Labels are added to those that are there, in either form of the body, and none twice."""
    hub = fakehub(EXAMPLE)
    ask(hub, "POST", f"{APP}/issues/1/labels", {"labels": ["feature", "docs"]})
    found = ask(hub, "POST", f"{APP}/issues/1/labels", ["Docs", "size/S"]).json
    assert [label["name"] for label in found] == ["feature", "docs", "size/S"]


def test_a_label_is_removed_whatever_its_case(fakehub: FakeHub) -> None:
    """The rest stays, and one that is not there is a 404."""
    hub = fakehub(EXAMPLE)
    ask(hub, "POST", f"{APP}/issues/1/labels", {"labels": ["docs", "size/S"]})
    left = ask(hub, "DELETE", f"{APP}/issues/1/labels/Size%2Fs").json
    assert [label["name"] for label in left] == ["feature", "docs"]
    assert ask(hub, "DELETE", f"{APP}/issues/1/labels/size%2FS").status == 404


# Attestations.


def _attestation(digest: str) -> dict[str, Any]:
    """Return a bundle whose statement is about one digest."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://slsa.dev/provenance/v1",
        "subject": [{"name": "app.whl", "digest": {"sha256": digest}}],
    }
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    return {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {},
        "dsseEnvelope": {"payloadType": "application/vnd.in-toto+json", "payload": payload, "signatures": []},
    }


def test_an_attestation_is_found_by_what_it_is_about(fakehub: FakeHub) -> None:
    """What was attested is listed under its digest and predicate type, and nowhere else."""
    hub = fakehub(EXAMPLE)
    bundle, found = _attestation("ab" * 32), f"{APP}/attestations/sha256:{'ab' * 32}"
    assert ask(hub, "GET", found).status == 404
    assert ask(hub, "POST", f"{APP}/attestations", {"bundle": bundle}).status == 201
    assert ask(hub, "GET", found).json["attestations"][0]["bundle"] == bundle
    assert ask(hub, "GET", f"{found}?predicate_type=https://spdx.dev/Document").status == 404


def test_a_bundle_about_nothing_is_refused(fakehub: FakeHub) -> None:
    """A bundle whose statement cannot be read is a 422."""
    bundle = {**_attestation("ab" * 32), "dsseEnvelope": {"payload": "bm8="}}
    assert ask(fakehub(EXAMPLE), "POST", f"{APP}/attestations", {"bundle": bundle}).status == 422


# The service around it.


def test_the_rate_is_in_every_reply(fakehub: FakeHub) -> None:
    """Each reply says what is left, and asking what is left costs nothing."""
    hub = fakehub(EXAMPLE, core_limit=10)
    assert ask(hub, "GET", RELEASES).headers["x-ratelimit-remaining"] == "9"
    assert ask(hub, "GET", "/rate_limit").json["resources"]["core"]["remaining"] == 9


def test_a_used_up_rate_is_a_403(fakehub: FakeHub) -> None:
    """After the last request of the hour GitHub refuses with nothing remaining."""
    hub = fakehub(EXAMPLE, core_limit=1)
    ask(hub, "GET", RELEASES)
    answered = ask(hub, "GET", RELEASES)
    assert (answered.status, answered.headers["x-ratelimit-remaining"]) == (403, "0")


def test_many_requests_at_once_are_all_answered(fakehub: FakeHub) -> None:
    """A hundred clients at once wait for nothing, and the fake notes how many there were."""
    from tests.fakehub.faults import Slow  # noqa: PLC0415 - only to hold the replies back

    hub = fakehub(EXAMPLE)
    hub.inject(Slow(0.2), times=100)
    with ThreadPoolExecutor(100) as pool:
        statuses = list(pool.map(lambda _: ask(hub, "GET", RELEASES).status, range(100)))
    assert statuses == [200] * 100
    assert hub.peak > 20


@pytest.mark.parametrize("enterprise", [False, True])
def test_pygithub_works_with_both_kinds_of_addresses(fakehub: FakeHub, tmp_path: Path, enterprise: bool) -> None:  # noqa: FBT001
    """PyGithub drafts, uploads, downloads, publishes and queries, on github.com's addresses and an enterprise's."""
    hub = fakehub(EXAMPLE, enterprise=enterprise)
    client = Github(
        base_url=hub.api_url,
        auth=Auth.Token(hub.token),
        per_page=100,
        retry=None,
        lazy=True,
        seconds_between_requests=0,
        seconds_between_writes=0,
    )
    home = client.get_repo("acme/app")
    release = home.create_git_release("v1.1.0", "v1.1.0", "Notes", draft=True, target_commitish="main")
    file = tmp_path / "app.whl"
    file.write_bytes(b"content")
    asset = release.upload_asset(str(file), content_type="application/zip")
    asset.download_asset(str(tmp_path / "back.whl"), chunk_size=1024)
    release.update_release("v1.1.0", "Notes", draft=False, make_latest="true")
    home.get_pull(1).add_to_labels("released")
    _, data = client.requester.graphql_query('query { repository(owner: "acme", name: "app") { name } }', {})
    client.close()
    assert (tmp_path / "back.whl").read_bytes() == b"content"
    assert data["data"]["repository"]["name"] == "app"
    assert hub.release_state["acme/app"][0]["published_at"]
    assert [write.method for write in hub.writes] == ["POST", "POST", "PATCH", "POST"]


def test_both_kinds_of_addresses_are_served_at_once(fakehub: FakeHub) -> None:
    """The enterprise prefixes work whatever the hub calls its addresses, and addresses follow the hub."""
    hub = fakehub(EXAMPLE, enterprise=True)
    assert hub.graphql_url == f"{hub.root}/api/graphql"
    assert ask(hub, "GET", f"{hub.root}{RELEASES}").json[0]["url"].startswith(f"{hub.root}/api/v3/repos/")


def test_the_environment_is_a_jobs(fakehub: FakeHub) -> None:
    """The environment points at the hub, at the event's file and at the ref's commit."""
    hub = fakehub(EXAMPLE)
    environment = hub.environment(ref="refs/tags/v1.0.0", event={"action": "published"}, event_name="release")
    assert environment["GITHUB_API_URL"] == hub.api_url
    assert (environment["GITHUB_REF_TYPE"], environment["GITHUB_SHA"]) == ("tag", FIRST)
    event = json.loads(Path(environment["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    assert event == {"action": "published"}


@pytest.mark.parametrize(
    "world",
    [{"repositories": {}}, {"repos": {"a/b": {"tags": []}}}, {"repos": {"a/b": {"releases": [{"tag": "v1"}]}}}],
)
def test_a_misspelt_world_is_refused(world: dict[str, Any]) -> None:
    """A key that no world has is an error, since what it means would be missing unseen."""
    with pytest.raises(ValueError, match="unknown keys"):
        read(world)


# The fixture and the program.


_TEST = """
    import urllib.request

    def test_it(fakehub):
        hub = fakehub({"repos": {"acme/app": {}}})
        urllib.request.urlopen(hub.api_url + "%s")
"""


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("/repos/acme/app/releases", {"passed": 1}),
        ("/repos/acme/app/releases?per_page=500", {"passed": 1, "errors": 1}),
    ],
)
def test_a_violation_fails_the_test_that_caused_it(
    pytester: pytest.Pytester, path: str, outcome: Mapping[str, int]
) -> None:
    """The fixture's end reports violations even where the test itself saw nothing."""
    pytester.makepyfile(_TEST % path)
    pytester.runpytest("-p", "tests.fakehub.fixtures").assert_outcomes(**outcome)


def test_a_fault_that_never_struck_fails_the_test(pytester: pytest.Pytester) -> None:
    """A test that injects a fault and never meets it has proven nothing."""
    pytester.makepyfile("""
        from tests.fakehub.faults import Status

        def test_it(fakehub):
            fakehub({}).inject(Status(502), method="POST")
    """)
    result = pytester.runpytest("-p", "tests.fakehub.fixtures")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*never struck POST*"])


@pytest.mark.parametrize(("required", "outcome"), [("", {"skipped": 1}), ("1", {"errors": 1})])
def test_what_cannot_be_measured_is_skipped_or_fails(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, required: str, outcome: Mapping[str, int]
) -> None:
    """Without npm a test is skipped as unmeasured; where the stack is required it fails."""
    monkeypatch.setenv("PATH", str(pytester.path))
    monkeypatch.setenv("MAXIMUS_TEST_CACHE", str(pytester.path / "cache"))
    monkeypatch.setenv("MAXIMUS_REQUIRE_STACK", required)
    pytester.makepyfile(_TEST % "/repos/acme/app/releases")
    result = pytester.runpytest("-p", "tests.fakehub.fixtures", "-rs")
    result.assert_outcomes(**outcome)
    result.stdout.fnmatch_lines(["*unmeasured: npm is not installed*"])


@pytest.mark.usefixtures("_fakehub_ready")
def test_it_can_be_tried_by_hand() -> None:
    """`python3 -m tests.fakehub` prints an environment and serves what it says there."""
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "tests.fakehub"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True, encoding="utf-8") as program:
        assert program.stdout is not None
        lines = _until(program.stdout.readline, "# Interrupt")
        environment = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
        with urllib.request.urlopen(f"{environment['GITHUB_API_URL']}{RELEASES}") as reply:  # noqa: S310 - loopback
            assert json.loads(reply.read())[0]["tag_name"] == "v1.0.0"
        assert _until(program.stdout.readline, "# GET") == []
        program.terminate()


def _until(read: Callable[[], str], start: str) -> list[str]:
    """Return the lines before the one that begins with `start`."""
    lines: list[str] = []
    while not (line := read()).startswith(start):
        assert line, f"the program ended before {start!r}"
        lines.append(line)
    return lines
