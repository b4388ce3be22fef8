"""The one place that is ours to write to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from actions import cache
from maximus.errors import Error, ExitStatus

ROOT = Path(__file__).resolve().parents[2]


def test_a_job_has_its_temporary_folder(tmp_path: Path) -> None:
    """In a job it is below RUNNER_TEMP, which the runner empties, and never in the tool cache."""
    environment = {"RUNNER_TEMP": str(tmp_path), "RUNNER_TOOL_CACHE": "/opt", "XDG_CACHE_HOME": "/x", "HOME": "/y"}

    assert cache.cache_folder(environment) == str(tmp_path / "maximus")


@pytest.mark.parametrize(
    ("platform", "environment", "folder"),
    [
        ("linux", {"XDG_CACHE_HOME": "/caches"}, "/caches/maximus"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "/home/ada/.cache/maximus"),
        ("linux", {}, "/home/ada/.cache/maximus"),
        ("darwin", {"XDG_CACHE_HOME": "/caches"}, "/home/ada/Library/Caches/maximus"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/maximus/cache"),
        ("win32", {}, "/home/ada/AppData/Local/maximus/cache"),
    ],
)
def test_elsewhere_it_is_the_systems_cache(
    monkeypatch: pytest.MonkeyPatch, platform: str, environment: dict[str, str], folder: str
) -> None:
    """Each system's own place is used; a relative XDG_CACHE_HOME is passed over as its specification asks."""
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setattr(sys, "platform", platform)

    assert cache.cache_folder(environment) == folder


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a home neither the working nor the temporary folder is a way out: the error names the variables."""
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    with pytest.raises(Error, match="no home folder") as caught:
        cache.cache_folder({})

    assert (caught.value.code, caught.value.status) == ("DEP004", ExitStatus.USAGE)


def test_a_user_without_a_home_gets_help(tmp_path: Path) -> None:
    """Without a home nothing is kept, least of all in the working folder, and the command answers all the same."""
    code = (
        "import os, runpy, sys; os.path.expanduser = lambda path: path; "
        f"sys.argv = ['actions', 'sbom', '--help']; runpy.run_path({str(ROOT / 'actions')!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("writable", [True, False])
def test_byte_code_is_never_left_beside_the_code(tmp_path: Path, writable: bool) -> None:  # noqa: FBT001 - two cases
    """It goes to the cache, or nowhere where the cache cannot be written to; the command runs all the same."""
    place = tmp_path / "cache"
    if not writable:
        place.write_text("a file in the way", encoding="utf-8")
    copy = tmp_path / "copy"
    for part in ("actions", "lib/maximus"):
        for source in (ROOT / part).rglob("*.py"):
            target = copy / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    done = subprocess.run(
        [sys.executable, "-I", str(copy / "actions"), "sbom", "--help"],
        env={"PATH": os.environ["PATH"], "RUNNER_TEMP": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    # Python has read, and kept, the entry point before a line of it runs.
    assert [path.name.split(".")[0] for path in copy.rglob("*.pyc")] in ([], ["__main__"])
    assert bool(list(place.rglob("*.pyc"))) == writable
