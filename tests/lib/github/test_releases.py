"""Releases are made once, updated while they are drafts, published once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error
from maximus.github.client import Client
from maximus.github.releases import Payload, create_draft, list_releases, publish, read_release, update_draft
from tests.fakehub.__main__ import EXAMPLE
from tests.fakehub.faults import Lost, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maximus.changes import Release
    from tests.fakehub.fixtures import FakeHub
    from tests.fakehub.server import Hub

HOME = "acme/app"
RELEASES = f"/repos/{HOME}/releases"
PAYLOAD = Payload("main", "Two", "v2.0.0", "text\n", prerelease=False, make_latest="true")


@pytest.fixture
def hub(fakehub: FakeHub) -> Hub:
    """A GitHub with the example's world."""
    return fakehub(EXAMPLE)


@pytest.fixture
def client(hub: Hub) -> Iterator[Client]:
    """A client of it that never waits."""
    made = Client(hub.api_url, hub.token, sleep=lambda _: None)
    yield made
    made.close()


def drafted(client: Client) -> Release:
    """Make a draft."""
    return create_draft(client, HOME, PAYLOAD, list_releases(client, HOME))


def test_an_equal_draft_that_was_there_before_is_not_taken_for_ours(hub: Hub, client: Client) -> None:
    """A POST that had no effect is told from one that had, even where somebody has such a draft already."""
    first = drafted(client)
    hub.inject(Status(502), method="POST", path=RELEASES)
    assert drafted(client).id != first.id


def test_an_update_without_an_answer_is_looked_up(hub: Hub, client: Client) -> None:
    """The text is there, so nothing is sent again."""
    old = drafted(client)
    hub.inject(Lost(), method="PATCH", path="*/releases/*")
    payload = Payload("main", "Two", "v2.0.0", "other\n", prerelease=False, make_latest="true")
    made = update_draft(client, HOME, old, lambda _: payload, [old])
    assert made is not None
    assert (made.body, [write.method for write in hub.writes]) == ("other\n", ["POST", "PATCH"])


def test_what_was_published_meanwhile_is_not_updated(hub: Hub, client: Client) -> None:
    """It would fall back to a draft."""
    old = drafted(client)
    hub.publish(HOME, "v2.0.0")
    assert update_draft(client, HOME, old, lambda _: PAYLOAD, [old]) is None
    assert [write.method for write in hub.writes] == ["POST"]


def test_what_was_deleted_meanwhile_is_not_updated(hub: Hub, client: Client) -> None:
    """There is nothing to write to."""
    old = drafted(client)
    client.change("DELETE", f"{RELEASES}/{old.id}")
    assert update_draft(client, HOME, old, lambda _: PAYLOAD, [old]) is None
    assert read_release(client, HOME, old.id) is None
    assert len(hub.writes) == 2


def test_publishing_without_an_answer_is_looked_up(hub: Hub, client: Client) -> None:
    """It is published once."""
    made = drafted(client)
    hub.inject(Lost(None), method="PATCH", path="*/releases/*")
    assert not publish(client, HOME, made, PAYLOAD).is_draft
    assert [write.method for write in hub.writes] == ["POST", "PATCH"]


def test_what_somebody_else_published_is_left_alone(hub: Hub, client: Client) -> None:
    """The run ends with an error that says so."""
    made = drafted(client)
    hub.publish(HOME, "v2.0.0")
    with pytest.raises(Error) as caught:
        publish(client, HOME, made, PAYLOAD)
    assert (caught.value.code, [write.method for write in hub.writes]) == ("HUB014", ["POST"])


def test_a_thousand_releases_are_listed_and_no_more(fakehub: FakeHub) -> None:
    """The API fails beyond."""
    hub = fakehub({"repos": {HOME: {"releases": [{"tag_name": f"v0.0.{n}"} for n in range(1100)]}}})
    client = Client(hub.api_url, hub.token)
    assert (len(list_releases(client, HOME)), client.requests) == (1000, 10)


@pytest.mark.parametrize("empty", ["name", "tag_name", "target_commitish"])
def test_what_is_empty_keeps_its_old_value(client: Client, empty: str) -> None:
    """An empty text is left out of a PATCH, or takes what the draft has."""
    old = drafted(client)
    document = Payload("", "", "", "x", prerelease=False, make_latest="true").for_update(old)
    assert document.get(empty) == {"name": "Two", "tag_name": "v2.0.0", "target_commitish": None}[empty]
