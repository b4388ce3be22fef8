"""`deno.lock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom.model import Scope
from tests.lib.sbom.more_samples import MORE_SAMPLES
from tests.lib.sbom.samples import by_name, edges_of, inventory_of, sha256

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["deno-3", "deno-4"])
def test_packages_of_npm(tmp_path: Path, name: str) -> None:
    """Both spellings of needs lead to the same edges; peers behind an underscore are no part of the version."""
    made = inventory_of(tmp_path, MORE_SAMPLES[name])
    assert ("chalk 5.3.0", "ansi 2.0.0") in edges_of(made)
    assert by_name(made)["chalk 5.3.0"].direct
    assert not by_name(made)["ansi 2.0.0"].direct


def test_the_second_version(tmp_path: Path) -> None:
    """As Deno 1.36 wrote it: packages of npm alone, their specifiers beside them and not above."""
    lock = f"""{{
  "version": "2",
  "remote": {{"https://deno.example/std@0.180.0/mod.ts": "{sha256("mod")}"}},
  "npm": {{
    "specifiers": {{"koa@2": "koa@2.15.0"}},
    "packages": {{
      "koa@2.15.0": {{
        "integrity": "sha512-AAAA",
        "dependencies": {{"http-errors": "http-errors@2.0.0"}}
      }},
      "http-errors@2.0.0": {{"integrity": "sha512-AAAA", "dependencies": {{}}}}
    }}
  }}
}}
"""
    made = inventory_of(tmp_path, {"deno.lock": lock})
    assert edges_of(made) == {(".", "koa 2.15.0"), ("koa 2.15.0", "http-errors 2.0.0")}
    assert by_name(made)["koa 2.15.0"].direct
    assert by_name(made)["http-errors 2.0.0"].locations[0].line == 11
    assert [item.text.partition(" ")[0] for item in made.findings] == ["1"]


def test_an_optional_need_is_an_edge(tmp_path: Path) -> None:
    """As `deno install` of Deno 2.9 writes what only some systems need: optional, and nothing of the root's own."""
    made = inventory_of(tmp_path, MORE_SAMPLES["deno-4"])
    assert ("chalk 5.3.0", "fsevents 2.3.3") in edges_of(made)
    assert (".", "fsevents 2.3.3") not in edges_of(made)
    assert by_name(made)["fsevents 2.3.3"].scopes == (Scope.OPTIONAL,)


def test_packages_of_jsr(tmp_path: Path) -> None:
    """The digest is of the list of files, so it goes out under its own name."""
    made = inventory_of(tmp_path, MORE_SAMPLES["deno-4"])
    found = by_name(made)["jsr/std/assert 1.0.0"]
    assert [(fact.name, fact.value) for fact in found.facts] == [("jsr:manifest-sha256", sha256("assert"))]
    assert ("jsr/std/assert 1.0.0", "jsr/std/internal 1.0.1") in edges_of(made)


def test_files_from_addresses_are_told(tmp_path: Path) -> None:
    """They have no version, so they are counted and said, and are no components."""
    made = inventory_of(tmp_path, MORE_SAMPLES["deno-4"])
    assert [item.text.partition(" ")[0] for item in made.findings] == ["1"]


def test_what_only_development_needs(tmp_path: Path) -> None:
    """The lock does not say it, the `package.json` beside it does, as `deno install` of Deno 2.9 leaves them."""
    lock = """{
  "version": "5",
  "specifiers": {"npm:left@1": "1.0.0", "npm:right@^2": "2.0.0", "npm:other@3": "3.0.0"},
  "npm": {
    "left@1.0.0": {"integrity": "sha512-AAAA"},
    "right@2.0.0": {"integrity": "sha512-AAAA", "dependencies": ["below"]},
    "other@3.0.0": {"integrity": "sha512-AAAA"},
    "below@4.0.0": {"integrity": "sha512-AAAA"}
  },
  "workspace": {"packageJson": {"dependencies": ["npm:left@1", "npm:right@^2", "npm:other@3"]}}
}
"""
    manifest = (
        '{"dependencies": {"left": "1"}, "devDependencies": {"right": "^2", "alias": "npm:other@3", "left": "1"}}'
    )
    found = by_name(inventory_of(tmp_path, {"deno.lock": lock, "package.json": manifest}))
    assert {name: item.scopes for name, item in found.items()} == {
        "left 1.0.0": (Scope.RUNTIME,),
        "right 2.0.0": (Scope.DEV,),
        "other 3.0.0": (Scope.DEV,),
        "below 4.0.0": (Scope.DEV,),
    }


@pytest.mark.parametrize(("count", "told"), [(1, "1 file taken "), (2, "2 files taken ")])
def test_files_from_addresses_are_told_and_are_no_packages(tmp_path: Path, count: int, told: str) -> None:
    """Nothing says of which version they are."""
    remote = ", ".join(f'"https://deno.example/{number}.ts": "{sha256("mod")}"' for number in range(count))
    made = inventory_of(tmp_path, {"deno.lock": f'{{"version": "4", "remote": {{{remote}}}}}'})
    assert made.components == ()
    assert [item.text[: len(told)] for item in made.findings] == [told]
