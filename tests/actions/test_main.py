"""The entry point as users start it: another process, any Python, no package at hand."""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from actions.declare import ACTIONS
from actions.overview import overview
from maximus import __version__

ROOT = Path(__file__).resolve().parents[2]
BARE = (sys.executable, "-I", "-S")
"""This Python without a single installed package."""


def start(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python3 actions ...` with no package at hand."""
    return subprocess.run(
        [*BARE, str(ROOT / "actions"), *arguments],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",), ("help",)])
def test_the_list_of_actions_needs_no_package(arguments: tuple[str, ...]) -> None:
    """Alone and with `--help` it lists the actions."""
    done = start(*arguments)

    assert (done.returncode, done.stderr) == (0, "")
    assert all(name in done.stdout for name in ACTIONS)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX closes the streams")
@pytest.mark.parametrize("closing", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize("arguments", ["", "sign --help", "sign --nonsense"])
def test_whoever_closed_a_stream_hears_nothing_on_it(closing: str, arguments: str) -> None:
    """It is as if everything were written where nobody reads."""
    line = f"{shlex.join([*BARE, str(ROOT / 'actions')])} {arguments} {closing}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == (2 if "nonsense" in arguments else 0)
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("name", ACTIONS)
def test_the_help_of_an_action_needs_no_package(name: str) -> None:
    """`NAME --help` shows its inputs, also behind other options."""
    done = start(name, "--json", "--help")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"maximus {name}: ")


@pytest.mark.parametrize("arguments", [("release", "--version", "1.2.0", "--dry-run"), ("draft", "--version", "1.2.0")])
def test_a_version_with_a_value_is_the_actions_own_input(arguments: tuple[str, ...]) -> None:
    """It is not mistaken for the question which version of the program this is."""
    assert overview(arguments) is None
    assert overview((*arguments[:1], "--version")) is not None


@pytest.mark.parametrize("arguments", [("--version",), ("sbom", "--version")])
def test_the_version_needs_no_package(arguments: tuple[str, ...]) -> None:
    """`--version` prints name and version."""
    assert start(*arguments).stdout == f"maximus {__version__}\n"


@pytest.mark.parametrize("arguments", [("sing",), ("sbom", "--pth", "x"), ("sbom", "--formats", "xml")])
def test_wrong_usage_needs_no_package(arguments: tuple[str, ...]) -> None:
    """A slip is answered before anything is installed: status 2, one error, no traceback."""
    done = start(*arguments)

    assert (done.returncode, done.stdout.count("\n") <= 1) == (2, True)
    assert "Traceback" not in done.stderr
    assert "(RUN00" in done.stderr


def test_it_is_read_by_pythons_that_are_too_old() -> None:
    """The file that says that a Python is too old must itself parse there."""
    ast.parse((ROOT / "actions" / "__main__.py").read_text(encoding="utf-8"), feature_version=(3, 4))


def test_an_old_python_is_told_what_to_do() -> None:
    """The first thing that runs says which version is needed, in a job and elsewhere, with status 2."""
    old = "import sys, runpy; sys.version_info = (3, 10, 12); sys.version = '3.10.12 (main)'; "
    old += f"runpy.run_path({str(ROOT / 'actions')!r}, run_name='__main__')"
    done = subprocess.run([*BARE, "-c", old], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr.startswith("maximus needs Python 3.11 or newer, this is 3.10.12 (RUN000)\n")
    assert "actions/setup-python" in done.stderr


def test_the_workspace_cannot_shadow_our_modules(tmp_path: Path) -> None:
    """A hostile checkout as working folder brings no code of its own into our process."""
    for name in ("json", "actions", "maximus", "sitecustomize", "argparse"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('{name} of the workspace ran')", encoding="utf-8")
    done = start("--version", cwd=tmp_path, PYTHONPATH=str(tmp_path))

    assert (done.stdout, done.stderr) == (f"maximus {__version__}\n", "")


def test_our_modules_do_not_shadow_packages() -> None:
    """The folder `actions/` is not on the import path, where its modules would hide packages of the same name."""
    code = (
        "import sys, runpy; sys.argv = ['actions', '--version']; sys.path.insert(0, FOLDER)\n"
        "try:\n    runpy.run_path(FOLDER, run_name='__main__')\n"
        "except SystemExit:\n    pass\n"
        "print([entry for entry in sys.path if entry.rstrip('/').endswith('actions')])"
    ).replace("FOLDER", repr(str(ROOT / "actions")))
    done = subprocess.run([*BARE, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_what_is_left_in_memory_is_not_searched_for_cycles() -> None:
    """Python would look through all of it before it ends, which takes `sign` as long as its imports of cryptography."""
    code = (
        "import atexit, gc, sys, runpy; sys.argv = ['actions', 'sign', '--help']\n"
        "atexit.register(lambda: print(gc.get_freeze_count() > 1000))\n"
        "runpy.run_path(FOLDER, run_name='__main__')"
    ).replace("FOLDER", repr(str(ROOT / "actions")))
    done = subprocess.run([*BARE, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "True"


def test_text_is_utf8_whatever_the_locale() -> None:
    """-I ignores PYTHONUTF8, and a C locale is not UTF-8 everywhere; our signs come out all the same."""
    done = subprocess.run(
        [*BARE, "-X", "utf8=0", str(ROOT / "actions"), "sbom", "--pth", "ü"],
        env={"PATH": os.environ["PATH"], "HOME": "/", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        check=False,
    )

    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [("--help",), ("sbom", "--help"), ("sbom", "--version")])
def test_a_reader_that_goes_away_is_no_fault(arguments: tuple[str, ...]) -> None:
    """`| true` ends the command quietly, without a complaint of Python's."""
    reader, writer = os.pipe()
    # The reader is gone before the first byte is written.
    os.close(reader)
    try:
        done = subprocess.run(
            [*BARE, str(ROOT / "actions"), *arguments], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(writer)

    assert (done.returncode, done.stderr) == (3, "")
