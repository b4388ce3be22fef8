"""Compiles every dependency group of pyproject.toml to requirements/<group>.txt, with hashes.

    python3 tools/lock.py            keep what is locked, add what is missing
    python3 tools/lock.py --upgrade  take newer versions, none younger than seven days

The groups agree: `develop` has everything and is compiled first, the others are constrained by it. Only the clients
of the key management services are apart: they agree with `release`, beside which they run, and `kms` has all of them.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COOLDOWN = "7 days"
"""How old a version must be: what is pulled back is mostly pulled back within a week."""


def compile_group(group: str, *extra: str) -> None:
    """Compile one group; uv ends with its own message where that fails."""
    uv = Path(sysconfig.get_path("scripts")) / "uv"
    target = f"requirements/{group}.txt"
    subprocess.run(  # noqa: S603 - an argument list of our own
        [
            str(uv), "pip", "compile", "--quiet", "--no-config", "--generate-hashes", "--universal",
            "--python-version", "3.11", "--no-emit-index-url", "--no-annotate", "--exclude-newer", COOLDOWN,
            "--custom-compile-command", "make lock", "--group", f"pyproject.toml:{group}", "-o", target, *extra,
        ],
        check=True,
        cwd=ROOT,
    )  # fmt: skip
    path = ROOT / target
    path.write_text(path.read_text(encoding="utf-8").replace("\r\n", "\n"), encoding="utf-8", newline="\n")


def main() -> None:
    """Compile all groups, `develop` first."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    (ROOT / "requirements").mkdir(exist_ok=True)
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
    apart = {"kms", *(group for group in groups if group.startswith("sign-"))}
    compile_group("develop", *upgrade)
    for group in sorted(set(groups) - apart - {"develop"}):
        compile_group(group, "--constraints", "requirements/develop.txt")
    beside = ("--constraints", "requirements/release.txt")
    compile_group("kms", *beside, *upgrade)
    for group in sorted(apart - {"kms"}):
        compile_group(group, *beside, "--constraints", "requirements/kms.txt")


if __name__ == "__main__":
    main()
