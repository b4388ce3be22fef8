"""What `sbom` says is doubtful: once, the worst first, and not for pages."""

from __future__ import annotations

import io

from actions.sbom.findings import MAX_LISTED, first_of, show_findings
from actions.terminal import TerminalFace
from maximus.sbom.model import Finding, Location


def said(*findings: Finding) -> list[str]:
    """Return the lines that a person sees of these findings."""
    errors = io.StringIO()
    show_findings(TerminalFace({}, "sbom", as_json=True, stream=io.StringIO(), errors=errors), findings)
    return errors.getvalue().splitlines()


def test_what_every_file_repeats_is_said_once() -> None:
    """The image that nine jobs run in is one thing to mend."""
    places = [Location("ci.yml", line) for line in (19, 37, 56)]
    lines = said(*(Finding("unpinned", "the image a is not pinned", place) for place in places))
    assert lines == ["warning: unpinned: the image a is not pinned, and in 2 more places (ci.yml:19)"]


def test_an_alarm_comes_first_and_what_was_lost_before_the_rest() -> None:
    """What is cut is the least of it."""
    place = Location("a.lock")
    told = Finding("conflict", "told", place, lost=False)
    lines = said(told, Finding("unpinned", "lost", place), Finding("alarm", "other bytes", place, lost=False))
    assert [line.split(": ")[1] for line in lines] == ["alarm", "unpinned", "conflict"]


def test_a_long_list_says_how_long_it_is() -> None:
    """So many are named, and the page has the rest."""
    lines = said(*(Finding("unpinned", f"image {number}", Location("ci.yml")) for number in range(MAX_LISTED + 7)))
    assert len(lines) == MAX_LISTED + 1
    assert "7 of 37 findings are not shown" in lines[-1]


def test_the_first_names_say_how_many_follow() -> None:
    """All where they are few."""
    names = [str(number) for number in range(MAX_LISTED + 1)]
    assert first_of(names).splitlines() == [*names[:MAX_LISTED], "... and 1 more"]
    assert first_of(names[:2]) == "0\n1"


def test_a_files_name_poses_as_no_line_of_ours() -> None:
    """A line end in it would begin a line, which in a job's log could be a command."""
    lines = said(Finding("unpinned", "left names no version", Location("a\n::stop-commands::x/requirements.txt", 2)))
    assert lines == ["warning: unpinned: left names no version (a\\n::stop-commands::x/requirements.txt:2)"]
