"""Versions in tags and inputs, and how they count up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.errors import Error, ExitStatus
from maximus.notes.versions import (
    Increment,
    Version,
    coerce,
    find_version,
    increment,
    next_prerelease,
    parse,
    start_prerelease,
)


def found(text: str, prefix: str = "") -> str:
    """Return the version in a text, as text."""
    return str(find_version(text, prefix))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v1.2.3", "1.2.3"),
        (" 1.2.3 ", "1.2.3"),
        ("1.2.3-rc.1", "1.2.3-rc.1"),
        ("v1.2.3+build5", "1.2.3"),
        ("v1.2.3.4", "1.2.3"),
        ("@acme/w@1.2.3", "1.2.3"),
        ("app/1.2.3-rc.1", "1.2.3"),
        ("release 7", "7.0.0"),
        ("v$RESOLVED_VERSION-RC1", "1.0.0"),
        ("12345678901234567890.1.2", "1.2.0"),
        ("2030.01.05", "None"),
        ("v01.02.03", "None"),
        ("nightly", "None"),
        ("", "None"),
    ],
)
def test_finds_a_version_as_node_does(text: str, version: str) -> None:
    """Parsed strictly, else from the first run of up to three numbers; leading zeros are no version."""
    assert found(text) == version


def test_a_prefix_is_taken_off_first() -> None:
    """With its prefix known, a tag keeps its prerelease."""
    assert found("app/1.2.3-rc.1", "app/") == "1.2.3-rc.1"


def test_a_range_is_tested_against_a_tag_with_leading_zeros() -> None:
    """Ranges look at the numbers alone."""
    assert coerce("v01.02.03", leading_zeros=True) == Version(1, 2, 3)


@pytest.mark.parametrize(
    ("version", "by", "following"),
    [
        ("1.2.3", Increment.MAJOR, "2.0.0"),
        ("1.2.3", Increment.MINOR, "1.3.0"),
        ("1.2.3", Increment.PATCH, "1.2.4"),
        ("1.1.0-rc.3", Increment.PATCH, "1.1.0"),
        ("1.1.0-rc.3", Increment.MINOR, "1.1.0"),
        ("1.1.0-rc.3", Increment.MAJOR, "2.0.0"),
        ("2.0.0-rc.1", Increment.MAJOR, "2.0.0"),
        ("1.1.1-rc.3", Increment.MINOR, "1.2.0"),
    ],
)
def test_counts_up(version: str, by: Increment, following: str) -> None:
    """A prerelease of exactly the next version leads to that version."""
    assert str(increment(_parsed(version), by)) == following


@pytest.mark.parametrize(
    ("version", "identifier", "following"),
    [
        ("1.1.0", "", "1.1.1-0"),
        ("1.1.0-rc.3", "rc", "1.1.0-rc.4"),
        ("1.1.0-beta.3", "rc", "1.1.0-rc.0"),
        ("1.1.0-rc", "rc", "1.1.0-rc.0"),
        ("1.1.0-rc.3", "", "1.1.0-rc.4"),
        ("1.1.0-alpha", "", "1.1.0-alpha.0"),
        ("1.1.0-1", "", "1.1.0-2"),
        ("1.1.0", "beta.next", "1.1.1-beta.next.0"),
        ("1.1.0", "01", "1.1.1"),
    ],
)
def test_counts_prereleases(version: str, identifier: str, following: str) -> None:
    """The number goes on under the same identifier and starts at zero under another."""
    assert str(next_prerelease(_parsed(version), identifier)) == following


def test_the_first_prerelease_is_one_of_the_next_version() -> None:
    """premajor, preminor and prepatch of 1.2.3."""
    made = [str(start_prerelease(Version(1, 2, 3), by, "rc")) for by in Increment]
    assert made == ["1.2.4-rc.0", "1.3.0-rc.0", "2.0.0-rc.0"]


@pytest.mark.parametrize("identifier", ["a b", "rc..1", "rc.", "ü"])
def test_an_identifier_that_is_none_is_a_usage_error(identifier: str) -> None:
    """It would make a version that nobody can read."""
    with pytest.raises(Error) as caught:
        next_prerelease(Version(1, 0, 0), identifier)
    assert (caught.value.code, caught.value.status) == ("NOTES010", ExitStatus.USAGE)


@given(st.integers(0, 2**53 - 1), st.integers(0, 99), st.integers(0, 99), st.sampled_from(list(Increment)))
def test_every_next_version_reads_back_and_is_higher(major: int, minor: int, patch: int, by: Increment) -> None:
    """What is written is parsed to the same version, above the one before."""
    version = Version(major - 1 if major else 0, minor, patch)
    following = increment(version, by)
    assert parse(str(following)) == following
    assert (following.major, following.minor, following.patch) > (version.major, version.minor, version.patch)


def _parsed(text: str) -> Version:
    version = parse(text)
    assert version is not None
    return version
