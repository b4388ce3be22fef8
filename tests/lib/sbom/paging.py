"""Inventories for pages: a small real one, a hostile one, and one of any size."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from maximus.sbom import page
from maximus.sbom.model import (
    Component,
    ComponentRef,
    Edge,
    Finding,
    Gap,
    Inventory,
    Kind,
    Known,
    LicenceClaim,
    Location,
    Purl,
    Scope,
    Skipped,
    Subject,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["HOSTILE", "component", "inventory", "page_of", "write"]

SERIAL = "0b7c5c6e-5b0e-5d0c-8a58-3f0d5a2f4c11"
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "<!--<script>",
    "evil\u202egnp.exe",
    "a\u2028b",
    "${alert(3)}{{script}}",
    "\u05d0\u05d1\u05d2",
)
"""Names that would like to be something else."""


def component(name: str, version: str = "1.0.0", licence: str = "MIT", **more: object) -> Component:
    """Return a component of npm."""
    claim = (LicenceClaim(licence, licence, concluded=False, evidence="package-lock.json license"),) if licence else ()
    gaps = () if licence else (Gap("Component License", "the licence is not stated in a lock"),)
    made = Component(
        ref=ComponentRef(f"pkg:npm/{name}@{version}"),
        purl=Purl(f"pkg:npm/{name}@{version}"),
        kind=Kind.LIBRARY,
        ecosystem="npm",
        group="",
        name=name,
        version=version,
        locations=(Location("package-lock.json", 7),),
        licences=claim,
        gaps=gaps,
        scopes=(Scope.RUNTIME,),
        edges=Known.COMPLETE,
    )
    return replace(made, **more)  # type: ignore[arg-type]  # a test names fields of its own


def inventory(components: Sequence[Component], edges: Sequence[tuple[str, str]] = ()) -> Inventory:
    """Return an inventory whose root needs what nothing else needs; the edges are by name, `app` for the root."""
    root = replace(component("app"), purl=Purl("pkg:github/octo/app@1.0.0"), own="", licences=(), ecosystem="github")
    refs = {item.name: item.ref for item in (root, *components)}
    needed = {target for _, target in edges}
    pairs = [*edges, *(("app", item.name) for item in components if item.name not in needed)]
    direct = {target for source, target in pairs if source == "app"}
    return Inventory(
        subject=Subject("app", "1.0.0", root.purl, repository="https://github.com/octo/app", commit="a" * 40),
        root=root,
        members=(),
        components=tuple(sorted((replace(i, direct=i.name in direct) for i in components), key=lambda i: i.ref)),
        edges=tuple(Edge(refs[source], refs[target]) for source, target in sorted(pairs)),
        findings=(Finding("unpinned", "the action a/b@v1 is not pinned", Location(".github/workflows/ci.yml", 3)),),
        skipped=(Skipped("fixtures/package-lock.json", "test data"),),
        locks=("package-lock.json",),
    )


def page_of(made: Inventory) -> str:
    """Return the page of an inventory."""
    return page.as_page(made, when="2026-01-02T03:04:05Z", tool_version="1.0.0", serial=SERIAL).decode()


def write(made: Inventory, path: Path) -> Path:
    """Write the page of an inventory."""
    path.write_text(page_of(made), encoding="utf-8", newline="\n")
    return path
