"""`pubspec.lock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.sbom.model import Scope
from tests.lib.sbom.more_samples import COMMIT, MORE_SAMPLES
from tests.lib.sbom.samples import by_name, inventory_of, sha256

if TYPE_CHECKING:
    from pathlib import Path


def test_digests_are_of_the_archive(tmp_path: Path) -> None:
    """Hosted packages state the SHA-256 of their archive; what is of the SDK or of git has no file."""
    found = by_name(inventory_of(tmp_path, MORE_SAMPLES["pub"]))
    (artifact,) = found["async 2.11.0"].artifacts
    assert (artifact.file, artifact.digests[0].value) == ("async-2.11.0.tar.gz", sha256("async"))
    assert not found["flutter 0.0.0"].is_distributed
    assert COMMIT in found["patched 1.0.0"].purl


def test_direct_and_transitive_are_told_and_no_more(tmp_path: Path) -> None:
    """The lock says what is direct, and not who needs the rest."""
    made = inventory_of(tmp_path, MORE_SAMPLES["pub"])
    found = by_name(made)
    assert {name for name, item in found.items() if item.direct} == {"flutter 0.0.0", "http 1.2.1", "patched 1.0.0"}
    assert found["patched 1.0.0"].scopes == (Scope.DEV,)
    assert [item.own for item in made.members] == ["packages/local"]
