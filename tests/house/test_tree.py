"""What lies in the repository, as everybody who uses an action downloads it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# In pieces, so that this file does not name what it looks for.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("npmmirror", "com"),
        ("jsr", "io"),
        ("proxy", "golang", "org"),
        ("sum", "golang", "org"),
        ("goproxy", "io"),
        ("crates", "io"),
        ("rubygems", "org"),
        ("repo", "maven", "apache", "org"),
        ("maven", "org"),
        ("nuget", "org"),
        ("packagist", "org"),
        ("hackage", "haskell", "org"),
        ("hex", "pm"),
        ("anaconda", "org"),
    )
)
# `rust-lang/crates.io-index` is a repository's name, and Cargo's locks cannot be read without it.
_HOST = re.compile(r"(?i)(?<![\w-])(?:" + "|".join(map(re.escape, REGISTRIES)) + r")(?![\w-]|\.\w)")
# Where the work was done is nobody's business and is not there elsewhere.
_HERE = re.compile("/" + r"work/(?:main|shared)\b|/" + r"tmp/venv\b|/" + r"root/\.")


def tracked() -> list[tuple[str, Path]]:
    """Return the mode and the path of every file that git knows."""
    listed = subprocess.run(["git", "ls-files", "-s", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    rows = (row.split("\t", 1) for row in listed.decode().split("\0") if row)
    return [(meta.split()[0], ROOT / name) for meta, name in rows]


def texts() -> list[tuple[str, str]]:
    """Return the relative path and the text of every tracked file that is one."""
    found = []
    for _, path in tracked():
        raw = path.read_bytes() if path.is_file() else b""
        if b"\0" not in raw:
            found.append((path.relative_to(ROOT).as_posix(), raw.decode("utf-8")))
    return found


def test_no_link_lies_in_the_repository() -> None:
    """One dangling link stops an action for everybody, and on Windows any link is a text file (actions/runner#1341)."""
    assert [path for mode, path in tracked() if mode == "120000" or path.is_symlink()] == []


def test_no_submodule_lies_in_the_repository() -> None:
    """The runner downloads an archive, in which a submodule is an empty folder."""
    assert [path for mode, path in tracked() if mode == "160000"] == []


def test_no_registry_is_named() -> None:
    """Which index a machine uses is its own business: no tracked file names a package registry's host."""
    assert [(name, match[0]) for name, text in texts() if (match := _HOST.search(text))] == []


@pytest.mark.parametrize("host", REGISTRIES)
def test_the_search_finds_a_registry(host: str) -> None:
    """The test above can fail: each host is found in an address, as a subdomain's parent, and at a sentence's end."""
    assert all(_HOST.search(text) for text in (f"https://{host}/x", f"files.{host}", f"see {host}."))


def test_no_path_of_the_builders_machine_is_named() -> None:
    """What works only where it was written is not in the tree."""
    assert [(name, match[0]) for name, text in texts() if (match := _HERE.search(text))] == []


def test_lines_end_as_on_every_machine() -> None:
    """Text has LF line ends, and ends with one."""
    odd = [name for name, text in texts() if "\r" in text or (text and not text.endswith("\n"))]

    assert odd == []


def test_the_download_is_small() -> None:
    """The whole tree comes with every use of an action: no file of a megabyte, and a few in all."""
    sizes = {path.relative_to(ROOT).as_posix(): path.stat().st_size for _, path in tracked() if path.is_file()}

    assert [name for name, size in sizes.items() if size > 1 << 20] == []
    assert sum(sizes.values()) < 8 << 20
