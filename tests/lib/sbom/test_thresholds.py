"""Minimum shares of what must be known, judged on exact numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.errors import Error, ExitStatus
from maximus.sbom import inventory, subject
from maximus.sbom.model import (
    Artifact,
    Digest,
    Ecosystem,
    Finding,
    LicenceClaim,
    Location,
    NotApplicable,
    Package,
    Reading,
    Stated,
)
from maximus.sbom.thresholds import MAX_NAMED, PROFILES, Judged, Minimums, judge, minimums_of
from maximus.verdict import Status
from tests.lib.sbom.samples import SAMPLES, inventory_of, sha256

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.sbom.model import Inventory

PLACE = Location("a.lock", 1)
MIT = (LicenceClaim("MIT", "MIT", concluded=False, evidence="license"),)


def package(name: str, *, licensed: bool = False, hashed: bool = False, distributed: bool = True) -> Package:
    """Return a package out of a lock, with what is asked for."""
    digests = (Digest("SHA-256", sha256(name), Stated(PLACE)),) if hashed else ()
    return Package(
        name,
        Ecosystem.PYPI,
        name,
        "1.0",
        (PLACE,),
        artifacts=(Artifact(f"{name}.whl", "", digests),) if distributed else (),
        licences=MIT if licensed else (),
        not_applicable=() if distributed else (NotApplicable("Component Hash Value", "a commit"),),
    )


def built(*packages: Package, findings: tuple[Finding, ...] = ()) -> Inventory:
    """Return the inventory of these packages."""
    described = subject.describe(subject.Facts("app"))
    return inventory.build(described, [("a.lock", Reading(packages, (), findings=findings))])


def only(found: tuple[Judged, ...]) -> Judged:
    """Return the one answer."""
    (one,) = found
    return one


@given(whole=st.integers(1, 400), data=st.data(), minimum=st.integers(1, 100))
def test_a_share_is_never_rounded(whole: int, data: st.DataObject, minimum: int) -> None:
    """A minimum holds exactly where known/whole is no smaller than it as a fraction."""
    known = data.draw(st.integers(0, whole))
    packages = [package(f"p{number}", licensed=number < known) for number in range(whole)]
    verdict = only(judge(Minimums(licences=minimum), built(*packages))).verdict
    assert (verdict.status is Status.PASS) == (known / whole * 100 >= minimum - 1e-9)


def test_just_below_is_below() -> None:
    """18 of 19 is 94.7 percent, which rounding would call 95."""
    packages = [package(f"p{number:02}", licensed=number > 0) for number in range(19)]
    found = only(judge(Minimums(licences=95), built(*packages)))
    assert (found.verdict.status, found.verdict.measured, found.verdict.threshold) == (Status.FAIL, "18/19", 95)
    assert found.exceptions == ("p00 1.0",)
    assert found.verdict.code == "SBOM015"


def test_nothing_asked_for_nothing_judged() -> None:
    """Without a minimum the coverage blocks nothing."""
    assert judge(Minimums(), built(package("x"))) == ()


def test_a_verdict_names_twenty_exceptions_and_counts_the_rest() -> None:
    """The reason stays readable; all names are in the answer."""
    found = only(judge(Minimums(licences=1), built(*[package(f"p{number:03}") for number in range(50)])))
    assert found.verdict.reason.count("p0") == MAX_NAMED
    assert found.verdict.reason.endswith("and 30 more")
    assert len(found.exceptions) == 50


def test_only_what_is_distributed_needs_a_hash() -> None:
    """A commit is outside the denominator."""
    made = built(package("file", hashed=True), package("commit", distributed=False))
    verdict = only(judge(Minimums(hashes=100), made)).verdict
    assert (verdict.status, verdict.measured) == (Status.PASS, "1/1")


def test_nothing_distributed_is_unmeasured() -> None:
    """A share of nothing is never a pass."""
    made = built(package("commit", distributed=False))
    assert only(judge(Minimums(hashes=100), made)).verdict.status is Status.UNMEASURED


def test_another_digest_is_no_sha256(tmp_path: Path) -> None:
    """The SHA-512 that npm states is shown and does not stand in for what is asked for."""
    verdict = only(judge(Minimums(hashes=1), inventory_of(tmp_path, SAMPLES["npm-3"]))).verdict
    assert verdict.measured == "0/5"


def test_a_range_is_missing_from_versions_and_components(tmp_path: Path) -> None:
    """What was left out for want of an exact version counts where it is missing."""
    made = inventory_of(tmp_path, {"requirements.txt": "a==1.0\nb>=2\n"})
    found = judge(Minimums(components=100, versions=100), made)
    assert [item.verdict.measured for item in found] == ["1/2", "1/2"]
    assert all("requirements.txt:2" in item.verdict.reason for item in found)


def test_a_need_that_is_not_locked_is_missing() -> None:
    """The lock names it, and the inventory lacks it."""
    finding = Finding("unresolved", "y is needed and not locked", PLACE)
    found = only(judge(Minimums(components=100), built(package("x"), findings=(finding,))))
    assert found.exceptions == ("a.lock:1: y is needed and not locked",)


def test_a_conflict_is_missing_nowhere() -> None:
    """A finding about something that is in the inventory takes nothing from the share."""
    finding = Finding("conflict", "x stands twice", PLACE, lost=False)
    assert only(judge(Minimums(components=100), built(package("x"), findings=(finding,)))).verdict.measured == "1/1"


def test_a_lock_that_cannot_be_read_is_missing() -> None:
    """Nobody knows what was in it."""
    verdict = only(judge(Minimums(components=100), built(package("x")), ["b.lock"])).verdict
    assert (verdict.status, verdict.measured) == (Status.FAIL, "1/2")


def test_the_release_plans_minimums() -> None:
    """100 percent of the components, versions and hashes, 95 of the licences."""
    assert minimums_of({}, "release-plan") == Minimums(components=100, licences=95, versions=100, hashes=100)
    assert set(PROFILES) == {"release-plan"}


def test_a_single_input_counts_more_than_the_profile() -> None:
    """0 asks for nothing, also against a profile."""
    found = minimums_of({"hashes": "0", "licences": "99", "versions": ""}, "release-plan")
    assert found == Minimums(components=100, licences=99, versions=100, hashes=0)


@pytest.mark.parametrize("text", ["101", "-1", "+5", "9.5", "95%", "1e2", "٩", "9_9", "all", "1000"])
def test_a_minimum_is_a_whole_percentage(text: str) -> None:
    """Anything else is wrong usage and names the input."""
    with pytest.raises(Error) as raised:
        minimums_of({"licences": text})
    assert (raised.value.code, raised.value.status, raised.value.where) == (
        "SBOM014",
        ExitStatus.USAGE,
        "input min-licences",
    )


def test_all_wrong_minimums_are_named_at_once() -> None:
    """Nobody should mend them one run at a time."""
    with pytest.raises(Error) as raised:
        minimums_of({"licences": "x", "hashes": "y"})
    assert "min-licences" in raised.value.what
    assert "min-hashes" in raised.value.what
