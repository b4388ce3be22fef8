"""The NTIA's minimum elements as its own conformance checker judges them, on every lock and on real installed packages.

The checker asks for a supplier of every package. An index is none, so nobody stands in for one: who is not known is
said to be unknown, in the field and by name, and our own judge counts it as missing.
"""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

import ntia_conformance_checker as ntia
import pytest

from maximus.sbom import enrichment, inventory, rendering, scan, subject
from maximus.sbom.installed import read_installed
from maximus.sbom.judging.judge import judge
from maximus.sbom.judging.view import read_view
from maximus.verdict import Status
from tests.lib.sbom.more_samples import MORE_SAMPLES
from tests.lib.sbom.samples import SAMPLES, make

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.sbom.rendering import Rendered

FACTS = subject.Facts(folder="app", server="https://github.com", repository="ada/app", commit="c" * 40)
EVERY = {**SAMPLES, **MORE_SAMPLES}


def both_of(root: Path, files: dict[str, str]) -> Rendered:
    """Return the documents of a tree and of what is installed in it."""
    found = scan.scan(make(root, files))
    made = inventory.build(subject.describe(FACTS), found.readings, found.tree.skipped)
    told = enrichment.enrich(made, read_installed(found.tree)).inventory
    return rendering.render(told, seconds=0, tool_version="1.0.0")


def judged(both: Rendered, path: Path) -> ntia.BaseChecker:
    """Return the checker that has read the SPDX document."""
    path.write_bytes(rendering.as_bytes(both.spdx))
    # Its validation is spdx-tools', which judges every sample elsewhere and takes quadratic time.
    checker: ntia.BaseChecker = ntia.SbomChecker(str(path), validate=False, compliance="ntia")
    return checker


def installed() -> dict[str, str]:
    """Return a list of requirements and the METADATA of what this Python itself has installed."""
    files = {}
    pins = []
    for item in importlib.metadata.distributions():
        text = item.read_text("METADATA")
        if text and item.name != "maximus":
            pins.append(f"{item.name}=={item.version}")
            files[f"deps/{item.name}-{item.version}.dist-info/METADATA"] = text
    return {"requirements.txt": "\n".join(sorted(pins)) + "\n", **files}


def test_a_tree_with_installed_packages_passes(tmp_path: Path) -> None:
    """Every package has a supplier that its own metadata names: no index stands in for one, and nobody is unknown."""
    both = both_of(tmp_path / "app", installed())
    assert judged(both, tmp_path / "app.spdx.json").compliant
    assert "Organization: unknown" not in {package["supplier"] for package in both.spdx["packages"]}


@pytest.mark.parametrize("name", EVERY)
def test_every_document_passes(tmp_path: Path, name: str) -> None:
    """Whatever the locks are: each package has a name, a version, an identifier and a supplier, if only an unknown."""
    assert judged(both_of(tmp_path / "app", EVERY[name]), tmp_path / "app.spdx.json").compliant


def test_nobody_is_named_who_is_not_known(tmp_path: Path) -> None:
    """What the checker lets pass is said to be unknown, with the reason, and our own judge does not count it."""
    both = both_of(tmp_path / "app", SAMPLES["npm-3"])
    unknown = [package for package in both.spdx["packages"] if package["supplier"] == "Organization: unknown"]
    assert unknown
    for package in unknown:
        assert package["originator"] == "NOASSERTION"
        assert "unknown: Component Producer: no lock states it" in {note["comment"] for note in package["annotations"]}
    (answer,) = [
        item for item in judge(read_view(both.spdx, "sbom.spdx.json"), "ntia-2021") if item.check.name == "suppliers"
    ]
    assert answer.verdict.status is Status.FAIL
    assert answer.found.whole - answer.found.known == len(unknown)


def test_the_checker_can_fail(tmp_path: Path) -> None:
    """A supplier that is not stated at all is one that it misses."""
    both = both_of(tmp_path / "app", SAMPLES["npm-3"])
    both.spdx["packages"][0]["supplier"] = "NOASSERTION"
    assert not judged(both, tmp_path / "app.spdx.json").compliant


@pytest.mark.parametrize(
    ("sample", "purl", "supplier"),
    [
        ("npm-3", "pkg:npm/%40scope", "Organization: @scope"),
        ("composer", "pkg:composer/", ""),
    ],
)
def test_a_namespace_is_whose_it_is(tmp_path: Path, sample: str, purl: str, supplier: str) -> None:
    """Only the holder of a scope, a group or a vendor's name puts packages there; it is marked as derived."""
    both = both_of(tmp_path / "app", EVERY[sample])
    found = [
        package
        for package in both.spdx["packages"]
        if any(reference["referenceLocator"].startswith(purl) for reference in package["externalRefs"])
    ]
    assert found
    for package in found:
        expected = supplier or f"Organization: {package['name'].partition('/')[0]}"
        assert package["supplier"] == expected
        notes = {note["comment"] for note in package["annotations"]}
        assert "producer: derived from the namespace of its name" in notes
