"""The one error: what a person reads, and how exit statuses outweigh each other."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.errors import Error, ExitStatus, nearest


def test_the_headline_says_what_why_and_the_code() -> None:
    """The first line holds what happened, the cause and the code."""
    error = Error("SIGN012", "cannot read app.whl", why="it changed while it was being hashed")

    assert error.headline == "cannot read app.whl: it changed while it was being hashed (SIGN012)"


def test_the_headline_without_a_cause_has_no_colon() -> None:
    """Where no cause is known the first line holds what happened and the code."""
    assert Error("FILE005", "there is no folder dist").headline == "there is no folder dist (FILE005)"


def test_what_to_do_and_where_follow_the_headline() -> None:
    """The second line says what to do and the third where."""
    error = Error("DOC003", "a.json is not valid JSON", fix="Write it again.", where="a.json:3")

    assert error.lines == ("a.json is not valid JSON (DOC003)", "Write it again.", "at a.json:3")


@given(st.text(), st.text(), st.text(), st.text())
def test_an_error_has_at_most_three_lines(what: str, why: str, fix: str, where: str) -> None:
    """Whatever foreign text is in its parts, an error is one to three lines."""
    error = Error("ABC001", what, why=why, fix=fix, where=where)

    assert 1 <= len(str(error).splitlines()) <= 3


def test_an_error_survives_a_worker() -> None:
    """An error raised in another process arrives with all its parts."""
    error = Error("LOG004", "what", why="why", fix="fix", where="where", status=ExitStatus.OUTSIDE)

    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own bytes
        assert (again.code, again.lines, again.status) == (error.code, error.lines, error.status)


@pytest.mark.parametrize(
    ("statuses", "counts"),
    [
        ([ExitStatus.PASS, ExitStatus.UNMEASURED], ExitStatus.UNMEASURED),
        ([ExitStatus.UNMEASURED, ExitStatus.OUTSIDE], ExitStatus.OUTSIDE),
        ([ExitStatus.OUTSIDE, ExitStatus.FAILED], ExitStatus.FAILED),
        ([ExitStatus.FAILED, ExitStatus.USAGE], ExitStatus.USAGE),
    ],
)
def test_the_weightier_status_counts(statuses: list[ExitStatus], counts: ExitStatus) -> None:
    """A failed check outweighs an outage, an outage what was not measured, and that a pass."""
    assert max(statuses, key=lambda status: status.weight) is counts


def test_the_statuses_are_the_documented_numbers() -> None:
    """Workflows rely on 0, 1, 2, 3 and 70."""
    assert sorted(map(int, ExitStatus)) == [0, 1, 2, 3, 70]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("fodler", "did you mean folder?"),
        ("FOLDER", "did you mean folder?"),
        ("zzz", "known are folder, files"),
    ],
)
def test_nearest_proposes_a_known_name(name: str, hint: str) -> None:
    """A slip gets the nearest known name whatever its case; anything else gets them all."""
    assert nearest(name, ("folder", "files")) == hint
