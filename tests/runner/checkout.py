"""A copy of what users download, to run actions from: everything but the locks, so that nothing is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

__all__ = ["ROOT", "copy_checkout", "make_tree"]

ROOT = Path(__file__).resolve().parents[2]

_LOCK = {
    "name": "app",
    "version": "1.2.3",
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "app", "version": "1.2.3", "dependencies": {"left-pad": "^1.3.0"}},
        "node_modules/left-pad": {
            "version": "1.3.0",
            "resolved": "https://registry.example/left-pad/-/left-pad-1.3.0.tgz",
            "integrity": "sha512-" + "A" * 86 + "==",
            "license": "WTFPL",
        },
    },
}
_SHIPPED = ("action.yml", "actions", "lib", "schemas", "sbom", "sign", "verify", "draft")


def copy_checkout(folder: Path) -> Path:
    """Copy what an action needs into a folder and return it.

    Without `requirements/` an action uses the packages that the tests' own Python has: no network, no wait.
    """
    for name in _SHIPPED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    return folder


def make_tree(folder: Path, *, git: bool = True) -> Path:
    """Make a small project with a lock file and something built, committed and tagged v1.2.3; return it."""
    (folder / "dist").mkdir(parents=True)
    (folder / "dist" / "app-1.2.3.txt").write_text("what was built\n", encoding="utf-8")
    (folder / ".gitignore").write_text("dist/\nrelease/\n", encoding="utf-8")
    (folder / "package-lock.json").write_text(json.dumps(_LOCK, indent=2), encoding="utf-8")
    if git:
        for arguments in (
            ["init", "--quiet", "--initial-branch=main"],
            ["config", "user.name", "Ada"],
            ["config", "user.email", "ada@example.org"],
            ["add", "."],
            ["commit", "--quiet", "-m", "feat: begin"],
            ["tag", "v1.2.3"],
        ):
            subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)
    return folder
