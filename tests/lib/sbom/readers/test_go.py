"""`go.mod` with `go.sum`."""

# ruff: noqa: E501 - texts stand as they are written

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom import scan
from maximus.sbom.limits import MAX_LOCK
from maximus.sbom.model import Known, Location, Scope
from maximus.sbom.tree import Tree
from tests.lib.sbom.samples import GO_MOD, GO_SUM, GO_WORK, SAMPLES, by_name, edges_of, inventory_of, make

if TYPE_CHECKING:
    from pathlib import Path


def test_lists_what_is_built(tmp_path: Path) -> None:
    """Neither excluded, nor retracted, nor replaced-but-unrequired modules, nor one whose zip has no hash."""
    made = inventory_of(tmp_path, SAMPLES["go"])
    assert sorted(by_name(made)) == [
        "github.com/Azure/go-autorest v14.2.0+incompatible",
        "github.com/google/uuid v1.6.0",
        "github.com/octo/text v0.16.1-0.20240102030405-0123456789ab",
        "golang.org/x/mod v0.19.0",
        "golang.org/x/sys v0.22.0",
    ]


def test_an_indirect_module_is_not_direct(tmp_path: Path) -> None:
    """`// indirect` does not say through whom: the root stands in for it, and is incomplete."""
    made = inventory_of(tmp_path, SAMPLES["go"])
    direct = {name.split(" ")[0] for name, item in by_name(made).items() if item.direct}
    assert "golang.org/x/sys" not in direct
    assert made.root.edges is Known.INCOMPLETE
    assert {item.edges for item in made.components} == {Known.UNKNOWN}


def test_a_replacement_is_what_is_built(tmp_path: Path) -> None:
    """The component is the module that takes the other's place, which is noted."""
    text = by_name(inventory_of(tmp_path, SAMPLES["go"]))["github.com/octo/text v0.16.1-0.20240102030405-0123456789ab"]
    assert text.notes == (("go:replaces", "golang.org/x/text@v0.16.0"),)


def test_a_replacement_by_a_folder_is_a_part_of_the_tree(tmp_path: Path) -> None:
    """A local path has no version and is no component; its path is the tree's own."""
    made = inventory_of(tmp_path, SAMPLES["go"])
    assert [member.own for member in made.members] == ["local"]


def test_h1_is_never_called_a_sha_256(tmp_path: Path) -> None:
    """A hash over a list of files keeps its name, and no hash of a file is claimed."""
    uuid = by_name(inventory_of(tmp_path, SAMPLES["go"]))["github.com/google/uuid v1.6.0"]
    assert [(fact.name, fact.value) for fact in uuid.facts] == [
        ("go:h1", "h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=")
    ]
    assert uuid.artifacts == ()


def test_a_dropped_direct_module_is_named(tmp_path: Path) -> None:
    """A requirement without a hash of its zip is left out, and a finding says so."""
    made = inventory_of(tmp_path, SAMPLES["go"])
    assert [item.text.split(" ")[0] for item in made.findings] == ["github.com/dropped/module@v1.0.0"]


def test_the_purl_is_the_module_and_no_subpath(tmp_path: Path) -> None:
    """A module path with many parts stays a path; nothing of it becomes a purl's subpath."""
    mod = "module m\n\ngo 1.21\n\nrequire buf.build/gen/go/octo/api/protocolbuffers/go v1.0.0-20240101000000-abcdefabcdef.1\n"
    (component,) = inventory_of(tmp_path, {"go.mod": mod}).components
    expected = "pkg:golang/buf.build/gen/go/octo/api/protocolbuffers/go@v1.0.0-20240101000000-abcdefabcdef.1"
    assert component.purl == expected


def test_an_old_module_needs_its_sums(tmp_path: Path) -> None:
    """Before Go 1.17 `go.mod` leaves out what only others need; the newest version with a hash of its zip is built."""
    mod = "module m\n\ngo 1.16\n\nrequire github.com/google/uuid v1.6.0\n"
    more = GO_SUM + "golang.org/x/sys v0.9.0 h1:AAAAohtqKCnwULzJLqj0TIbHqJ8p6DFdCPU0JcR9yHQ=\n"
    made = inventory_of(tmp_path, {"go.mod": mod, "go.sum": more})
    assert "golang.org/x/sys v0.22.0" in by_name(made)
    assert "golang.org/x/sys v0.9.0" not in by_name(made)
    assert {name for name, item in by_name(made).items() if item.direct} == {"github.com/google/uuid v1.6.0"}


def test_without_sums_the_requirements_stand(tmp_path: Path) -> None:
    """A module without dependencies on disk has no `go.sum`; its requirements are read all the same."""
    made = inventory_of(tmp_path, {"go.mod": GO_MOD})
    assert "github.com/dropped/module v1.0.0" in by_name(made)


def test_the_producer_is_derived_and_says_so(tmp_path: Path) -> None:
    """A module path names the owner of its repository; that is marked as derived."""
    uuid = by_name(inventory_of(tmp_path, SAMPLES["go"]))["github.com/google/uuid v1.6.0"]
    assert uuid.producer is not None
    assert (uuid.producer.name, uuid.producer.url, uuid.producer.derived) == (
        "google",
        "https://github.com/google",
        True,
    )


def test_a_tool_is_needed_directly(tmp_path: Path) -> None:
    """Go marks the module of a `tool` as indirect; the project runs it all the same, to build with."""
    found = by_name(inventory_of(tmp_path, SAMPLES["go"]))
    assert found["golang.org/x/mod v0.19.0"].direct
    assert found["golang.org/x/mod v0.19.0"].scopes == (Scope.BUILD,)
    assert not found["golang.org/x/sys v0.22.0"].direct


def test_a_workspace_knows_its_members(tmp_path: Path) -> None:
    """A member that another one requires is the folder beside, and no module of a proxy."""
    made = inventory_of(tmp_path, GO_WORK)
    assert [member.own for member in made.members] == ["app", "lib"]
    assert ("/app", "/lib") in edges_of(made)
    assert not any(item.name == "example.com/lib" for item in made.components)


def test_a_workspace_has_hashes_of_its_own(tmp_path: Path) -> None:
    """What only the workspace selects stands in `go.work.sum`; the place is told."""
    cobra = by_name(inventory_of(tmp_path, GO_WORK))["github.com/spf13/cobra v1.8.1"]
    assert [(fact.location.path, fact.location.line) for fact in cobra.facts] == [("go.work.sum", 1)]


def test_what_is_vendored_is_built(tmp_path: Path) -> None:
    """Modules that no `go.mod` lists are read from `modules.txt`; nobody is said to need them directly."""
    found = by_name(inventory_of(tmp_path, GO_WORK))
    assert set(found) == {
        "github.com/google/uuid v1.6.0",
        "github.com/inconshreveable/mousetrap v1.1.0",
        "github.com/spf13/cobra v1.8.1",
        "github.com/spf13/pflag v1.0.5",
    }
    assert not found["github.com/inconshreveable/mousetrap v1.1.0"].direct
    assert found["github.com/spf13/pflag v1.0.5"].notes == (("go:replaces", "github.com/spf13/pflag@v1.0.5"),)
    assert "vendor/modules.txt" in {item.path for item in found["github.com/spf13/cobra v1.8.1"].locations}


def test_an_old_module_that_vendors_lists_what_it_vendors(tmp_path: Path) -> None:
    """Before Go 1.17 `go.mod` leaves out what others need; `modules.txt` knows it, and `go.sum` only guesses."""
    vendored = "# github.com/a/b v1.0.0\n## explicit\ngithub.com/a/b\n# github.com/c/d v1.2.0\ngithub.com/c/d/x\n"
    files = {
        "go.mod": "module example.com/old\n\ngo 1.15\n\nrequire github.com/a/b v1.0.0\n",
        "go.sum": "github.com/a/b v1.0.0 h1:A=\ngithub.com/c/d v1.2.0 h1:B=\ngithub.com/unused/e v9.9.9 h1:C=\n",
        "vendor/modules.txt": vendored,
    }
    assert set(by_name(inventory_of(tmp_path, files))) == {"github.com/a/b v1.0.0", "github.com/c/d v1.2.0"}


def test_an_inconsistent_vendor_folder_is_told(tmp_path: Path) -> None:
    """Go refuses to build it: either file may be the wrong one."""
    files = {
        "go.mod": "module example.com/app\n\ngo 1.22\n\nrequire github.com/a/b v1.1.0\n",
        "vendor/modules.txt": "# github.com/a/b v1.0.0\n## explicit; go 1.20\ngithub.com/a/b\n",
    }
    found = [item for item in inventory_of(tmp_path, files).findings if item.kind == "conflict"]
    assert [(item.location.path, item.location.line) for item in found] == [("vendor/modules.txt", 1)]


def test_a_workspace_that_does_not_use_a_module_changes_nothing(tmp_path: Path) -> None:
    """A `go.work` above that lists other folders is another project's; one that cannot be read likewise."""
    for number, work in enumerate(("go 1.22\nuse ./lib\n", "require nonsense\n")):
        files = {name: text for name, text in GO_WORK.items() if name != "vendor/modules.txt"} | {"go.work": work}
        made = inventory_of(tmp_path / str(number), files)
        assert "github.com/spf13/cobra v1.8.1" in by_name(made)
        assert not any(item.facts for item in made.components if "cobra" in item.name)


def test_of_a_workspace_each_member_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many members as it has ask for it; what costs each of them a look at all others takes quadratic time."""
    count = 40
    files = {"go.work": "go 1.22\nuse (\n" + "".join(f"\t./m{number}\n" for number in range(count)) + ")\n"}
    files["vendor/modules.txt"] = "# example.org/x v1.0.0\n## explicit\nexample.org/x\n"
    for number in range(count):
        files[f"m{number}/go.mod"] = f"module example.org/m{number}\n\ngo 1.22\n"
    asked: list[str] = []
    manifest = Tree.manifest

    def counting(tree: Tree, path: str) -> bytes | None:
        asked.append(path)
        return manifest(tree, path)

    monkeypatch.setattr(Tree, "manifest", counting)
    made = inventory_of(tmp_path, files)
    assert len(made.members) == count
    assert len(asked) <= 2 * count


@pytest.mark.parametrize(("content", "faults"), [(b"example.org/x v1.0.0 h1:aGFzaA==\n", 0), (b"\xff", 20)])
def test_the_hashes_of_a_workspace_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, faults: int
) -> None:
    """However many members ask for them, and where they cannot be read too; each member's own list counts before."""
    count = 20
    files = {"go.work": "go 1.22\nuse (\n" + "".join(f"\t./m{number}\n" for number in range(count)) + ")\n"}
    for number in range(count):
        files[f"m{number}/go.mod"] = f"module example.org/m{number}\n\ngo 1.22\n\nrequire example.org/x v1.0.0\n"
    files["m7/go.sum"] = "example.org/x v1.0.0 h1:aGFzaA==\n"
    make(tmp_path, files)
    (tmp_path / "go.work.sum").write_bytes(content)
    read: list[str] = []
    reading = Tree.read

    def counting(tree: Tree, path: str, limit: int = MAX_LOCK) -> bytes:
        read.append(path)
        return reading(tree, path, limit)

    monkeypatch.setattr(Tree, "read", counting)
    found = scan.scan(tmp_path)
    assert read.count("go.work.sum") == 1
    assert len(found.faults) == faults
    stated = [fact.location for _, item in found.readings for package in item.packages for fact in package.facts]
    assert len(stated) == (0 if faults else count)
    assert (Location("m7/go.sum", 1) in stated) == (not faults)


def test_another_file_that_go_is_given_is_read_with_its_own_sums(tmp_path: Path) -> None:
    """`vendor.mod` of a project that only vendors: the list in `vendor` is of it where there is no `go.mod`."""
    vendored = "# github.com/google/uuid v1.6.0\n## explicit\ngithub.com/google/uuid\n"
    files = {
        "vendor.mod": "module git.example/octo/app\n\ngo 1.22\n\nrequire github.com/google/uuid v1.6.0\n",
        "vendor.sum": GO_SUM,
        "vendor/modules.txt": vendored,
    }
    made = inventory_of(tmp_path / "a", files)
    (uuid,) = made.components
    assert (uuid.purl, uuid.direct) == ("pkg:golang/github.com/google/uuid@v1.6.0", True)
    assert [place.path for place in uuid.locations] == ["vendor.mod", "vendor/modules.txt"]
    assert [fact.name for fact in uuid.facts] == ["go:h1"]
    beside = "module git.example/octo/app\n\ngo 1.22\n\nrequire github.com/google/uuid v1.6.0\n"
    older = {**files, "go.mod": beside, "vendor.mod": files["vendor.mod"].replace("v1.6.0", "v1.5.0"), "vendor.sum": ""}
    assert [item.kind for item in inventory_of(tmp_path / "b", older).findings] == ["ignored"]


@pytest.mark.parametrize("name", ["go.tool", "tools"])
def test_a_list_of_tools_is_for_building(tmp_path: Path, name: str) -> None:
    """It lies beside the project's own `go.mod`, and is of the same part of the tree."""
    files = {
        "go.mod": "module git.example/octo/app\n\ngo 1.24\n",
        f"{name}.mod": "module git.example/octo/app\n\ngo 1.24\n\nrequire golang.org/x/mod v0.19.0 // indirect\n",
        f"{name}.sum": GO_SUM,
    }
    made = inventory_of(tmp_path, files)
    assert [(item.purl, item.scopes) for item in made.components] == [
        ("pkg:golang/golang.org/x/mod@v0.19.0", (Scope.BUILD,))
    ]
