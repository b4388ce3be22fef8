"""A published release as anybody sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from maximus.errors import Error, ExitStatus
from maximus.github.client import Client, Reply
from maximus.github.published import MAX_ATTACHED, is_file_name, read_published

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakehub.fixtures import FakeHub


class _Told(Client):
    """Answers from a list, and counts."""

    def __init__(self, release: Mapping[str, Any], pages: Mapping[int, list[dict[str, Any]]]) -> None:
        self.release = release
        self.pages = pages
        self.asked: list[str] = []

    def get(
        self,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        accept: str = "",  # noqa: ARG002 - the base class's
        allowed: tuple[int, ...] = (),  # noqa: ARG002 - likewise
    ) -> Reply:
        """Answer."""
        page = int((query or {}).get("page", 1))
        self.asked.append(f"{path}?{page}")
        document = self.release if "/tags/" in path else self.pages.get(page, [])
        return Reply(200, {}, json.dumps(document))


def assets(first: int, count: int) -> list[dict[str, Any]]:
    """Return some assets as GitHub lists them."""
    return [
        {"id": number, "name": f"f{number:05}", "size": 1, "state": "uploaded"}
        for number in range(first, first + count)
    ]


@pytest.mark.parametrize(("there", "page"), [(0, 1), (99, 1), (100, 2), (200, 3), (250, 3)])
def test_two_requests_show_that_the_list_is_whole(there: int, page: int) -> None:
    """The release brings its files, and the page on which the next one would stand has none that is new."""
    listed = assets(1, there)
    client = _Told({"id": 9, "tag_name": "v1", "assets": listed}, {page: listed[(page - 1) * 100 :]})
    found = read_published(client, "octo/app", "v1")
    assert found is not None
    assert (len(found.files), client.asked) == (
        there,
        ["/repos/octo/app/releases/tags/v1?1", f"/repos/octo/app/releases/9/assets?{page}"],
    )


def test_files_that_the_release_does_not_bring_are_found_in_the_list() -> None:
    """Where a release comes with some of its files only, the list gives the others."""
    client = _Told({"id": 9, "assets": assets(1, 100)}, {2: assets(101, 100), 3: assets(201, 5)})
    found = read_published(client, "octo/app", "v1")
    assert found is not None
    assert len(found.files) == 205


def test_more_files_than_a_release_can_have_are_refused() -> None:
    """A server that lists without end is left."""
    client = _Told({"id": 9, "assets": []}, {page: assets(page * 100, 100) for page in range(1, 99)})
    with pytest.raises(Error) as caught:
        read_published(client, "octo/app", "v1")
    assert (caught.value.code, caught.value.status) == ("HUB018", ExitStatus.OUTSIDE)
    assert len(client.asked) == MAX_ATTACHED // 100 + 2


@pytest.mark.parametrize("tag", ["v1.2.3", "app@1.2.3", "release/1 2"])
def test_a_tag_with_any_letters_is_found(fakehub: FakeHub, tag: str) -> None:
    """What is special in an address is written out."""
    hub = fakehub({"repos": {"octo/app": {"releases": [{"tag_name": tag, "assets": []}]}}})
    client = Client(hub.api_url, "")
    try:
        found = read_published(client, "octo/app", tag)
    finally:
        client.close()
    assert found is not None
    assert found.tag == tag


def test_a_tag_without_a_release_is_none(fakehub: FakeHub) -> None:
    """A draft is not published."""
    hub = fakehub({"repos": {"octo/app": {"releases": [{"tag_name": "v1", "draft": True}]}}})
    client = Client(hub.api_url, hub.token)
    try:
        assert read_published(client, "octo/app", "v1") is None
    finally:
        client.close()


@pytest.mark.parametrize("name", ["app.whl", "a b", "é", "::x", ".hidden", "a" * 255])
def test_a_plain_name_is_a_file_name(name: str) -> None:
    """What a person sees as a name is one."""
    assert is_file_name(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "..\\b", "a\0", "a\n", "\x7f", "\u202egpj.exe", "a" * 256, "é" * 128]
)
def test_what_cannot_be_kept_is_no_file_name(name: str) -> None:
    """Folders, what is unseen, and what is longer than 255 bytes."""
    assert not is_file_name(name)
