"""Labels are added in one request, taken away one by one, and files are listed page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from maximus.errors import Error
from maximus.github.client import Client
from maximus.github.labels import NotAllowed, add_labels, list_changed_files, list_labels, remove_label
from tests.fakehub.__main__ import EXAMPLE
from tests.fakehub.faults import Lost, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fakehub.fixtures import FakeHub
    from tests.fakehub.server import Hub

HOME = "acme/app"
LABELS = f"/repos/{HOME}/issues/1/labels"


@pytest.fixture
def hub(fakehub: FakeHub) -> Hub:
    """A GitHub with the example's world, whose first pull request has the label `feature`."""
    return fakehub(EXAMPLE)


@pytest.fixture
def client(hub: Hub) -> Iterator[Client]:
    """A client of it that never waits."""
    made = Client(hub.api_url, hub.token, sleep=lambda _: None)
    yield made
    made.close()


def changing(count: int) -> dict[str, Any]:
    """Return a world with a pull request that changes so many files."""
    world = {**EXAMPLE, "prs": dict(EXAMPLE["prs"])}
    world["prs"][f"{HOME}#1"] = {**world["prs"][f"{HOME}#1"], "files": [f"f{n}" for n in range(count)]}
    return world


def test_labels_are_added_in_one_request(hub: Hub, client: Client) -> None:
    """Those that are there stay."""
    add_labels(client, HOME, 1, ("docs", "a, b"))
    assert [(write.method, write.path, write.body) for write in hub.writes] == [
        ("POST", LABELS, {"labels": ["docs", "a, b"]})
    ]
    assert list_labels(client, HOME, 1) == ("feature", "docs", "a, b")


def test_nothing_to_add_is_no_request(hub: Hub, client: Client) -> None:
    """GitHub hears nothing."""
    add_labels(client, HOME, 1, ())
    assert list(hub.log) == []


def test_a_hundred_labels_are_read(hub: Hub, client: Client) -> None:
    """As many as GitHub takes, beyond which a further page is looked at."""
    wanted = tuple(f"l{number}" for number in range(99))
    add_labels(client, HOME, 1, wanted)
    assert list_labels(client, HOME, 1) == ("feature", *wanted)
    assert [made.method for made in hub.log] == ["POST", "GET", "GET"]


@pytest.mark.parametrize("name", ["size/S", "a b", "ü", "what?#"])
def test_a_label_is_removed_whatever_its_name(client: Client, name: str) -> None:
    """Each character that means something in an address is written so that it does not."""
    add_labels(client, HOME, 1, (name,))
    remove_label(client, HOME, 1, name)
    assert list_labels(client, HOME, 1) == ("feature",)


def test_a_label_that_is_gone_already_is_no_fault(hub: Hub, client: Client) -> None:
    """Somebody else took it away meanwhile: GitHub answers 404, and the others stay."""
    remove_label(client, HOME, 1, "docs")
    assert [(made.method, made.status) for made in hub.log] == [("DELETE", 404)]


@pytest.mark.parametrize("fault", [Lost(), Status(502)])
def test_a_write_without_an_answer_is_sent_again(hub: Hub, client: Client, fault: Lost | Status) -> None:
    """With or without effect, the label is there once afterwards."""
    hub.inject(fault, method="POST", path=LABELS)
    add_labels(client, HOME, 1, ("docs",))
    assert list_labels(client, HOME, 1) == ("feature", "docs")


def test_two_writes_without_an_answer_are_enough(hub: Hub, client: Client) -> None:
    """GitHub is away, which is said."""
    hub.inject(Status(502), method="POST", path=LABELS, times=2)
    with pytest.raises(Error) as caught:
        add_labels(client, HOME, 1, ("docs",))
    assert caught.value.code == "HUB001"


@pytest.mark.parametrize(
    ("method", "ask"),
    [
        ("POST", lambda client: add_labels(client, HOME, 1, ("docs",))),
        ("DELETE", lambda client: remove_label(client, HOME, 1, "feature")),
        ("GET", lambda client: list_labels(client, HOME, 1)),
    ],
)
def test_a_token_that_is_not_allowed_is_told_apart(
    hub: Hub, client: Client, method: str, ask: Callable[[Client], object]
) -> None:
    """GitHub's own words are handed on."""
    hub.inject(
        Status(403, body={"message": "Resource not accessible by integration"}), method=method, path=f"{LABELS}*"
    )
    with pytest.raises(NotAllowed, match="not accessible"):
        ask(client)


@pytest.mark.parametrize(("count", "requests", "is_complete"), [(0, 1, True), (250, 3, True), (3_000, 30, False)])
def test_changed_files_are_read_page_by_page(
    fakehub: FakeHub,
    count: int,
    requests: int,
    is_complete: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Up to the 3,000 that GitHub lists; with so many it is not known whether there are more."""
    hub = fakehub(changing(count))
    client = Client(hub.api_url, hub.token, sleep=lambda _: None)
    found = list_changed_files(client, HOME, 1)
    client.close()
    assert (len(set(found.paths)), found.is_complete, len(hub.log)) == (count, is_complete, requests)
