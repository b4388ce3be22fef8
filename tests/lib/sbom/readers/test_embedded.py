"""SBOMs in the tree."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from maximus.sbom import rendering
from tests.lib.sbom.more_samples import MORE_SAMPLES
from tests.lib.sbom.samples import by_name, inventory_of, sha256

if TYPE_CHECKING:
    from pathlib import Path


def test_components_are_claims_with_their_place(tmp_path: Path) -> None:
    """What another document states is taken over with its name and digest, nested ones too; local addresses are not."""
    found = by_name(inventory_of(tmp_path, MORE_SAMPLES["embedded-cyclonedx"]))
    serde = found["serde 1.0.203"]
    assert serde.purl == "pkg:cargo/serde@1.0.203"
    assert [digest.value for item in serde.artifacts for digest in item.digests] == [sha256("serde")]
    assert [claim.expression for claim in serde.licences] == ["MIT OR Apache-2.0"]
    ((name, origin),) = serde.notes
    assert (name, origin.partition(" ")[0]) == ("stated-by", "theirs.cdx.json")
    assert "@a/inner 1.0.0" in found


def test_nothing_of_the_document_itself_is_taken(tmp_path: Path) -> None:
    """Its subject, serial number and tools stay its own."""
    for name in ("embedded-cyclonedx", "embedded-spdx"):
        made = inventory_of(tmp_path / name, MORE_SAMPLES[name])
        text = rendering.as_bytes(rendering.render(made, seconds=0, tool_version="1").cyclonedx)
        assert b"their-tool" not in text
        assert b"00000000-0000-4000-8000-000000000000" not in text
        assert b'"theirs"' not in text


def test_what_cannot_be_taken_is_named(tmp_path: Path) -> None:
    """A component without a purl and one of an unknown ecosystem are findings."""
    made = inventory_of(tmp_path, MORE_SAMPLES["embedded-cyclonedx"])
    assert {item.kind for item in made.findings} == {"ignored"}
    assert len(made.findings) == 2


def test_spdx_too(tmp_path: Path) -> None:
    """What the document describes is its subject, the rest are components."""
    found = by_name(inventory_of(tmp_path, MORE_SAMPLES["embedded-spdx"]))
    assert set(found) == {"com.google.guava:guava 33.2.1-jre"}
    assert [claim.expression for claim in found["com.google.guava:guava 33.2.1-jre"].licences] == ["Apache-2.0"]


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        ("vcs_url=git%2Bhttps://git.example/octo/left.git%40" + "c" * 40,
         "vcs_url=git%2Bhttps://git.example/octo/left.git%40" + "c" * 40),
        ("vcs_url=git%2Bssh://ada:hunter2@git.example/octo/left%40v1", "vcs_url=git%2Bssh://git.example/octo/left%40v1"),
        ("vcs_url=hg%2Bhttps://ada:hunter2@hg.example/left", "vcs_url=hg%2Bhttps://hg.example/left"),
        ("download_url=https://files.example/left.zip%3Ftoken=hunter2", "download_url=https://files.example/left.zip"),
        ("checksum=sha256:aa&file_name=/home/ada/left-1.0.zip", "checksum=sha256:aa&file_name=left-1.0.zip"),
        ("extension=zip&repository_url=https://pypi.example/simple", "extension=zip&repository_url=https://pypi.example/simple"),
        ("download_url=file:///home/ada/left.zip", ""),
        ("vcs_url=git%2Bfile:///home/ada/left", ""),
    ],
)  # fmt: skip
def test_what_a_purl_says_of_its_origin_is_kept(tmp_path: Path, stated: str, kept: str) -> None:
    """A fork at a commit is not the package of that name in an index; folders of a machine and secrets stay out."""
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "components": [{"name": "left", "purl": f"pkg:pypi/left@1.0?{stated}"}],
    }
    (component,) = inventory_of(tmp_path, {"theirs.cdx.json": json.dumps(document)}).components
    assert component.purl == "pkg:pypi/left@1.0" + (f"?{kept}" if kept else "")
    assert component.is_distributed == ("vcs_url" not in kept)


def test_a_repository_in_an_sbom_and_in_a_lock_is_one(tmp_path: Path) -> None:
    """Both spell it alike, whatever the user in its address."""
    commit = "d" * 40
    purl = f"pkg:pypi/tool@1.0?vcs_url=git%2Bssh://git@git.example/octo/tool.git%40{commit}"
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "tool", "purl": purl}]}
    lock = f"""version = 1
[[package]]
name = "tool"
version = "1.0"
source = {{ git = "ssh://git@git.example/octo/tool.git#{commit}" }}
"""
    made = inventory_of(tmp_path, {"theirs.cdx.json": json.dumps(document), "uv.lock": lock})
    assert [len(item.locations) for item in made.components] == [2]


def test_no_secret_comes_in_with_a_purl(tmp_path: Path) -> None:
    """An address among the qualifiers goes out without user and password."""
    purl = "pkg:pypi/left@1.0?repository_url=https://ada:hunter2@pypi.example/simple%3Ftoken=hunter2"
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "left", "purl": purl}]}
    made = inventory_of(tmp_path, {"theirs.cdx.json": json.dumps(document)})
    (component,) = made.components
    assert component.purl.startswith("pkg:pypi/left@1.0?repository_url=https://pypi.example/simple")
    assert b"hunter2" not in rendering.as_bytes(rendering.render(made, seconds=0, tool_version="1").cyclonedx)
