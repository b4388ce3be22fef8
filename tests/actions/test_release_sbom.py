"""What the root action hands through to `sbom`: nothing is signed that falls short of the profile."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any

import pytest

from actions import release
from actions.terminal import TerminalFace
from maximus.errors import ExitStatus
from tests.trees import make_tree

if TYPE_CHECKING:
    from pathlib import Path

OVERLAY = "add:\n  - purl: pkg:generic/zlib@1.3.1\n    reason: compiled in\n    licence: Zlib\n"


def released(root: Path, **inputs: Any) -> tuple[ExitStatus, str]:  # noqa: ANN401 - inputs of every type
    """Release the tree on a laptop, and return the status and what was shown."""
    shown = io.StringIO()
    environment = {"HOME": str(root / "home"), "PATH": "/usr/bin:/bin", "npm_config_cache": str(root / "npm")}
    face = TerminalFace(environment, "release", stream=shown, errors=shown)
    tree = root / "app"
    asked: dict[str, Any] = {
        "path": str(tree),
        "folder": str(tree / "release"),
        "files": ("dist/*",),
        "version": "1.2.0",
    }
    release.run(release.Inputs(**asked, **inputs), face)
    return face.record.exit_status, shown.getvalue()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a tree, a home, and npm's cache with the package of its lock."""
    for name in ("GITHUB_ACTIONS", "GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    make_tree(tmp_path / "app")
    name = hashlib.sha512(b"").hexdigest()
    path = tmp_path / "npm" / "_cacache" / "content-v2" / "sha512" / name[:2] / name[2:4] / name[4:]
    path.parent.mkdir(parents=True)
    path.touch()
    return tmp_path


def test_what_falls_short_of_the_profile_is_not_signed(root: Path) -> None:
    """The inventory is written and named, and nothing after it is done."""
    status, shown = released(root, sbom_profile="release-plan")
    assert status is ExitStatus.FAILED
    assert "hashes: 0/1 is below 100 percent" in shown
    names = {path.name for path in (root / "app" / "release").iterdir()}
    assert "sbom.cdx.json" in names
    assert not any(name.endswith((".sigstore.json", ".pub")) for name in names)


def test_caches_facts_and_overlay_are_handed_through(root: Path) -> None:
    """With the job's caches the same release holds, and the overlay is in what is signed."""
    (root / "overlay.yml").write_text(OVERLAY, encoding="utf-8")
    (root / "facts.json").write_text('{"kind": "maximus-sbom-facts", "version": 1, "facts": []}', encoding="utf-8")
    status, shown = released(root, sbom_profile="release-plan", sbom_caches=True, sbom_facts=str(root / "facts.json"))
    assert status is ExitStatus.PASS, shown
    assert "facts: 0 in" in shown
    released(root, sbom_overlay=str(root / "overlay.yml"))
    assert "compiled in" in (root / "app" / "release" / "sbom.cdx.json").read_text(encoding="utf-8")


def test_what_is_installed_is_handed_through(root: Path) -> None:
    """Nothing is installed here, and `sbom` says so."""
    _, shown = released(root, sbom_installed=True)
    assert "nothing of what the locks name is installed" in shown
