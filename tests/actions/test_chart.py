"""A chart of bars: true at its ends, within the width, and readable where blocks are not."""

from __future__ import annotations

import io
import json
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions import chart
from actions.chart import Bar, can_show_blocks, draw, share
from actions.runner import RunnerFace
from actions.sbom.chart import show_charts
from actions.terminal import TerminalFace
from tests.actions.test_terminal import Screen
from tests.lib.sbom.paging import component

if TYPE_CHECKING:
    from pathlib import Path

BARS = (Bar("npm", 75, 100, "75 of 100"), Bar("pypi", 1, 1000, "1 of 1000"), Bar("go", 0, 5, "0 of 5"))


def test_a_bar_is_empty_for_nothing_and_full_for_all() -> None:
    """One of a million is seen, and one that lacks is seen too."""
    lines = draw([Bar("x", count, 1_000_000, "") for count in (0, 1, 999_999, 1_000_000)], 16, blocks=False)
    assert [line.plain.split()[1] for line in lines] == ["...........", "#..........", "##########.", "###########"]


@given(st.lists(st.tuples(st.text(max_size=9), st.integers(0, 9), st.integers(0, 9)), max_size=5), st.integers(30, 200))
def test_lines_keep_to_the_width(rows: list[tuple[str, int, int]], width: int) -> None:
    """Whatever the numbers, no line is wider than asked for, and all are in line."""
    lines = draw([Bar(label, min(count, of), of, f"{count} of {of}") for label, count, of in rows], width)
    assert all(len(line.before + line.filled + line.after) <= width for line in lines)
    assert len({len(line.before + line.filled + line.after) for line in lines}) <= 1


def test_too_narrow_for_bars_leaves_the_numbers() -> None:
    """A terminal of twenty columns is told the same in figures."""
    assert [line.plain for line in draw(BARS, 20)] == ["npm   75 of 100", "pypi  1 of 1000", "go       0 of 5"]


@pytest.mark.parametrize(
    ("count", "of", "told"), [(0, 0, "-"), (0, 3, "0 %"), (1, 500, "<1 %"), (999, 1000, "99 %"), (3, 3, "100 %")]
)
def test_a_share_is_never_rounded_up(count: int, of: int, told: str) -> None:
    """All is all, and some is not nothing."""
    assert share(count, of) == told


@pytest.mark.parametrize(
    ("encoding", "environment", "blocks"),
    [
        (None, {}, True), ("utf-8", {"LANG": "de_DE.UTF-8"}, True), ("utf-8", {"LC_ALL": "C"}, True),
        ("ascii", {}, False), ("utf-8", {"LC_ALL": "de_DE.ISO-8859-1", "LANG": "de_DE.UTF-8"}, False),
        ("utf-8", {"LANG": "x.cp437@y"}, True), ("utf-8", {"LANG": "x.nothing-such"}, False),
        ("utf-8", {"TERM": "dumb"}, False),
    ],
)  # fmt: skip
def test_blocks_only_where_they_can_be_shown(
    encoding: str | None, environment: dict[str, str], *, blocks: bool
) -> None:
    """The stream's encoding counts, and what the locale says that the terminal speaks."""
    assert can_show_blocks(encoding, environment) is blocks


def test_a_terminal_shows_it_in_its_width_and_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """As wide as the window, the filled part painted, unless colour is not wanted."""
    monkeypatch.setattr("shutil.get_terminal_size", lambda _: os.terminal_size((34, 24)))
    shown = {}
    for name, environment in (
        ("colour", {}),
        ("plain", {"NO_COLOR": "1"}),
        ("ascii", {"LC_ALL": "C.ISO-8859-1", "NO_COLOR": ""}),
    ):
        out = Screen()
        TerminalFace(environment, "sbom", stream=out, errors=io.StringIO()).chart("Known", BARS)
        shown[name] = out.getvalue()
    assert "\x1b[36m" in shown["colour"]
    assert shown["plain"].split("\n")[:2] == ["Known", "  npm   ███████████░░░░  75 of 100"]
    assert shown["ascii"].isascii()
    assert all(len(line) <= 34 for line in shown["plain"].split("\n"))


def test_json_is_not_changed_by_it() -> None:
    """People see it on standard error; the document says what it said before."""
    documents = []
    for bars in ((), BARS):
        out, errors = io.StringIO(), io.StringIO()
        face = TerminalFace({}, "sbom", as_json=True, stream=out, errors=errors)
        if bars:
            face.chart("Known", bars)
            assert "75 of 100" in errors.getvalue()
        face.headline("done")
        face.conclude({})
        documents.append(json.loads(out.getvalue()))
    assert documents[0] == documents[1]


def test_a_job_has_it_in_the_log_and_in_the_summary() -> None:
    """In the summary it is one block of text behind the table; no label poses as markup or as a line of the log."""
    out = io.StringIO()
    face = RunnerFace({}, "sbom", out)
    face.table("Inventory", ("ecosystem",), (("npm",),))
    face.chart("Known", [Bar("```\n::error::<img>", 1, 2, "1 of 2"), *BARS])
    summary = face.summary()
    assert "\n::error" not in out.getvalue()
    assert summary.index("| npm |") < summary.index("````\nKnown\n")
    assert "npm" in summary
    assert "█" in summary
    assert summary.rstrip().endswith("````")


def test_an_inventory_tells_its_ecosystems_and_what_is_unknown() -> None:
    """The largest first, with both numbers of each share; one ecosystem alone needs no chart."""
    components = [component("a"), component("b", licence=""), component("c", ecosystem="pypi", version="")]
    out = io.StringIO()
    face = TerminalFace({}, "sbom", stream=out, errors=io.StringIO())
    show_charts(face, components)
    lines = out.getvalue().split("\n")
    assert lines[0] == "Components by ecosystem"
    assert [line.split()[0] for line in lines[1:3]] == ["npm", "pypi"]
    known = next(line for line in lines if "licence" in line)
    assert known.endswith("2 of 3  66 %, 1 unknown")
    out.truncate(0)
    show_charts(face, components[:1])
    assert "by ecosystem" not in out.getvalue()


def test_many_ecosystems_are_gathered() -> None:
    """No more bars than a glance takes in; the rest is one, with its number."""
    components = [component(f"c{n}", ecosystem=f"e{n:02}") for n in range(chart.MAX_BARS + 5)]
    face = TerminalFace({}, "sbom", stream=io.StringIO(), errors=io.StringIO())
    show_charts(face, components)
    bars = face.record.charts[0].bars
    assert len(bars) == chart.MAX_BARS
    assert (bars[-1].label, bars[-1].count) == ("6 others", 6)


def test_a_part_hands_its_charts_on(tmp_path: Path) -> None:
    """A release shows what its inventory showed."""
    face = RunnerFace({"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}, "release", io.StringIO())
    with face.part("sbom"):
        face.chart("Known", BARS)
    face.conclude({})
    assert "75 of 100" in (tmp_path / "summary.md").read_text(encoding="utf-8")
