"""Times the making of notes beside the network: many categories, many pull requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.measure import Comparison

if TYPE_CHECKING:
    from maximus.notes.composition import History
    from maximus.notes.settings import Settings

__all__ = ["draft_categories"]

CATEGORIES = 500
CHANGES = 5_000
RUNS = 5
SECOND = 1.0
"""What the whole may take: reading the configuration and making the notes."""


def draft_categories() -> Comparison:
    """Time a configuration of 500 categories on 5,000 pull requests against one second."""
    import time  # noqa: PLC0415 - beside its only use

    from maximus.notes.composition import compose  # noqa: PLC0415 - what is timed

    text = configuration()
    changes = history()
    took: list[float] = []
    for _ in range(RUNS + 1):
        begun = time.perf_counter()
        compose(settled(text), changes)
        took.append(time.perf_counter() - begun)
    # The first run imports.
    return Comparison("notes of 500 categories and 5,000 changes", tuple(took[1:]), (SECOND,), 1.0)


def configuration() -> str:
    """Return a configuration with that many categories, as people write them."""
    categories = "\n".join(
        f"  - title: Category {number}\n    labels:\n      - label-{number}\n      - other-{number}"
        for number in range(CATEGORIES)
    )
    return f"template: |\n  $CHANGES\n\n  $CONTRIBUTORS\nchange-title-escapes: '\\<*_&#@'\ncategories:\n{categories}\n"


def settled(text: str) -> Settings:
    """Return the settings of a configuration's text."""
    from maximus.notes.configuration import read_configuration  # noqa: PLC0415 - what is timed
    from maximus.notes.settings import Request, settle  # noqa: PLC0415 - likewise
    from maximus.yaml import load_yaml  # noqa: PLC0415 - likewise

    return settle(read_configuration(load_yaml(text, "release-drafter.yml")), Request(), "main")


def history() -> History:
    """Return that many merged pull requests, each with labels, two authors and a commit."""
    from maximus.changes import Change, Person, RangeCommit, Release  # noqa: PLC0415 - what is timed
    from maximus.notes.composition import History  # noqa: PLC0415 - likewise

    home = "acme/app"
    return History(
        home,
        "https://github.com",
        Release("v1.0.0"),
        tuple(
            Change(
                title=f"Change number {number} of *many* things",
                number=number,
                commit=f"{number:040x}",
                repository=home,
                author=Person(login=f"person-{number % 300}"),
                labels=(f"label-{number % CATEGORIES}", f"other-{number * 7 % CATEGORIES}"),
                merged_at=f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z",
            )
            for number in range(1, CHANGES + 1)
        ),
        tuple(
            RangeCommit(f"{number:040x}", (Person("A", f"person-{number % 300}"), Person("B", f"pair-{number % 50}")))
            for number in range(1, CHANGES + 1)
        ),
    )
