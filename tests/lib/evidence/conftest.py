"""What tests of evidence share: a judge of trees and notes that others wrote."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.stack.build import Unmeasured, locate
from tests.stack.stack import is_required

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


@pytest.fixture(scope="session")
def judge() -> Callable[[Iterable[dict[str, Any]]], list[str]]:
    """Return a function that has questions answered by Go's `transparency-dev/merkle` and `sumdb/note`, each a line."""
    try:
        program: Path = locate("merkle-judge")
    except Unmeasured as reason:
        if is_required():
            pytest.fail(str(reason))
        pytest.skip(str(reason))

    def ask(questions: Iterable[dict[str, Any]]) -> list[str]:
        text = "".join(json.dumps(question) + "\n" for question in questions)
        told = subprocess.run([program], input=text, capture_output=True, text=True, check=True, encoding="utf-8")
        return told.stdout.splitlines()

    return ask
