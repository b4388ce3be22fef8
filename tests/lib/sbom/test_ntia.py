"""The NTIA's minimum elements as its own conformance checker judges them, on a tree with real installed packages."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

import ntia_conformance_checker as ntia

from maximus.sbom import enrichment, inventory, rendering, scan, subject
from maximus.sbom.installed import read_installed
from tests.lib.sbom.samples import SAMPLES, make

if TYPE_CHECKING:
    from pathlib import Path

FACTS = subject.Facts(folder="app", server="https://github.com", repository="ada/app", commit="c" * 40)


def judged(root: Path, files: dict[str, str]) -> ntia.BaseChecker:
    """Return the checker that has read the SPDX document of a tree and of what is installed in it."""
    found = scan.scan(make(root, files))
    made = inventory.build(subject.describe(FACTS), found.readings, found.tree.skipped)
    told = enrichment.enrich(made, read_installed(found.tree)).inventory
    both = rendering.render(told, seconds=0, tool_version="1.0.0")
    path = root.with_suffix(".spdx.json")
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
    """Every package has a supplier that its own metadata names: no index stands in for one."""
    found = judged(tmp_path / "app", installed())
    assert found.get_components_without_suppliers() == []
    assert found.compliant


def test_locks_alone_state_no_supplier(tmp_path: Path) -> None:
    """The judge can fail: nobody is named who is not known."""
    found = judged(tmp_path / "app", SAMPLES["npm-3"])
    assert found.get_components_without_suppliers() != []
    assert not found.compliant
