"""What it costs to start: the help text, a first start with empty caches, a second start in the same job."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.measure import PYTHON, Comparison, compare

__all__ = ["bare_environment", "first_start_pip", "first_start_uv", "help_text", "second_start"]

ROOT = Path(__file__).resolve().parents[1]


def bare_environment(home: Path, *, uv: bool) -> dict[str, str]:
    """Return the environment of a fresh machine: an empty home, no caches, uv only where it is asked for."""
    kept = {name: value for name, value in os.environ.items() if name in ("SSL_CERT_FILE", "PIP_CERT", "PIP_INDEX_URL")}
    folders = ["/usr/local/bin", "/usr/bin", "/bin"]
    if uv:
        found = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        link = home / "bin"
        link.mkdir(exist_ok=True)
        shutil.copy(found, link / "uv")
        folders.insert(0, str(link))
    return kept | {"HOME": str(home), "PATH": os.pathsep.join(folders), "LANG": "C.UTF-8"}


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    subprocess.run(command, check=True, capture_output=True, env=environment)


def help_text() -> Comparison:
    """Compare `actions --help` with a Python that does nothing."""
    return compare(
        "python3 actions --help / python3 -I -c pass",
        lambda: _run([PYTHON, "-I", str(ROOT / "actions"), "--help"]),
        lambda: _run([PYTHON, "-I", "-c", "pass"]),
        runs=15,
        reach=2.0,
        allowance=0.05,
    )


def _sign_something(environment: dict[str, str], folder: Path) -> None:
    """Sign one small file with a key that is made on first use: the whole start and the least work."""
    target = folder / "dist"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    (target / "file.txt").write_text("x", encoding="utf-8")
    _run([PYTHON, "-I", str(ROOT / "actions"), "sign", "--folder", str(target)], environment)


def _first_start(name: str, *, uv: bool, runs: int, reach: float) -> Comparison:
    def ours() -> None:
        with tempfile.TemporaryDirectory() as home:
            _sign_something(bare_environment(Path(home), uv=uv), Path(home))

    def peer() -> None:
        with tempfile.TemporaryDirectory() as home:
            environment = bare_environment(Path(home), uv=False)
            _run([PYTHON, "-m", "venv", f"{home}/venv"], environment)
            _run([f"{home}/venv/bin/pip", "install", "--quiet", "sigstore==4.5.1"], environment)

    return compare(name, ours, peer, runs=runs, reach=reach, warm=False)


def first_start_pip() -> Comparison:
    """Compare a first `sign` with empty caches and pip with making a venv and installing sigstore into it."""
    return _first_start("first start of sign, pip / venv + pip install sigstore", uv=False, runs=3, reach=0.6)


def first_start_uv() -> Comparison:
    """Compare the same with uv on the path."""
    return _first_start("first start of sign, uv / venv + pip install sigstore", uv=True, runs=3, reach=0.2)


def _imports_of(command: list[str], environment: dict[str, str]) -> list[str]:
    """Return the modules that a run imports and that are not ours, in its order."""
    told = subprocess.run(
        [command[0], "-X", "importtime", *command[1:]], check=True, capture_output=True, text=True, env=environment
    )
    names = re.findall(r"^import time:\s+\d+ \|\s+\d+ \|\s+(\S+)$", told.stderr, re.MULTILINE)
    return [name for name in names if name.split(".")[0] not in ("maximus", "actions")]


def second_start() -> Comparison:
    """Compare a second `sign` in the same job with a Python that does its imports and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        environment = bare_environment(home, uv=True)
        _sign_something(environment, home)
        _sign_something(environment, home)
        caches = home / ".cache" / "maximus"
        packages = next(path for path in caches.iterdir() if path.name.startswith("sign-"))
        command = [PYTHON, "-I", str(ROOT / "actions"), "sign", "--folder", str(home / "dist")]
        code = (
            f"import sys; sys.pycache_prefix = {str(caches / 'pycache')!r}; sys.path.insert(0, {str(packages)!r})\n"
            # The list has names that were looked for in vain, such as `nt` on Linux: they cost us too.
            f"for name in {_imports_of(command, environment)!r}:\n"
            f"    try: __import__(name)\n"
            f"    except ImportError: pass\n"
        )
        return compare(
            "second start of sign / the imports it needs",
            lambda: _sign_something(environment, home),
            lambda: _run([PYTHON, "-I", "-c", code], environment),
            runs=9,
            reach=1.3,
        )
