"""How requests are sent: where the token goes, what is sent again, and how long anybody waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from maximus.errors import Error, ExitStatus
from maximus.github.client import Client, Interrupted, Partial, Refused
from tests.fakehub.__main__ import EXAMPLE
from tests.fakehub.faults import Lost, Status, too_many

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakehub.fixtures import FakeHub
    from tests.fakehub.server import Hub

QUERY = "query Cost { rateLimit { cost } }"
RELEASES = "/repos/acme/app/releases"


@pytest.fixture
def hub(fakehub: FakeHub) -> Hub:
    """A GitHub with the example's world."""
    return fakehub(EXAMPLE)


@pytest.fixture
def waits() -> list[float]:
    """The waits between tries."""
    return []


@pytest.fixture
def client(hub: Hub, waits: list[float]) -> Iterator[Client]:
    """A client of it that never really waits."""
    made = Client(hub.api_url, hub.token, graphql_url=hub.graphql_url, version="1.0.0", sleep=waits.append)
    yield made
    made.close()


def test_the_agent_says_who_asks(hub: Hub, client: Client) -> None:
    """GitHub wants to know which program calls."""
    client.get(RELEASES)
    assert hub.log[-1].headers["user-agent"] == "maximus-actions/1.0.0"


@pytest.mark.parametrize("fault", [Status(500), Status(502), Lost(None)])
def test_reading_is_tried_again(hub: Hub, client: Client, waits: list[float], fault: Status | Lost) -> None:
    """A broken answer to a GET costs a wait."""
    hub.inject(fault, method="GET", path=RELEASES)
    assert (client.get(RELEASES).status, waits) == (200, [1])


def test_a_write_without_an_answer_is_not_sent_again(hub: Hub, client: Client) -> None:
    """Nobody knows whether it had an effect; the caller looks."""
    hub.inject(Lost(), method="POST", path=RELEASES)
    with pytest.raises(Interrupted):
        client.change("POST", RELEASES, {"tag_name": "v9", "draft": True})
    assert len([made for made in hub.log if made.method == "POST"]) == 1


def test_a_write_that_was_limited_waits(hub: Hub, client: Client, waits: list[float]) -> None:
    """A rate limit refuses before any effect."""
    hub.inject(too_many(3), method="POST", path=RELEASES)
    assert client.change("POST", RELEASES, {"tag_name": "v9", "draft": True}).status == 201
    assert waits == [3.0]


def test_all_waiting_of_a_run_is_bounded(hub: Hub, client: Client, waits: list[float]) -> None:
    """Two minutes in all, however often GitHub asks for more."""
    hub.inject(too_many(50), method="GET", path=RELEASES, times=3)
    with pytest.raises(Error) as caught:
        client.get(RELEASES)
    assert (caught.value.code, caught.value.status, waits) == ("HUB004", ExitStatus.OUTSIDE, [50.0, 50.0])


def test_a_query_that_took_too_long_is_told(hub: Hub, client: Client) -> None:
    """502 to a query means: ask for less."""
    hub.inject(Status(502), path="/graphql")
    with pytest.raises(Partial):
        client.ask(QUERY, {}, can_shrink=True)


def test_a_query_that_cannot_shrink_is_sent_again(hub: Hub, client: Client, waits: list[float]) -> None:
    """After a pause, as any reading."""
    hub.inject(Status(502), path="/graphql")
    assert (client.ask(QUERY, {})["rateLimit"]["cost"], waits) == (1, [1])


def test_a_page_that_takes_too_long_is_asked_for_in_parts(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow answer means the same as GitHub's own time-out: ask for less."""

    def never(*_: object) -> None:
        raise requests.exceptions.ReadTimeout

    monkeypatch.setattr(client._requester, "graphql_query", never)
    with pytest.raises(Partial, match="no answer within"):
        client.ask(QUERY, {}, can_shrink=True)


@pytest.mark.parametrize("status", [403, 404, 405, 410, 501])
def test_a_server_without_graphql_is_told_apart(hub: Hub, client: Client, status: int) -> None:
    """REST may be open where it is closed."""
    hub.inject(Status(status, body={"message": "not here"}), path="/graphql")
    with pytest.raises(Refused):
        client.ask(QUERY, {})


def test_a_rate_limit_is_no_refusal_of_graphql(hub: Hub, client: Client, waits: list[float]) -> None:
    """It is a 403 as well, but it passes."""
    hub.inject(Status(403, {"retry-after": "4"}, {"message": "secondary rate limit"}), path="/graphql")
    client.ask(QUERY, {})
    assert waits == [4.0]


LOOKUP = """query Lookup($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) { a: pullRequest(number: 1) { number } b: pullRequest(number: 99) { number } }
}"""


def test_what_is_not_there_may_be_null(client: Client) -> None:
    """A number in a subject may be an issue's: the others of the query are answered all the same."""
    where = {"owner": "acme", "name": "app"}
    found = client.ask(LOOKUP, where, can_miss=True)["repository"]
    assert found == {"a": {"number": 1}, "b": None}
    with pytest.raises(Error) as caught:
        client.ask(LOOKUP, where)
    assert caught.value.code == "HUB010"


def test_points_are_counted(client: Client) -> None:
    """As GitHub tells them."""
    client.ask(QUERY, {})
    assert (client.points, client.requests) == (1, 1)


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_to_another_host_is_not_followed(hub: Hub, client: Client, status: int) -> None:
    """The token would go along."""
    hub.inject(Status(status, {"location": "http://127.0.0.9:1/elsewhere"}), method="GET", path=RELEASES)
    with pytest.raises(Error) as caught:
        client.get(RELEASES)
    assert (caught.value.code, caught.value.status) == ("HUB007", ExitStatus.OUTSIDE)


@pytest.mark.parametrize(
    ("status", "code", "exit_status"),
    [
        (401, "HUB002", ExitStatus.OUTSIDE),
        (403, "HUB003", ExitStatus.OUTSIDE),
        (404, "HUB010", ExitStatus.OUTSIDE),
        (422, "HUB009", ExitStatus.FAILED),
        (410, "HUB006", ExitStatus.OUTSIDE),
    ],
)
def test_each_refusal_has_its_code(hub: Hub, client: Client, status: int, code: str, exit_status: ExitStatus) -> None:
    """Token, permission, absence, validation."""
    hub.inject(Status(status), method="GET", path=RELEASES)
    with pytest.raises(Error) as caught:
        client.get(RELEASES)
    assert (caught.value.code, caught.value.status) == (code, exit_status)


@pytest.mark.parametrize("text", ["<html>", {"a": 1}, [1]])
def test_an_answer_of_another_kind_is_an_error(hub: Hub, client: Client, text: object) -> None:
    """A proxy's page in place of GitHub's answer has no traceback."""
    hub.inject(Status(200, {}, text), method="GET", path=RELEASES)
    with pytest.raises(Error) as caught:
        client.get(RELEASES).items()
    assert (caught.value.code, caught.value.status) == ("HUB017", ExitStatus.OUTSIDE)


@pytest.mark.parametrize("address", ["ftp://example.org", "nowhere", "https://user:x@example.org"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    """Before anything is sent."""
    with pytest.raises(Error) as caught:
        Client(address, "t")
    assert (caught.value.code, caught.value.status) == ("HUB008", ExitStatus.USAGE)


@pytest.mark.parametrize(
    ("api", "upload"),
    [
        ("https://api.github.com", "https://evil.example/repos/a/b/releases/1/assets"),
        ("https://api.github.com", "http://uploads.github.com/x"),
        ("https://api.github.com", "https://uploads.github.com:8443/x"),
        ("https://api.acme.ghe.com", "https://uploads.github.com/x"),
        ("https://ghes.example/api/v3", "https://uploads.ghes.example.evil/x"),
    ],
)
def test_a_file_goes_to_the_upload_host_only(api: str, upload: str) -> None:
    """Whatever address an answer names."""
    with pytest.raises(Error, match="not uploaded to"):
        Client(api, "t")._upload_connection(upload)


@pytest.mark.parametrize(
    ("api", "upload"),
    [
        ("https://api.github.com", "https://uploads.github.com/repos/a/b/releases/1/assets"),
        ("https://api.acme.ghe.com", "https://uploads.acme.ghe.com/x"),
    ],
)
def test_the_upload_host_of_the_api_is_known(api: str, upload: str) -> None:
    """GitHub's own, and that of a tenant."""
    assert Client(api, "t")._upload_connection(upload) is not None
