"""Trees to release: small git checkouts as users have them, made anew for each test."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["commit_all", "git", "make_tree"]

_FIXED = {
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}

LOCK = """{
  "name": "app", "version": "1.0.0", "lockfileVersion": 3, "requires": true,
  "packages": {
    "": {"name": "app", "version": "1.0.0", "dependencies": {"left": "^1.0.0"}},
    "node_modules/left": {
      "version": "1.2.3", "license": "MIT",
      "resolved": "https://registry.example/left/-/left-1.2.3.tgz",
      "integrity": "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="
    }
  }
}
"""


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder as somebody else's machine would, and return what it prints."""
    done = subprocess.run(
        ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-C", str(folder), *arguments],
        check=True,
        capture_output=True,
        encoding="utf-8",
        env={name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | _FIXED,
    )
    return done.stdout


def commit_all(folder: Path, message: str) -> None:
    """Commit whatever there is."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)


def make_tree(folder: Path) -> Path:
    """Make a checkout with an npm lock, a built file, a release behind it and two commits since."""
    (folder / "dist").mkdir(parents=True)
    (folder / "package-lock.json").write_text(LOCK, encoding="utf-8")
    (folder / ".gitignore").write_text("dist/\nrelease/\n", encoding="utf-8")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "remote", "add", "origin", "https://github.com/octo/app.git")
    commit_all(folder, "feat: begin")
    git(folder, "tag", "v1.1.0")
    commit_all(folder, "feat: greet the world (#12)")
    commit_all(folder, "fix: begin with a capital (#13)")
    (folder / "dist" / "app-1.2.0.tar.gz").write_bytes(b"what a build made\n")
    return folder
