"""`bun.lock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.sbom.model import Known, Scope
from tests.lib.sbom.more_samples import COMMIT, MORE_SAMPLES
from tests.lib.sbom.samples import by_name, edges_of, inventory_of

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
