"""What an open pull request will add to the notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.changes import Change, Person, RangeCommit, Release
from maximus.notes.categories import Category, CategoryType, Condition
from maximus.notes.composition import History
from maximus.notes.configuration import Configuration
from maximus.notes.forecast import Forecast, forecast
from maximus.notes.settings import Request, settle
from maximus.notes.versions import Increment

if TYPE_CHECKING:
    from collections.abc import Sequence

HOME = "acme/app"


def foretold(
    change: Change, before: Sequence[Change] = (), commits: tuple[RangeCommit, ...] = (), **keys: object
) -> Forecast:
    """Return the forecast behind v1.0.0, where `feature` counts as minor and `skip` is left out."""
    configuration = Configuration(
        header="HEAD ", template="$CHANGES", footer=" FOOT", change_template="* $TITLE",
        categories=(
            Category(title="Features", when=(Condition(labels=("feature",)),), increment=Increment.MINOR),
            Category(CategoryType.PRE_EXCLUDE, when=(Condition(labels=("skip",)),)),
        ),
        **keys,  # type: ignore[arg-type]  # keys of a configuration
    )  # fmt: skip
    history = History(HOME, "https://github.com", Release("v1.0.0"), tuple(before), commits)
    return forecast(settle(configuration, Request(), "main"), history, change)


def pull(number: int, *labels: str) -> Change:
    """Return a pull request."""
    return Change(f"Change {number}", number, repository=HOME, author=Person(login="ada"), labels=labels)


def test_its_line_stands_under_its_heading() -> None:
    """Without header, footer and the other changes."""
    assert foretold(pull(2, "feature"), [pull(1)]) == Forecast(
        is_listed=True, text="## Features\n\n* Change 2", before="1.0.1", after="1.1.0"
    )


def test_one_that_raises_nothing_keeps_the_version() -> None:
    """Another one has raised it already."""
    made = foretold(pull(2, "feature"), [pull(1, "feature")])
    assert (made.before, made.after) == ("1.1.0", "1.1.0")


def test_one_that_is_left_out_adds_nothing() -> None:
    """As the configuration has it."""
    assert foretold(pull(2, "feature", "skip")) == Forecast(is_listed=False, text="", before="1.0.1", after="1.0.1")


def test_its_own_commits_are_no_direct_ones() -> None:
    """They lie on its merge ref, and no merged pull request stands for them yet."""
    own = RangeCommit("c" * 40, changes=(f"{HOME}#2",))
    direct = Change("work", commit="c" * 40, repository=HOME, labels=("feature",))
    assert foretold(pull(2), [direct], (own,)).before == "1.0.1"
