"""Looking for words in files: which are read, which are not and why, and what counts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error, ExitStatus
from maximus.gating import search
from maximus.gating.search import Search, Tally
from maximus.gating.words import MAX_WORDS, ForTests, Within, WordRule

if TYPE_CHECKING:
    from pathlib import Path

TODO = WordRule(("TODO", "FIXME"), Within.COMMENTS)


def find(root: Path, rule: WordRule, *paths: str) -> Tally:
    """Return what a rule finds in files of a folder."""
    [tally] = Search(str(root), [rule]).files(paths)
    return tally


def found(tally: Tally) -> list[tuple[str, int, str]]:
    """Return path, line and word of each match."""
    return [(match.path, match.line, match.word) for match in tally.matches]


def test_a_word_is_a_whole_word(tmp_path: Path) -> None:
    """Portuguese TODOS is no TODO, a lower-case one is none either, a colon beside it changes nothing."""
    (tmp_path / "a.py").write_text("# TODOS\n# TODO: x\n# todo\n# xTODO\n# TODO_1\n#TODO(ada)FIXME\n", encoding="utf-8")
    assert found(find(tmp_path, TODO, "a.py")) == [("a.py", 2, "TODO"), ("a.py", 6, "TODO"), ("a.py", 6, "FIXME")]


def test_letters_of_other_scripts_touch_a_word_too(tmp_path: Path) -> None:
    """An accent at a word's side makes another word of it."""
    (tmp_path / "a.py").write_text("# éTODO TODOç\n# TODO\n", encoding="utf-8")
    assert found(find(tmp_path, TODO, "a.py")) == [("a.py", 2, "TODO")]


def test_of_two_words_at_one_place_the_longer_counts(tmp_path: Path) -> None:
    """`unittest.mock` is not `unittest` as well."""
    (tmp_path / "a.py").write_text("import unittest.mock\n", encoding="utf-8")
    rule = WordRule(("unittest", "unittest.mock"), Within.CODE)
    assert found(find(tmp_path, rule, "a.py")) == [("a.py", 1, "unittest.mock")]


def test_a_raise_is_told_from_a_name(tmp_path: Path) -> None:
    """Catching it, or writing about it, is no placeholder."""
    text = "try:\n    raise NotImplementedError\nexcept NotImplementedError:\n    '''raise NotImplementedError'''\n"
    (tmp_path / "a.py").write_text(text, encoding="utf-8")
    rule = WordRule(("NotImplementedError",), Within.CODE, after=("raise",))
    assert found(find(tmp_path, rule, "a.py")) == [("a.py", 2, "NotImplementedError")]


@pytest.mark.parametrize(
    ("raw", "count"),
    [
        (b"# TODO \xff\xe9\n", 1),
        (b"\xef\xbb\xbf# TODO\n", 1),
        ("# TODO\n".encode("utf-16"), 1),
        (b"x\r\n# TODO\r\n# FIXME\r", 2),
        (b"# TODO", 1),
        (b"", 0),
    ],
)
def test_a_text_is_read_whatever_its_encoding(tmp_path: Path, raw: bytes, count: int) -> None:
    """Latin-1, a byte order mark, UTF-16, other line ends: the words in it count."""
    (tmp_path / "a.py").write_bytes(raw)
    tally = find(tmp_path, TODO, "a.py")
    assert (tally.inspected, len(tally.matches)) == (1, count)


def test_a_binary_file_is_no_text(tmp_path: Path) -> None:
    """A NUL near its beginning says so, as for git; it is counted apart and not as inspected."""
    (tmp_path / "a.py").write_bytes(b"# TODO\0\n")
    tally = find(tmp_path, TODO, "a.py")
    assert (tally.inspected, tally.binary, tally.matches) == (0, 1, [])


def test_what_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link, a folder, a pipe, a file that is too large or not there: each with why, none in silence."""
    monkeypatch.setattr(search, "MAX_FILE", 10)
    (tmp_path / "large.py").write_text("# " + "x" * 20, encoding="utf-8")
    (tmp_path / "link.py").symlink_to("large.py")
    (tmp_path / "out.py").symlink_to("/etc/passwd")
    (tmp_path / "folder.py").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    tally = find(tmp_path, TODO, "large.py", "link.py", "out.py", "folder.py", "pipe.py", "gone.py")
    assert tally.inspected == 0
    assert dict(tally.unread) == {
        "large.py": "it is larger than 0 MiB",
        "link.py": "it is a link",
        "out.py": "it is a link",
        "folder.py": "it is not a regular file",
        "pipe.py": "it is not a regular file",
        "gone.py": "no such file or directory",
    }


def test_a_file_with_too_many_words_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Millions of places would cost more memory than the file."""
    monkeypatch.setattr(search, "MAX_MATCHES", 3)
    (tmp_path / "a.py").write_text("# TODO TODO TODO TODO\n", encoding="utf-8")
    tally = find(tmp_path, TODO, "a.py")
    assert (tally.inspected, tally.matches) == (0, [])
    assert tally.unread == [("a.py", "more than 3 words in it are to be told apart")]


def test_names_are_taken_as_they_are(tmp_path: Path) -> None:
    """A line feed in a name, bytes that are no UTF-8, two that differ by case only."""
    names = ["a\nb.py", os.fsdecode(b"\xff.py"), "x.py", "X.py", "::set-output name=a::b.py"]
    for name in names:
        (tmp_path / name).write_text("# TODO\n", encoding="utf-8")
    assert [match.path for match in find(tmp_path, TODO, *names).matches] == names


def test_a_line_that_is_shown_is_cut_around_its_word(tmp_path: Path) -> None:
    """A minified file has one line of a megabyte."""
    (tmp_path / "a.py").write_text("x = 1; " * 1000 + "# TODO " + "y" * 1000, encoding="utf-8")
    [match] = find(tmp_path, TODO, "a.py").matches
    assert "TODO" in match.text
    assert len(match.text) <= search.MAX_EXCERPT


@pytest.mark.parametrize(
    ("tests", "paths"),
    [
        (ForTests.INCLUDE, ["src/a.py", "tests/a.py"]),
        (ForTests.EXCLUDE, ["src/a.py"]),
        (ForTests.ONLY, ["tests/a.py"]),
    ],
)
def test_tests_are_left_out_by_rule(tmp_path: Path, tests: ForTests, paths: list[str]) -> None:
    """What is no test, what is one, or both."""
    for path in ("src/a.py", "tests/a.py"):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text("# TODO\n", encoding="utf-8")
    tally = find(tmp_path, WordRule(("TODO",), Within.COMMENTS, tests=tests), "src/a.py", "tests/a.py")
    assert ([match.path for match in tally.matches], tally.inspected) == (paths, len(paths))


def test_paths_and_languages_select(tmp_path: Path) -> None:
    """Globs take in and out, and a rule for one language does not read another's."""
    for name in ("a.py", "b.py", "c.go", "d.txt"):
        (tmp_path / name).write_text("# TODO\n// TODO\n", encoding="utf-8")
    paths = ("a.py", "b.py", "c.go", "d.txt")
    rule = WordRule(("TODO",), Within.COMMENTS, languages=("python",), include=("*.py",), exclude=("b*",))
    assert found(find(tmp_path, rule, *paths)) == [("a.py", 1, "TODO")]
    assert find(tmp_path, WordRule(("TODO",), Within.ANY), *paths).inspected == 4
    assert find(tmp_path, TODO, *paths).inspected == 3


def test_code_is_that_of_programs(tmp_path: Path) -> None:
    """Where code is asked for and no language named, a configuration's values are none."""
    for name in ("a.py", "a.yml", "a.css"):
        (tmp_path / name).write_text("mock: 1\n", encoding="utf-8")
    tally = find(tmp_path, WordRule(("mock",), Within.CODE), "a.py", "a.yml", "a.css")
    assert (tally.inspected, found(tally)) == (1, [("a.py", 1, "mock")])


def test_a_script_without_a_suffix_tells_its_language(tmp_path: Path) -> None:
    """Its first line does; without one it is a text of no language."""
    (tmp_path / "run").write_text("#!/bin/sh\n# TODO\n", encoding="utf-8")
    (tmp_path / "NOTES").write_text("# TODO\n", encoding="utf-8")
    tally = find(tmp_path, TODO, "run", "NOTES")
    assert (tally.inspected, found(tally)) == (1, [("run", 2, "TODO")])


def test_rules_are_searched_together(tmp_path: Path) -> None:
    """Each gets what it asked for, out of one reading."""
    (tmp_path / "a.py").write_text("mock = 1  # TODO mock\n", encoding="utf-8")
    rules = [TODO, WordRule(("mock",), Within.CODE), WordRule(("mock",), Within.ANY), WordRule(("no",), Within.ANY)]
    tallies = Search(str(tmp_path), rules).files(["a.py"])
    assert [len(tally.matches) for tally in tallies] == [1, 1, 2, 0]
    assert [tally.inspected for tally in tallies] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), "GATE302"),
        (("a.*b",), "GATE302"),
        (("(a+)+$",), "GATE302"),
        (("two words",), "GATE302"),
        (("x" * 101,), "GATE302"),
        (("",), "GATE302"),
        (tuple(f"w{n}" for n in range(MAX_WORDS + 1)), "GATE302"),
    ],
)
def test_words_are_taken_and_no_patterns(words: tuple[str, ...], code: str) -> None:
    """So that no policy holds a pattern that never comes to its end."""
    with pytest.raises(Error) as caught:
        WordRule(words)
    assert (caught.value.code, caught.value.status) == (code, ExitStatus.USAGE)


def test_an_unknown_language_is_refused() -> None:
    """With the nearest that is known."""
    with pytest.raises(Error, match="pyton") as caught:
        WordRule(("TODO",), languages=("pyton",))
    assert "did you mean python?" in caught.value.why


def test_a_rule_travels_as_a_document() -> None:
    """A worker asks the same."""
    rule = WordRule(("TODO",), Within.COMMENTS, ("python",), ("a/**",), ("b",), ForTests.ONLY, ("pass",))
    assert WordRule.from_document(rule.as_document()) == rule
