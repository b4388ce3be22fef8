"""Figures in public text: each names the benchmark that gives it."""

from __future__ import annotations

import re
from pathlib import Path

from bench.__main__ import BENCHMARKS

ROOT = Path(__file__).resolve().parents[2]


def test_every_figure_of_the_inventory_has_a_benchmark() -> None:
    """A row of the table that no benchmark gives is a claim that nobody can repeat."""
    text = (ROOT / "sbom" / "README.md").read_text(encoding="utf-8")
    table = text.partition("## What it takes")[2].partition("\n## ")[0]
    named = re.findall(r"(?m)^\| `([\w-]+)`", table)
    assert len(named) == table.count("\n| ") - 1
    assert set(named) <= set(BENCHMARKS)
