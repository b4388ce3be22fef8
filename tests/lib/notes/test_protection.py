"""Which part of a draft is ours, and what becomes of the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from maximus.notes.limits import MAX_BODY
from maximus.notes.protection import EDITED, FULL, Edited, Foreign, Ours, find_part, marked, place_notes

NONCE = "0123456789abcdef"
OTHER = "f" * 16


def test_text_around_the_part_is_kept_byte_for_byte() -> None:
    """What somebody wrote in front and behind stays; the part in between is new."""
    old = "Hello!\r\n\r\n" + marked("* one", NONCE) + "\nBye.  "
    made = place_notes(old, "* one\n* two\n", "", nonce=OTHER)
    assert made.body == "Hello!\r\n\r\n" + marked("* one\n* two", NONCE) + "\nBye.  "
    assert not made.loses


@pytest.mark.parametrize("change", [("one", "1"), ("* two", "* two and a half"), ("* two\n", "* two\n* mine\n")])
def test_a_part_that_somebody_edited_is_left_alone(change: tuple[str, str]) -> None:
    """The hash does not fit any more; a line put in between counts as an edit where it moves one of ours out."""
    old = marked("* one\n* two\n* three", NONCE).replace(*change)
    assert isinstance(find_part(old), Edited)
    made = place_notes(old, "* new", "", nonce=OTHER)
    assert (made.body, made.reason) == (None, EDITED)


def test_a_line_behind_the_part_is_around_it() -> None:
    """Only the lines that the marker counts are ours."""
    found = find_part(marked("* one", NONCE) + "mine\n")
    assert isinstance(found, Ours)
    assert found.after == "mine\n"


def test_an_editor_that_changes_line_ends_changes_nothing() -> None:
    """GitHub's own editor writes CR LF, and may drop the last line feed."""
    body = marked("* one\n\n* two\u2028x\x0by", NONCE)
    assert isinstance(find_part(body.replace("\n", "\r\n")), Ours)
    assert isinstance(find_part(body.rstrip("\n")), Ours)


def test_a_draft_without_a_marker_is_replaced_and_its_text_is_lost_unless_kept() -> None:
    """Nothing proves that it is ours, which the caller is told."""
    made = place_notes("somebody's words", "* one", "", nonce=NONCE)
    assert (made.body, made.loses) == (marked("* one", NONCE), True)
    assert not place_notes("", "* one", "", nonce=NONCE).loses


def test_a_marker_of_another_draft_proves_nothing() -> None:
    """The hash covers the nonce: a part with another draft's nonce is an edited one."""
    assert isinstance(find_part(marked("* one", NONCE).replace(NONCE, OTHER)), Edited)


def test_a_forged_marker_behind_ours_is_not_asked() -> None:
    """The first marker whose hash fits is ours: a later one lies in text that it covers, or around it."""
    found = find_part(marked("* one", NONCE) + marked("forged", OTHER))
    assert isinstance(found, Ours)
    assert found.nonce == NONCE


def test_without_protection_the_notes_are_the_whole_body() -> None:
    """Byte for byte what release-drafter writes; a text that goes is told."""
    made = place_notes("old", "* one\n", "\n## Artifacts\n", nonce=None)
    assert (made.body, made.loses) == ("* one\n\n## Artifacts\n", True)
    assert not place_notes("* one\r\n", "* one\n", "", nonce=None).loses


def test_notes_and_what_is_around_them_fit_together() -> None:
    """The limit counts somebody's text too, so the notes are cut sooner."""
    around = "x" * 60_000 + "\n"
    old = around + marked("* one", NONCE) + around
    made = place_notes(old, "* a change\n" * 10_000, "\n## Artifacts\n", nonce=OTHER)
    assert made.body is not None
    assert len(made.body) <= MAX_BODY
    assert made.cut
    assert made.body.startswith(around)
    assert made.body.endswith(around)
    assert "\n## Artifacts\n" in made.body


def test_no_room_leaves_the_draft_as_it_is() -> None:
    """Somebody's text is never cut."""
    old = "x" * 124_900 + "\n" + marked("* one", NONCE)
    made = place_notes(old, "* two", "", nonce=OTHER)
    assert (made.body, made.reason) == (None, FULL)


@given(some.text(max_size=80), some.text(max_size=80), some.text(max_size=80))
def test_whatever_is_written_comes_back(before: str, part: str, after: str) -> None:
    """A part is found again between any two texts without a marker, and what is around it stays."""
    before = f"{before}\n" if before else ""
    found = find_part(before + marked(part, NONCE) + after)
    assert isinstance(found, Ours)
    assert (found.before, found.after) == (before, after)


@given(some.text())
def test_any_other_text_is_foreign(text: str) -> None:
    """No text without a marker is taken for one of ours."""
    assert isinstance(find_part(text), Foreign)
