"""Several configurations in one run: what must not happen between them."""

from __future__ import annotations

import pytest

from actions.draft.monorepo import notes_name, refuse_files, refuse_twins
from maximus.changes import Release
from maximus.errors import Error
from maximus.github.releases import Payload


def payload(tag: str) -> Payload:
    """Return a draft on a tag."""
    return Payload("main", tag, tag, "", prerelease=False, make_latest="true")


@pytest.mark.parametrize(
    ("config", "index", "name"),
    [
        ("api.yml", 0, "notes.md"),
        ("web.yml", 1, "notes.2-web.md"),
        ("acme/.github:drafts/web.app.yml", 2, "notes.3-web-app.md"),
        ("../../x y.yml", 3, "notes.4-x-y.md"),
        (f"{'long' * 40}.yml", 1, f"notes.2-{'long' * 15}.md"),
    ],
)
def test_each_configurations_notes_have_a_plain_name(config: str, index: int, name: str) -> None:
    """The first one's is that of a run with one configuration; none leaves its folder."""
    assert notes_name(config, index) == name


def test_drafts_that_differ_are_fine() -> None:
    """By tag; drafts without a tag are told apart by nothing but the draft that they update."""
    refuse_twins([("a", payload("a/v1"), None), ("b", payload("b/v1"), None), ("c", payload(""), None)])
    refuse_twins([("a", payload(""), Release("x", id=1)), ("b", payload(""), Release("y", id=2))])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((payload("v1"), None), (payload("v1"), None)),
        ((payload("a"), Release("a", id=7)), (payload("b"), Release("a", id=7))),
    ],
)
def test_drafts_that_are_one_are_refused(
    one: tuple[Payload, Release | None], other: tuple[Payload, Release | None]
) -> None:
    """The same tag, or the same draft to update: both configurations are named."""
    with pytest.raises(Error, match=r"a\.yml and b\.yml") as caught:
        refuse_twins([("a.yml", *one), ("b.yml", *other)])
    assert caught.value.code == "DRAFT022"


def test_files_need_one_draft() -> None:
    """Joint notes are one."""
    refuse_files([], joint=False)
    refuse_files(["app.whl"], joint=True)
    with pytest.raises(Error) as caught:
        refuse_files(["app.whl"], joint=False)
    assert caught.value.code == "DRAFT021"
