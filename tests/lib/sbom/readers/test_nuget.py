"""`packages.lock.json`, `packages.config` and `paket.lock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.sbom.model import Scope
from tests.lib.sbom.more_samples import COMMIT, MORE_SAMPLES
from tests.lib.sbom.samples import by_name, edges_of, inventory_of, sri

if TYPE_CHECKING:
    from pathlib import Path


def test_a_content_hash_is_no_hash_of_the_file(tmp_path: Path) -> None:
    """It skips the package's signature, so it goes out as what it is."""
    serilog = by_name(inventory_of(tmp_path, MORE_SAMPLES["nuget"]))["Serilog 4.0.0"]
    assert [(fact.name, fact.value) for fact in serilog.facts] == [("nuget:content-hash", sri("serilog")[7:])]
    assert serilog.artifacts == ()
    assert any(gap.field == "Component Hash Value" for gap in serilog.gaps)


def test_edges_and_projects(tmp_path: Path) -> None:
    """Direct packages hang on the project; another project of the solution is no package."""
    made = inventory_of(tmp_path, MORE_SAMPLES["nuget"])
    assert edges_of(made) == {
        (".", "Serilog 4.0.0"),
        (".", "Serilog.Sinks.File 5.0.0"),
        ("Serilog.Sinks.File 5.0.0", "Serilog 4.0.0"),
        ("Serilog.Sinks.File 5.0.0", "System.Buffers 4.5.1"),
    }
    assert {marker for edge in made.edges for marker in edge.markers} == {"net8.0"}


RUNTIMES = """{
  "version": 1,
  "dependencies": {
    "net8.0": {
      "Desktop": {
        "type": "Direct",
        "requested": "[2.0.0, )",
        "resolved": "2.0.0",
        "dependencies": {
          "Desktop.Native": "2.0.0",
          "Kernel": "1.0.0"
        }
      },
      "Desktop.Native": {
        "type": "Transitive",
        "resolved": "2.0.0"
      },
      "Kernel": {
        "type": "Transitive",
        "resolved": "1.0.0"
      }
    },
    "net8.0/linux-x64": {
      "Desktop.Native": {
        "type": "Transitive",
        "resolved": "2.0.0",
        "dependencies": {
          "Kernel": "1.0.0",
          "runtime.linux-x64.Desktop": "2.0.1"
        }
      },
      "runtime.linux-x64.Desktop": {
        "type": "Transitive",
        "resolved": "2.0.1"
      }
    }
  }
}
"""


def test_a_platform_s_part_of_a_lock_states_only_what_differs(tmp_path: Path) -> None:
    """What else a package needs there is locked for the framework: no gap, and an edge."""
    made = inventory_of(tmp_path, {"packages.lock.json": RUNTIMES})
    assert edges_of(made) == {
        (".", "Desktop 2.0.0"),
        ("Desktop 2.0.0", "Desktop.Native 2.0.0"),
        ("Desktop 2.0.0", "Kernel 1.0.0"),
        ("Desktop.Native 2.0.0", "Kernel 1.0.0"),
        ("Desktop.Native 2.0.0", "runtime.linux-x64.Desktop 2.0.1"),
    }
    assert made.findings == ()


def test_a_flat_list_claims_no_direct_need(tmp_path: Path) -> None:
    """`packages.config` is flat; development needs are marked; an entry without version is told."""
    made = inventory_of(tmp_path, MORE_SAMPLES["packages-config"])
    found = by_name(made)
    assert found["StyleCop 6.2.0"].scopes == (Scope.DEV,)
    assert not any(item.direct for item in found.values())
    assert [(item.kind, item.location.line) for item in made.findings] == [("unpinned", 5)]


def test_paket_s_groups_and_needs(tmp_path: Path) -> None:
    """Groups for building are development; a file of a repository is that repository at its commit."""
    made = inventory_of(tmp_path, MORE_SAMPLES["paket"])
    assert ("Giraffe 6.4", "FSharp.Core 8.0.300") in edges_of(made)
    assert by_name(made)["FAKE 5.16"].scopes == (Scope.DEV,)
    assert {str(item.purl) for item in made.components} == {
        "pkg:nuget/FSharp.Core@8.0.300",
        "pkg:nuget/Giraffe@6.4",
        "pkg:nuget/FAKE@5.16",
        f"pkg:github/acme/scripts@{COMMIT}#build.fsx",
    }
    scripts = by_name(made)[f"acme/scripts {COMMIT}"]
    assert (scripts.scopes, scripts.is_distributed) == ((Scope.DEV,), False)


def test_what_paket_takes_from_elsewhere_is_told(tmp_path: Path) -> None:
    """A repository at a commit is a component; a file of an address has no version, and is named."""
    text = f"""NUGET
  remote: https://registry.example/index.json
    Octokit (0.50) - restriction: >= net6.0
GITHUB
  remote: acme/Scripts
    modules/Octokit.fsx ({COMMIT})
      Octokit (>= 0.20)
GIT
  remote: https://git.example/acme/tools.git
     ({COMMIT})
      build: build.sh
HTTP
  remote: https://files.example
    library.dll (/library.dll)
GIST
  remote: acme/1972308
    gist.fs
"""
    made = inventory_of(tmp_path, {"paket.lock": text})
    assert {str(item.purl) for item in made.components} == {
        "pkg:nuget/Octokit@0.50",
        f"pkg:github/acme/scripts@{COMMIT}#modules/Octokit.fsx",
        f"pkg:generic/git.example/acme/tools@{COMMIT}?vcs_url=git%2Bhttps://git.example/acme/tools.git%40{COMMIT}",
    }
    assert (f"acme/scripts {COMMIT}", "Octokit 0.50") in edges_of(made)
    assert [(item.kind, item.text, item.location.line) for item in made.findings if item.lost] == [
        ("unpinned", "library.dll of https://files.example names no commit", 14),
        ("unpinned", "gist.fs of acme/1972308 names no commit", 17),
    ]
