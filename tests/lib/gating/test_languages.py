"""By which names a language is known, and which files are those of tests."""

from __future__ import annotations

import pytest

from maximus.gating.languages import LANGUAGES, find_language, is_test


@pytest.mark.parametrize(
    ("path", "head", "name"),
    [
        ("src/a.py", b"", "python"),
        ("A.PY", b"", "python"),
        ("x/Dockerfile", b"", "dockerfile"),
        ("x/Dockerfile.dev", b"", "dockerfile"),
        ("Makefile", b"", "make"),
        ("CMakeLists.txt", b"", "cmake"),
        (".bashrc", b"", "shell"),
        ("bin/run", b"#!/usr/bin/env python3\n", "python"),
        ("bin/run", b"#!/usr/bin/env -S bash -eu\n", "shell"),
        ("bin/run", b"#!/bin/sh\n", "shell"),
        ("bin/run", b"#! /usr/local/bin/node --x\n", "javascript"),
    ],
)
def test_a_language_is_known(path: str, head: bytes, name: str) -> None:
    """By its suffix, by its whole name, or by its first line where there is no suffix."""
    found = find_language(path, head)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("path", ["a.txt", "README.md", "data.json", "LICENSE", "a.py.bak", "py", ".py", "a\nb"])
def test_what_has_no_comments_has_no_language(path: str) -> None:
    """Prose and data are texts, and no language of ours."""
    assert find_language(path, b"hello") is None


def test_every_language_has_a_lexer() -> None:
    """Pygments knows each alias, and no suffix belongs to two."""
    from pygments.lexers import find_lexer_class_by_name  # type: ignore[import-untyped]  # noqa: PLC0415

    assert all(find_lexer_class_by_name(language.lexer) for language in LANGUAGES)
    suffixes = [suffix for language in LANGUAGES for suffix in language.suffixes]
    assert len(suffixes) == len(set(suffixes))


@pytest.mark.parametrize(
    "path",
    [
        "tests/a.py",
        "src/test/java/A.java",
        "a/test_b.py",
        "a/b_test.go",
        "a/b.test.tsx",
        "a/b.spec.ts",
        "conftest.py",
        "src/FooTest.java",
        "src/FooTests.cs",
        "a/__mocks__/b.js",
        "x/fixtures/y",
        "tests.py",
    ],
)
def test_a_test_is_known_by_its_name(path: str) -> None:
    """By its folder, or by the habit of its language."""
    assert is_test(path)


@pytest.mark.parametrize(
    "path", ["src/a.py", "src/latest.py", "src/contest.go", "attest/x.py", "src/testimony.py", "Testament.md"]
)
def test_what_only_sounds_like_a_test_is_none(path: str) -> None:
    """`latest` and `contest` hold the letters, and are no tests."""
    assert not is_test(path)
