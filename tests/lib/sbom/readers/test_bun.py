"""`bun.lock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom.model import Known, Scope
from tests.lib.sbom.more_samples import COMMIT, MORE_SAMPLES
from tests.lib.sbom.samples import by_name, edges_of, inventory_of, sri

if TYPE_CHECKING:
    from pathlib import Path


def test_a_nested_version_is_found_first(tmp_path: Path) -> None:
    """A workspace gets the copy below its own name, everything else the one at the top."""
    made = inventory_of(tmp_path, MORE_SAMPLES["bun"])
    assert edges_of(made) == {
        (".", "/packages/core"),
        (".", "chalk 5.3.0"),
        (".", f"patched {COMMIT}"),
        ("/packages/core", "ansi 1.0.0"),
        ("chalk 5.3.0", "ansi 2.0.0"),
    }


def test_digests_scopes_and_gaps(tmp_path: Path) -> None:
    """The digest is the tarball's; an optional need that is not locked is no gap, any other is."""
    made = inventory_of(tmp_path, MORE_SAMPLES["bun"])
    found = by_name(made)
    assert found["chalk 5.3.0"].artifacts[0].file == "chalk-5.3.0.tgz"
    assert found["chalk 5.3.0"].artifacts[0].digests[0].algorithm == "SHA-512"
    assert found["chalk 5.3.0"].edges is Known.INCOMPLETE
    assert [item.text for item in made.findings] == ["// is needed and not locked"]
    assert found[f"patched {COMMIT}"].scopes == (Scope.DEV,)


def _lock(*entries: str) -> dict[str, str]:
    """Return a lock whose project needs `left`, with these entries."""
    head = '{"lockfileVersion": 1, "workspaces": {"": {"name": "app", "dependencies": {"left": "1"}}},\n'
    return {
        "bun.lock": head
        + '"patchedDependencies": {"left@1.2.3": "patches/left.patch"}, "packages": {\n'
        + ",\n".join(entries)
        + "}}"
    }


@pytest.mark.parametrize(
    "place", ["https://files.example/left-1.2.3.tgz", "./packed/left-1.2.3.tgz", "file:left-1.2.3.tgz"]
)
def test_a_tarball_has_the_version_and_the_digest_of_its_entry(tmp_path: Path, place: str) -> None:
    """Its address or its path stands in place of the version, which is in the name as packing tools make it."""
    made = inventory_of(tmp_path, _lock(f'    "left": ["left@{place}", {{}}, "{sri("left")}"]'))
    (left,) = made.components
    assert (left.purl, made.members, made.findings) == ("pkg:npm/left@1.2.3", (), ())
    assert [(item.file, len(item.digests)) for item in left.artifacts] == [("left-1.2.3.tgz", 1)]


def test_the_first_digits_of_a_commit_are_a_version_that_is_not_exact(tmp_path: Path) -> None:
    """Of what GitHub packs bun keeps seven: they are told, with what is wrong about them, and no finding."""
    made = inventory_of(tmp_path, _lock('    "left": ["left@github:octo/left#0a1b2c3", {}, "octo-left-0a1b2c3"]'))
    (left,) = made.components
    assert left.purl == "pkg:npm/left@0a1b2c3?vcs_url=git%2Bhttps://github.com/octo/left%400a1b2c3"
    assert "the first digits of a commit; only the whole of it is exact" in {gap.reason for gap in left.gaps}
    assert made.findings == ()


def test_a_folder_has_the_version_of_its_manifest_and_a_patch_is_told(tmp_path: Path) -> None:
    """A folder by `file:` is a part of the tree; the project as its own need is no package."""
    files = _lock(f'    "left": ["left@1.2.3", "", {{}}, "{sri("left")}"]', '    "kit": ["kit@file:kit", {}]',
                  '    "app": ["app@root:", {}]')  # fmt: skip
    made = inventory_of(tmp_path, {**files, "kit/package.json": '{"name": "kit", "version": "3.1.0"}'})
    assert [(item.own, item.version) for item in made.members] == [("kit", "3.1.0")]
    assert [(item.purl, item.notes) for item in made.components] == [
        ("pkg:npm/left@1.2.3", (("npm:patched", "true"),)),
    ]
