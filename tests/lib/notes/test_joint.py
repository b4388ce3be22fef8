"""One text out of the notes of several configurations."""

from __future__ import annotations

from maximus.notes.composition import Notes
from maximus.notes.joint import join_notes
from maximus.notes.versions import Version


def notes(name: str, body: str, *warnings: str, tag: str = "") -> Notes:
    """Return notes with two changes."""
    return Notes(name, tag, body, "1.0.0", Version(1, 0, 0), 2, warnings)


def test_the_first_ones_name_and_version_count_and_the_others_follow() -> None:
    """Each under its name, else its tag, else its configuration's name."""
    made = join_notes([
        ("api.yml", notes("API", "* a\n")), ("web.yml", notes("Web 2", "* b\n")),
        ("cli.yml", notes("", "* c", tag="cli/v1")), ("docs.yml", notes("", "* d")),
    ])  # fmt: skip
    assert made.name == "API"
    assert made.changes == 8
    assert made.body == "* a\n\n## Web 2\n\n* b\n\n## cli/v1\n\n* c\n\n## docs.yml\n\n* d\n"


def test_warnings_are_told_once() -> None:
    """Two configurations may inherit the same replacer."""
    assert join_notes([("a", notes("A", "", "x", "y")), ("b", notes("B", "", "y"))]).warnings == ("x", "y")


def test_alone_it_stays_as_it_is() -> None:
    """Nothing is joined to it."""
    only = notes("A", "body\n")
    assert join_notes([("a", only)]) == only
