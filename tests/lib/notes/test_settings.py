"""What a run goes by: the configuration under what the caller asks for."""

from __future__ import annotations

import pytest

from maximus.errors import Error, ExitStatus
from maximus.notes.configuration import Configuration
from maximus.notes.settings import Request, Settings, settle


def settled(configuration: Configuration | None = None, request: Request | None = None) -> Settings:
    """Return the settings on main."""
    return settle(configuration or Configuration(), request or Request(), "refs/heads/main")


@pytest.mark.parametrize(
    ("own", "asked", "commitish"),
    [("", "", "refs/heads/main"), ("next", "", "next"), ("next", "v1", "v1")],
)
def test_the_caller_beats_the_configuration_and_that_the_event(own: str, asked: str, commitish: str) -> None:
    """For every setting that is an input too."""
    assert settled(Configuration(commitish=own), Request(commitish=asked)).commitish == commitish


def test_without_any_ref_it_is_a_usage_error() -> None:
    """Nobody knows what the release is about."""
    with pytest.raises(Error) as caught:
        settle(Configuration(), Request(), "")
    assert (caught.value.code, caught.value.status) == ("NOTES012", ExitStatus.USAGE)


@pytest.mark.parametrize(
    ("own", "asked", "latest"),
    [
        (Configuration(), Request(), "true"),
        (Configuration(latest="false"), Request(), "false"),
        (Configuration(latest="legacy"), Request(), "legacy"),
        (Configuration(latest="false"), Request(latest=True), "true"),
        (Configuration(latest="true"), Request(prerelease=True), "false"),
    ],
)
def test_what_becomes_the_latest(own: Configuration, asked: Request, latest: str) -> None:
    """A prerelease never does."""
    assert settled(own, asked).make_latest == latest


@pytest.mark.parametrize(
    ("own", "asked", "prerelease"),
    [
        (Configuration(prerelease_identifier="rc"), Request(), True),
        (Configuration(prerelease_identifier="rc"), Request(prerelease=False), False),
        (Configuration(), Request(prerelease=False, prerelease_identifier="rc"), True),
        (Configuration(prerelease=True), Request(prerelease=False), False),
    ],
)
def test_an_identifier_makes_a_prerelease(own: Configuration, asked: Request, prerelease: bool) -> None:  # noqa: FBT001 - what is compared
    """Unless the caller says no and the identifier is the file's."""
    assert settled(own, asked).prerelease is prerelease


def test_what_no_template_needs_is_not_asked_for() -> None:
    """Association costs points, files and bodies cost time."""
    plain = settled(Configuration(change_template="$TITLE", template="$CHANGES"))
    assert (plain.needs_association, plain.needs_files, plain.change_needs("$BODY")) == (False, False, False)
    assert settled(Configuration(footer="$CONTRIBUTORS", change_template="x")).needs_association
