"""syft as a judge: it reads our documents in every version that it knows, and finds in them what we wrote.

grype takes documents in with these same decoders of syft's, so what syft finds is what grype would look up.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from packageurl import PackageURL

from maximus.sbom import rendering
from tests.lib.sbom.more_samples import MORE_SAMPLES
from tests.lib.sbom.samples import SAMPLES, inventory_of
from tests.stack import build

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.sbom.model import Inventory

# syft 1.52 does not know CycloneDX 1.7.
READ = ("1.4", "1.5", "1.6")
LOWERED = "pkg:golang/github.com/Azure/go-autorest@v14.2.0%2Bincompatible"
"""Go's tools tell modules apart by capital letters; the purl library of syft writes them small."""
REFUSED = "pkg:conan/openssl@3.3.1?channel=stable&rrev=abcdef&user=acme"
"""The purl library of syft takes no channel without a namespace: the package is read, and its purl is dropped."""


@pytest.fixture(scope="module")
def syft() -> Path:
    """The program, built from its module."""
    return build.locate("syft")


@pytest.fixture
def made(tmp_path: Path) -> Inventory:
    """The inventory of every sample at once."""
    samples = {**SAMPLES, **MORE_SAMPLES}
    files = {f"{name}/{path}": text for name, found in samples.items() for path, text in found.items()}
    return inventory_of(tmp_path / "app", files)


def read_by(syft: Path, document: dict[str, Any], folder: Path) -> Counter[str]:
    """Return the purls of the packages that syft finds in a document, canonical; of one without, an empty one."""
    path = folder / "sbom.json"
    path.write_bytes(rendering.as_bytes(document))
    done = subprocess.run(
        [str(syft), "convert", str(path), "-o", "syft-json"],
        check=False,
        capture_output=True,
        encoding="utf-8",
        env={"SYFT_CHECK_FOR_APP_UPDATE": "false", "HOME": str(folder)},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    purls = [artifact["purl"] for artifact in json.loads(done.stdout)["artifacts"]]
    return Counter(PackageURL.from_string(purl).to_string() if purl else "" for purl in purls)


def expected(made: Inventory) -> Counter[str]:
    """Return the purls of what we inventoried, and of the tree and its own parts, which are components too."""
    return Counter(str(item.purl) for item in (made.root, *made.members, *made.components))


@pytest.mark.parametrize("version", READ)
def test_syft_finds_every_package_in_cyclonedx(syft: Path, made: Inventory, tmp_path: Path, version: str) -> None:
    """What goes in comes out, as often as it went in; images are no packages to it but what packages are found in."""
    both = rendering.render(made, seconds=0, tool_version="1.0.0", cyclonedx_version=version)
    images = Counter({purl: count for purl, count in expected(made).items() if purl.startswith("pkg:docker/")})
    assert images
    assert read_by(syft, both.cyclonedx, tmp_path) == expected(made) - images


def test_syft_finds_every_package_in_spdx(syft: Path, made: Inventory, tmp_path: Path) -> None:
    """What goes in comes out; two purls are written otherwise, and named here with the reason."""
    both = rendering.render(made, seconds=0, tool_version="1.0.0")
    otherwise = {LOWERED: LOWERED.replace("Azure", "azure"), REFUSED: ""}
    wanted = Counter({otherwise.get(purl, purl): count for purl, count in expected(made).items()})
    assert read_by(syft, both.spdx, tmp_path) == wanted
