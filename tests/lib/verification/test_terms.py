"""The terms of a judgement: what may be unsigned and why, and how much proof each signature needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus import documents
from maximus.errors import Error, ExitStatus
from maximus.files import hash_file
from maximus.signing.bundles import parse_bundle
from maximus.signing.statements import parse_statement
from maximus.verification.finding import Fact
from maximus.verification.material import Item, Material, Sealed
from maximus.verification.proof import prove
from maximus.verification.terms import NO_TERMS, Allowance, Terms, read_terms

if TYPE_CHECKING:
    from maximus.verification.proof import Outcome
    from tests.lib.verification.conftest import Real


def read(*lines: str, log_entries: str = "", timestamps: str = "", checks_log: bool = True) -> Terms:
    """Return the terms for these texts."""
    return read_terms(lines, log_entries, timestamps, checks_log=checks_log)


def test_reads_a_glob_with_its_reason() -> None:
    """The reason begins behind the first colon and blank, and may have more of them."""
    found = read("docs/*.txt: prose: nobody runs it", log_entries="1", timestamps="2")
    assert found == Terms((Allowance("docs/*.txt", "prose: nobody runs it"),), 1, 2)


def test_asks_for_nothing_where_nothing_is_given() -> None:
    """Without these inputs no file is excused and no number is asked for."""
    assert read() == NO_TERMS


@pytest.mark.parametrize(
    "line", ["README.txt", "README.txt:", "README.txt: ", "*: all", "**: all", "**/*: all", "*.*: x"]
)
def test_refuses_an_allowance_without_a_reason_or_for_everything(line: str) -> None:
    """Nothing is excused without saying why, and never everything."""
    with pytest.raises(Error) as caught:
        read(line)
    assert (caught.value.code, caught.value.status) == ("VERIFY008", ExitStatus.USAGE)


@pytest.mark.parametrize("number", ["-1", "1.5", "many", "17", "999", "\u0661", "0x1"])
def test_refuses_a_number_that_is_none(number: str) -> None:
    """Both numbers are small and whole, and both faults are said at once."""
    with pytest.raises(Error) as caught:
        read(log_entries=number, timestamps=number)
    assert ("`min-log-entries`" in caught.value.what, "`min-timestamps`" in caught.value.what) == (True, True)


def test_refuses_numbers_that_nobody_would_look_at() -> None:
    """With a key alone no log is looked at, so that a number about it would be no proof."""
    with pytest.raises(Error) as caught:
        read(log_entries="1", checks_log=False)
    assert "put `log` into `require`" in caught.value.what


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("*.txt", "a.txt", True),
        ("*.txt", "docs/a.txt", False),
        ("**.txt", "docs/a.txt", True),
        ("a.txt", "ba.txt", False),
        ("a.txt", "a.txt.exe", False),
        ("a.txt", "a.txt\n", False),
    ],
)
def test_covers_the_whole_path(pattern: str, name: str, expected: bool) -> None:  # noqa: FBT001 - a table
    """A glob covers the whole path, and one star stays within a folder."""
    assert Allowance(pattern, "why").covers(name) is expected


def outcome(real: Real, terms: Terms, *bundles: str) -> Outcome:
    """Return what these bundles prove about the real file on these terms."""
    sealed = []
    for name in bundles:
        bundle = parse_bundle(documents.parse_json(real.bundles[name], name), name)
        statement = parse_statement(real.statement, name) if "statement" in name else None
        sealed.append(Sealed(name, "", real.bundles[name], bundle, statement))
    item = Item("app.bin", hash_file(real.file.path), ("app.bin",))
    (found,) = prove(Material((item,), tuple(sealed)), real.judge(), terms=terms).outcomes
    return found


def test_one_log_entry_is_not_two(real: Real) -> None:
    """A file in one log fails where two entries are asked for; signature and identity still hold."""
    found = outcome(real, Terms(min_log_entries=2), "cosign-message-v1")
    assert [fault.code for _, fault in found.faults] == ["VERIFY025"]
    assert [found.holds(fact) for fact in (Fact.SIGNATURES, Fact.LOG, Fact.IDENTITY)] == [True, False, True]


def test_entries_of_several_bundles_count_together(real: Real) -> None:
    """A bundle of its own in one log and a statement in another are two entries."""
    found = outcome(real, Terms(min_log_entries=2), "cosign-message-v1", "cosign-statement-v2")
    assert found.faults == ()


def test_the_same_entry_twice_counts_once(real: Real) -> None:
    """A copy of a bundle is no second entry."""
    found = outcome(real, Terms(min_log_entries=2), "cosign-message-v1", "cosign-message-v1")
    assert {fault.code for _, fault in found.faults} == {"VERIFY025"}


def test_timestamps_are_counted(real: Real) -> None:
    """The stack stamps once: one is enough, two are not, and without enough the signature does not count."""
    enough = outcome(real, Terms(min_timestamps=1), "sigstore-message-v2")
    short = outcome(real, Terms(min_timestamps=2), "sigstore-message-v2")
    assert ((enough.faults, enough.findings[0].timestamps), [fault.code for _, fault in short.faults]) == (
        ((), 1),
        ["VERIFY026"],
    )
    assert not short.holds(Fact.SIGNATURES)
