"""Where configurations are found and what they inherit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error
from maximus.notes.loading import MAX_STEPS, Loaded, NotFound, Target, load, parse_target

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Target("github", "acme", "app", "refs/heads/main", "")


def loaded(files: Mapping[str, str], name: str = "release-drafter.yml", context: Target = HERE) -> Loaded:
    """Load from files by `owner/repo:path@ref`, as targets are written."""

    def source(target: Target) -> str:
        if str(target) not in files:
            raise NotFound(str(target))
        return files[str(target)]

    return load(name, context, source)


def value(found: Loaded, key: str) -> object:
    """Return a key's value; of a list, its items' values."""
    assert isinstance(found.root.value, dict)
    node = found.root.value[key]
    return [item.value for item in node.value] if isinstance(node.value, list) else node.value


MAIN = "acme/app:.github/release-drafter.yml@refs/heads/main"


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("x.yml", "acme/app:x.yml@refs/heads/main"),
        ("github:x.yml", "acme/app:x.yml@refs/heads/main"),
        ("x.yml@v1", "acme/app:x.yml@v1"),
        ("lib:x.yml", "acme/lib:x.yml"),
        ("other/lib:x.yml@v1", "other/lib:x.yml@v1"),
        ("acme/app:x.yml", "acme/app:x.yml@refs/heads/main"),
        (".github", "acme/.github:"),
        ("other/lib@v1", "other/lib:@v1"),
        ("file:x.yml", "x.yml"),
    ],
)
def test_the_forms_of_a_target(text: str, target: str) -> None:
    """Another repository means its default branch, one's own the ref of the run."""
    assert str(parse_target(text, HERE)) == target


@pytest.mark.parametrize(
    "text", ["a b.yml", "a/b/c:x.yml", "a:b:c.yml", "x.yml@", "x.yml@a@b", "file:a:b.yml", ":x.yml"]
)
def test_other_forms_are_usage_errors(text: str) -> None:
    """Blanks, and signs that stand more than once."""
    with pytest.raises(Error, match="does not name a configuration"):
        parse_target(text, HERE)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("x.yml", ".github/x.yml"),
        (".github/x.yml", ".github/x.yml"),
        ("/x.yml", "x.yml"),
        ("../a/x.yml", "a/x.yml"),
        ("b/../x.json", ".github/x.json"),
    ],
)
def test_paths_start_below_dot_github(name: str, path: str) -> None:
    """Relative to `.github/`, absolute from the root, `..` allowed."""
    text = "{}" if path.endswith("json") else "a: 1"
    assert loaded({f"acme/app:{path}@refs/heads/main": text}, name).files == (f"acme/app:{path}@refs/heads/main",)


@pytest.mark.parametrize("name", ["x.txt", "lib", "../../x.yml"])
def test_what_is_no_configuration_file_is_refused(name: str) -> None:
    """Another ending, a repository alone, a path out of the repository."""
    with pytest.raises(Error) as caught:
        loaded({}, name)
    assert caught.value.code == "NOTES003"


def test_the_organisations_file_is_the_second_chance() -> None:
    """`.github` of the owner, on its default branch."""
    assert loaded({"acme/.github:.github/release-drafter.yml": "a: 1"}).files == (
        "acme/.github:.github/release-drafter.yml",
    )


def test_a_file_beats_what_it_extends() -> None:
    """Key by key; `_extends` itself is gone."""
    found = loaded({MAIN: "_extends: lib\na: 1\n", "acme/lib:.github/release-drafter.yml": "a: 2\nb: 3\n"})
    assert isinstance(found.root.value, dict)
    assert (value(found, "a"), value(found, "b"), "_extends" in found.root.value) == (1, 3, False)


@pytest.mark.parametrize(("strategy", "joined"), [("append", [2, 1]), ("prepend", [1, 2]), ("override", [1])])
def test_lists_are_joined_where_the_file_says_so(strategy: str, joined: list[int]) -> None:
    """For that one step, and for the keys that are named."""
    text = f"_extends: {{from: lib, strategy: {{a: {strategy}}}}}\na: [1]\n"
    found = loaded({MAIN: text, "acme/lib:.github/release-drafter.yml": "a: [2]\n"})
    assert value(found, "a") == joined


def test_within_a_repository_paths_are_relative_to_the_parent_file() -> None:
    """A file beside the parent is named by its name alone."""
    files = {
        "acme/app:conf/a.yml@refs/heads/main": "_extends: b.yml\n",
        "acme/app:conf/b.yml@refs/heads/main": "b: 1\n",
    }
    assert len(loaded(files, "/conf/a.yml").files) == 2


def test_a_loop_stops_with_a_warning() -> None:
    """The file that was read already is passed over."""
    found = loaded({MAIN: "_extends: release-drafter.yml\na: 1\n"})
    assert (value(found, "a"), "leads back" in found.warnings[0]) == (1, True)


def test_a_chain_has_an_end() -> None:
    """A chain of more than 33 files is a usage error."""
    files = {f"acme/app:.github/{n}.yml@refs/heads/main": f"_extends: {n + 1}.yml\n" for n in range(MAX_STEPS + 2)}
    with pytest.raises(Error, match="extends more than 33 files"):
        loaded(files, "0.yml")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "NOTES006"),
        ("- a\n", "NOTES006"),
        ("_extends: [a]\n", "NOTES002"),
        ("_extends: {from: ' '}\n", "NOTES002"),
        ("_extends: {from: a.yml, strategy: {b: merge}}\n", "NOTES002"),
        ("_extends: {from: a.yml, more: 1}\n", "NOTES002"),
        ("_extends: file:a.yml\n", "NOTES003"),
        ("_extends: missing.yml\n", "NOTES005"),
    ],
)
def test_what_is_wrong_with_a_file_is_a_usage_error(text: str, code: str) -> None:
    """Empty, a list, or an `_extends` that cannot be followed."""
    with pytest.raises(Error) as caught:
        loaded({MAIN: text})
    assert caught.value.code == code


@pytest.mark.parametrize("text", ["_extends: \na: 1\n", "_extends: ''\na: 1\n", "_extends: ~\na: 1\n"])
def test_a_blank_extends_is_none(text: str) -> None:
    """Nothing is inherited."""
    assert len(loaded({MAIN: text}).files) == 1


def test_lists_that_are_none_cannot_be_joined() -> None:
    """A text in place of a list is named with its line."""
    files = {
        MAIN: "_extends: {from: lib, strategy: {a: append}}\na: x\n",
        "acme/lib:.github/release-drafter.yml": "a: [2]\n",
    }
    with pytest.raises(Error, match="1 fault") as caught:
        loaded(files)
    assert "a: only lists can be joined" in caught.value.why
