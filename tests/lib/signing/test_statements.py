"""Statements over many files."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.errors import Error
from maximus.signing.statements import (
    MAX_SUBJECTS,
    RELEASE_PREDICATE,
    Subject,
    parse_statement,
    release_predicate,
    split_subjects,
    statement_payload,
)

A, B = Subject("a", "a" * 64), Subject("b/b", "b" * 64)


def test_the_order_of_the_files_changes_nothing() -> None:
    """The same files give the same bytes."""
    assert statement_payload([A, B], {"purl": "pkg:x"}) == statement_payload([B, A], {"purl": "pkg:x"})


def test_a_statement_reads_as_it_was_made() -> None:
    """Subjects, type and predicate survive."""
    statement = parse_statement(statement_payload([B, A], {"purl": "pkg:generic/x@1"}), "s")
    assert statement.subjects == (A, B)
    assert (statement.predicate_type, statement.predicate) == (RELEASE_PREDICATE, {"purl": "pkg:generic/x@1"})


@given(st.integers(min_value=0, max_value=2 * MAX_SUBJECTS + 1))
def test_no_statement_has_more_subjects_than_verifiers_read(count: int) -> None:
    """Every file is in exactly one of as few statements as there need be."""
    groups = split_subjects(Subject(f"{number:05}", "") for number in range(count))
    assert [subject.name for group in groups for subject in group] == [f"{number:05}" for number in range(count)]
    assert all(len(group) <= MAX_SUBJECTS for group in groups)
    assert len(groups) == -(-count // MAX_SUBJECTS)


def test_a_job_names_its_repository_and_ref() -> None:
    """The package URL is lower case where GitHub's names are, and escapes the ref."""
    predicate = release_predicate([A], repository="Octo/App", ref="release/v1", repository_id="7")
    assert predicate == {"purl": "pkg:github/octo/app@release%2Fv1", "packageId": "7"}


def test_elsewhere_a_release_is_named_by_its_content() -> None:
    """Another file makes another release, the order of the files does not."""
    names = {release_predicate(files, repository="", ref="", repository_id="")["purl"] for files in ([A, B], [B, A])}
    assert len(names) == 1
    assert names != {release_predicate([A], repository="", ref="", repository_id="")["purl"]}


@pytest.mark.parametrize(
    "document",
    [[], {}, {"_type": "x"}, {"_type": "https://in-toto.io/Statement/v1", "subject": [], "predicateType": "x"}],
)
def test_what_is_no_statement_is_a_fault(document: object) -> None:
    """A statement about nothing is none either."""
    with pytest.raises(Error) as raised:
        parse_statement(json.dumps(document).encode(), "s")
    assert raised.value.code == "BUNDLE003"
