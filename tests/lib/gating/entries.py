"""Judges one entry of a policy on a folder, as a policy's check is judged."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from maximus.gating.check import Context
from maximus.gating.judging import judge
from maximus.gating.policy import load_policy
from maximus.gating.worktree import Tree

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.gating.judging import Judged

__all__ = ["TODAY", "judge_entry"]

TODAY = dt.date(2026, 11, 21)


def judge_entry(root: Path, options: str, **given: Any) -> Judged:  # noqa: ANN401 - parts of a Context
    """Return what becomes of a check with these options, written as in a YAML flow mapping."""
    policy = f"version: 1\nchecks:\n  - {{id: it, source: a test, {options}}}\n"
    context = Context(**{"tree": Tree(root), "folder": None, "subject": "", "base": "", "today": TODAY, **given})
    (judged,) = judge(load_policy(policy.encode(), "policy.yml"), context)
    return judged
