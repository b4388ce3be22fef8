"""Runs actionlint over our workflows; built from its Go module, never downloaded.

Without Go it is unmeasured, said in one line; under MAXIMUS_REQUIRE_STACK=1 that is a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.stack.build import Unmeasured, locate  # noqa: E402 - after the path is arranged


def main() -> int:
    """Return actionlint's exit status."""
    try:
        program = locate("actionlint")
    except Unmeasured as reason:
        sys.stderr.write(f"actionlint: {reason}\n")
        return 1 if os.environ.get("MAXIMUS_REQUIRE_STACK") == "1" else 0
    return subprocess.run([str(program)], check=False, cwd=ROOT).returncode  # noqa: S603 - our own program


if __name__ == "__main__":
    raise SystemExit(main())
