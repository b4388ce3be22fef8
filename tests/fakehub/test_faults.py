"""Faults strike where they were put, as often as they were told, and do what they say."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.fakehub.__main__ import EXAMPLE
from tests.fakehub.client import ask, ask_graphql
from tests.fakehub.faults import Lost, Meanwhile, Partial, Slow, Status, WrongDigest, too_many

if TYPE_CHECKING:
    from tests.fakehub.fixtures import FakeHub
    from tests.fakehub.server import Hub

RELEASES = "/repos/acme/app/releases"


def _tags(hub: Hub) -> list[str]:
    """Return the tags of all releases."""
    return [release["tag_name"] for release in hub.release_state["acme/app"]]


def test_a_refusal_strikes_n_times_without_effect(fakehub: FakeHub) -> None:
    """Two requests meet the 502 and change nothing, the third passes."""
    hub = fakehub(EXAMPLE)
    hub.inject(Status(502), method="POST", path="/repos/*/releases", times=2)
    assert [ask(hub, "POST", RELEASES, {"tag_name": "v2"}).status for _ in range(3)] == [502, 502, 201]
    assert _tags(hub) == ["v2", "v1.0.0"]
    assert [made.fault for made in hub.log] == ["Status", "Status", ""]
    assert len(hub.writes) == 1


def test_too_many_requests_say_when_to_come_back(fakehub: FakeHub) -> None:
    """A secondary limit is a 429 with Retry-After."""
    hub = fakehub(EXAMPLE)
    hub.inject(too_many(7))
    answered = ask(hub, "GET", RELEASES)
    assert (answered.status, answered.headers["retry-after"]) == (429, "7")


@pytest.mark.parametrize("pattern", ["repos/create-release", "repos/*-release"])
def test_a_fault_finds_its_operation(fakehub: FakeHub, pattern: str) -> None:
    """A fault for one operation leaves the others alone."""
    hub = fakehub(EXAMPLE)
    hub.inject(Status(503), operation=pattern)
    assert ask(hub, "GET", RELEASES).status == 200
    assert ask(hub, "POST", RELEASES, {"tag_name": "v2"}).status == 503


def test_a_fault_finds_a_query_by_its_name(fakehub: FakeHub) -> None:
    """GraphQL queries are told apart by their own names."""
    hub = fakehub(EXAMPLE)
    hub.inject(Status(502), operation="Second")
    bodies = ["query First { viewer { login } }", "query Second { viewer { login } }"]
    statuses = [ask(hub, "POST", hub.graphql_url, {"query": body}).status for body in bodies]
    assert statuses == [200, 502]


def test_a_fault_can_wait(fakehub: FakeHub) -> None:
    """With `after` the first matching requests pass."""
    hub = fakehub(EXAMPLE)
    hub.inject(Status(502), after=2)
    assert [ask(hub, "GET", RELEASES).status for _ in range(4)] == [200, 200, 502, 200]


def test_a_lost_reply_leaves_its_effect(fakehub: FakeHub) -> None:
    """The client sees a 502, the draft is there: whoever posts again has two."""
    hub = fakehub(EXAMPLE)
    hub.inject(Lost(), method="POST")
    statuses = [ask(hub, "POST", RELEASES, {"tag_name": "v2", "draft": True}).status for _ in range(2)]
    assert statuses == [502, 201]
    assert _tags(hub) == ["v2", "v2", "v1.0.0"]
    assert len(hub.writes) == 2


def test_a_lost_connection_leaves_its_effect(fakehub: FakeHub) -> None:
    """The connection closes without a word, and the draft is there."""
    hub = fakehub(EXAMPLE)
    hub.inject(Lost(status=None), method="POST")
    with pytest.raises(ConnectionError):
        ask(hub, "POST", RELEASES, {"tag_name": "v2", "draft": True})
    assert _tags(hub) == ["v2", "v1.0.0"]
    assert hub.log[0].status is None


def test_a_slow_reply_comes_late(fakehub: FakeHub) -> None:
    """The reply waits, and so does nobody else."""
    hub = fakehub(EXAMPLE)
    hub.inject(Slow(0.2))
    before = time.monotonic()
    assert ask(hub, "GET", RELEASES).status == 200
    assert time.monotonic() - before >= 0.2


def test_a_hub_does_not_wait_for_its_slow_replies(fakehub: FakeHub) -> None:
    """Ending a test gives delayed replies up, even to a client that has gone."""
    import threading  # noqa: PLC0415 - only here

    hub = fakehub(EXAMPLE)
    hub.inject(Slow(60))
    failed: list[Exception] = []

    def ask_and_fail() -> None:
        try:
            ask(hub, "GET", RELEASES)
        except OSError as error:
            failed.append(error)

    client = threading.Thread(target=ask_and_fail)
    client.start()
    while not hub.log:
        time.sleep(0.01)
    before = time.monotonic()
    hub.close()
    client.join()
    assert time.monotonic() - before < 5


def test_a_partial_reply_has_gaps_and_says_so(fakehub: FakeHub) -> None:
    """Half of the nodes are null beside an error that is not a refusal."""
    hub = fakehub(EXAMPLE)
    hub.inject(Partial(), path="/graphql")
    query = 'query { repository(owner: "acme", name: "app") { pullRequests(first: 10) { nodes { number } } } }'
    body = ask_graphql(hub, query)
    assert body["data"]["repository"]["pullRequests"]["nodes"] == [{"number": 1}, None]
    assert body["errors"][0]["type"] == "RESOURCE_LIMITS_EXCEEDED"
    assert "errors" not in ask_graphql(hub, query)


def test_a_partial_reply_that_cuts_nothing_is_a_violation(fakehub: FakeHub) -> None:
    """Where there was nothing to cut, the fault has not bitten."""
    hub = fakehub(EXAMPLE)
    hub.inject(Partial())
    ask_graphql(hub, "query { viewer { login } }")
    assert "no list of nodes to cut" in "".join(hub.take_violations())


def test_somebody_publishes_between_list_and_patch(fakehub: FakeHub) -> None:
    """The list shows a draft, and right after it the release is published: a blind PATCH takes it back."""
    hub = fakehub(EXAMPLE)
    draft = ask(hub, "POST", RELEASES, {"tag_name": "v2", "draft": True}).json
    hub.inject(Meanwhile(lambda fake: fake.publish("acme/app", "v2"), "after"), operation="repos/list-releases")
    assert ask(hub, "GET", RELEASES).json[0]["draft"] is True
    assert ask(hub, "GET", f"{RELEASES}/{draft['id']}").json["draft"] is False


def test_somebody_edits_right_before_the_patch(fakehub: FakeHub) -> None:
    """A change right before a request is what the request meets."""
    hub = fakehub(EXAMPLE)
    draft = ask(hub, "POST", RELEASES, {"tag_name": "v2", "draft": True, "body": "ours"}).json
    hub.inject(Meanwhile(lambda fake: fake.edit("acme/app", "v2", name="theirs")), method="PATCH")
    assert ask(hub, "PATCH", f"{RELEASES}/{draft['id']}", {"body": "new"}).json["name"] == "theirs"


def test_a_damaged_upload_shows_in_the_digest(fakehub: FakeHub) -> None:
    """GitHub reports a digest that is not the content's, at once and later."""
    hub = fakehub(EXAMPLE)
    draft = ask(hub, "POST", RELEASES, {"tag_name": "v2", "draft": True}).json
    hub.inject(WrongDigest(), operation="repos/upload-release-asset")
    address = f"{draft['upload_url'].partition('{')[0]}?name=a.txt"
    asset = ask(hub, "POST", address, b"content", headers={"Content-Type": "text/plain"}).json
    assert asset["digest"] == "sha256:" + "0" * 64
    assert ask(hub, "GET", f"{RELEASES}/{draft['id']}").json["assets"][0]["digest"] == asset["digest"]
