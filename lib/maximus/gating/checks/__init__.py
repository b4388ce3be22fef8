"""The check types: one module each, named as policies name the type, with `_` for `-`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from maximus.gating.check import CheckType

__all__ = ["TYPES", "find_type"]

TYPES = (
    "append-only-log",
    "attestation",
    "budget",
    "command",
    "determinism",
    "docs",
    "files-present",
    "forbidden",
    "healthcheck",
    "pins",
    "required",
    "ruleset",
    "secrets",
    "types",
    "verdict",
)
"""The types there are, sorted."""


def find_type(name: str) -> CheckType:
    """Return the check type called `name`, one of TYPES; its module is imported when it is first asked for."""
    return cast("CheckType", importlib.import_module(f"{__name__}.{name.replace('-', '_')}"))
