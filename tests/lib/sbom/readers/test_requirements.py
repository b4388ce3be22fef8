"""Requirements lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom.model import Known, Scope
from maximus.sbom.readers import reader_of
from tests.lib.sbom.samples import SAMPLES, by_name, edges_of, inventory_of, sha256

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "path",
    [
        "requirements.txt",
        "requirements-dev.txt",
        "dev-requirements.txt",
        "requirements/main.txt",
        "a/requirements/lint.txt",
        "constraints.txt",
        "package_constraints.txt",
    ],
)
def test_finds_lists_by_any_of_their_names(path: str) -> None:
    """A list in a folder `requirements` counts like one with the word in its own name."""
    found = reader_of(path)
    assert found is not None
    assert found.name == "requirements"


@pytest.mark.parametrize("path", ["requirements.in", "requirements/README.md", "notes.txt", "requirements.txt.bak"])
def test_leaves_other_files_alone(path: str) -> None:
    """Sources of lists and notes beside them are no lists."""
    assert reader_of(path) is None


def test_reads_continuations_hashes_and_names(tmp_path: Path) -> None:
    """Hashes behind backslashes belong to the requirement before them; names are normalised."""
    found = by_name(inventory_of(tmp_path, SAMPLES["requirements"]))
    assert sorted(found) == ["certifi 2024.7.4", "idna 3.7", "requests 2.32.3"]
    certifi = found["certifi 2024.7.4"]
    assert {item.digests[0].value for item in certifi.artifacts} == {sha256("certifi wheel"), sha256("certifi sdist")}
    assert certifi.locations[0].line == 6


def test_notes_of_pip_compile_are_edges(tmp_path: Path) -> None:
    """`# via NAME` tells who needs a package, `# via -r FILE` that the project does; `-c` tells nothing."""
    made = inventory_of(tmp_path, SAMPLES["requirements"])
    assert edges_of(made) == {
        (".", "requests 2.32.3"),
        ("requests 2.32.3", "certifi 2024.7.4"),
        ("requests 2.32.3", "idna 3.7"),
    }
    assert [name for name, item in by_name(made).items() if item.direct] == ["requests 2.32.3"]


def test_a_pin_without_a_note_costs_the_others_nothing(tmp_path: Path) -> None:
    """Of it nobody knows who needs it; what the notes of the others say stands."""
    made = inventory_of(tmp_path, {"requirements.txt": "a==1\n    # via -r in.txt\nb==2\n    # via a\nc==3\n"})
    assert edges_of(made) == {(".", "a 1"), ("a 1", "b 2"), (".", "c 3")}
    assert [name for name, item in by_name(made).items() if item.direct] == ["a 1"]
    assert made.root.edges is Known.INCOMPLETE


def test_a_list_without_notes_is_no_graph(tmp_path: Path) -> None:
    """Everything hangs on the root, and the root says that this is not complete."""
    made = inventory_of(tmp_path, {"requirements.txt": "a==1\nb==2\n"})
    assert edges_of(made) == {(".", "a 1"), (".", "b 2")}
    assert made.root.edges is Known.INCOMPLETE
    assert not any(item.direct for item in made.components)


@pytest.mark.parametrize("line", ["a>=1", "a", "a==1.*", "a~=1.0", "a!=1", "a==1,>0.5", "a<2"])
def test_what_is_not_pinned_is_a_finding(tmp_path: Path, line: str) -> None:
    """Only `==` or `===` without a wildcard names a version."""
    made = inventory_of(tmp_path, {"requirements.txt": f"# list\n{line}\nb==2\n"})
    assert [(item.kind, item.location.line) for item in made.findings] == [("unpinned", 2)]
    assert sorted(by_name(made)) == ["b 2"]


@pytest.mark.parametrize("line", ["a===1.0", "a == 1.0", "a==1.0  # why", "a[x,y]==1.0", "a==1.0;python_version<'4'"])
def test_spellings_of_a_pin(tmp_path: Path, line: str) -> None:
    """Blanks, extras, markers and comments do not hide the version."""
    assert sorted(by_name(inventory_of(tmp_path, {"requirements.txt": line + "\n"}))) == ["a 1.0"]


def test_constraints_give_versions_and_no_packages(tmp_path: Path) -> None:
    """A constraints file that a list refers to pins what the list asks for, and nothing else is installed from it."""
    files = {"requirements.txt": "-c constraints.txt\na\n", "constraints.txt": "a==1.5\nb==9\n"}
    assert sorted(by_name(inventory_of(tmp_path, files))) == ["a 1.5"]


def test_constraints_that_nobody_refers_to_are_read(tmp_path: Path) -> None:
    """A list of constraints alone is what its users install with: in, and marked as optional."""
    found = by_name(inventory_of(tmp_path, {"constraints.txt": "a==1.5\n"}))
    assert found["a 1.5"].scopes == (Scope.OPTIONAL,)


def test_follows_included_lists(tmp_path: Path) -> None:
    """`-r` brings in a list of any name, with its own lines; one that is read anyway is not read twice."""
    files = {
        "requirements.txt": "-r more/base.list\n-r requirements-extra.txt\na==1\n",
        "more/base.list": "b==2\n-r ../loop.list\n",
        "loop.list": "-r more/base.list\nc==3\n",
        "requirements-extra.txt": "d==4\n",
    }
    made = inventory_of(tmp_path, files)
    assert sorted(by_name(made)) == ["a 1", "b 2", "c 3", "d 4"]
    assert by_name(made)["b 2"].locations[0].path == "more/base.list"
    assert len(by_name(made)["d 4"].locations) == 1


@pytest.mark.parametrize("target", ["../../etc/passwd", "/etc/hostname"])
def test_includes_nothing_from_outside(tmp_path: Path, target: str) -> None:
    """A list that points out of the tree is a finding and is not read."""
    tree = tmp_path / "a" / "tree"
    made = inventory_of(tree, {"requirements.txt": f"-r {target}\na==1\n"})
    assert [item.kind for item in made.findings] == ["ignored"]


def test_a_credential_never_leaves_the_list(tmp_path: Path) -> None:
    """User, password and token of an address are in no component and no finding."""
    lines = [
        "--extra-index-url https://user:hunter2@registry.example/simple",
        "a @ https://user:hunter2@registry.example/a-1.0-py3-none-any.whl?token=hunter2#sha256=" + sha256("a"),
        "https://user:hunter2@registry.example/latest.zip?token=hunter2",
        "-r https://user:hunter2@registry.example/list.txt",
        f"b @ git+https://hunter2@git.example/b.git@{'a' * 40}",
    ]
    made = inventory_of(tmp_path, {"requirements.txt": "\n".join(lines)})
    assert "hunter2" not in repr(made)
    assert by_name(made)["a 1.0"].artifacts[0].digests[0].value == sha256("a")
    assert f"b {'a' * 40}" in by_name(made)


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("requirements.txt", Scope.RUNTIME),
        ("requirements/tests.txt", Scope.TEST),
        ("requirements-dev.txt", Scope.DEV),
        ("docs-requirements.txt", Scope.DEV),
    ],
)
def test_the_name_tells_what_a_list_is_for(tmp_path: Path, path: str, scope: Scope) -> None:
    """Lists for tests and for development are in, and marked."""
    assert by_name(inventory_of(tmp_path, {path: "a==1\n"}))["a 1"].scopes == (scope,)


def test_reads_a_list_with_a_byte_order_mark(tmp_path: Path) -> None:
    """Lists written on Windows begin with a mark, and may be UTF-16; pip reads them too."""
    (tmp_path / "requirements.txt").write_bytes("a==1\r\nb==2\r\n".encode("utf-16"))
    assert sorted(by_name(inventory_of(tmp_path, {}))) == ["a 1", "b 2"]


def test_prose_is_no_list(tmp_path: Path) -> None:
    """A text that only has a list's name is a finding, and no component comes out of it."""
    made = inventory_of(tmp_path, {"requirements.txt": "You need, at least: a computer!\nAnd some time (lots).\n"})
    assert made.components == ()
    assert [item.kind for item in made.findings] == ["ignored"]
