"""A copy of what users download, to run actions from: everything but the locks, so that nothing is installed."""

from __future__ import annotations

import shutil
from pathlib import Path

from actions import ACTIONS

__all__ = ["ROOT", "copy_checkout"]

ROOT = Path(__file__).resolve().parents[2]

_SHIPPED = ("action.yml", "actions", "lib", "schemas", *(name for name in ACTIONS if name != "release"))


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
