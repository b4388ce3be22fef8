"""The readers of lock files, one module a format; adding one touches this list and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.sbom.readers import (
    bun,
    bundler,
    cargo,
    catalog,
    cocoapods,
    composer,
    conda,
    containers,
    cplusplus,
    deno,
    dotnet,
    embedded,
    flake,
    go,
    gradle,
    helm,
    hex,  # noqa: A004 - the name of the registry
    ivy,
    jars,
    jvm,
    kubernetes,
    maven,
    nebula,
    npm,
    nuget,
    pdm,
    pipfile,
    pixi,
    pnpm,
    poetry,
    pub,
    pylock,
    requirements,
    sbt,
    submodules,
    swift,
    terraform,
    unread,
    uv,
    workflows,
    yarn,
)

if TYPE_CHECKING:
    from maximus.sbom.readers.interface import Reader

__all__ = ["READERS", "reader_of"]

# What follows the last dot of every file that is read, but for Dockerfiles and the like: asking fifty readers of every
# source file costs more than the scan.
_SUFFIXES = frozenset({
    "lock", "json", "yaml", "yml", "toml", "txt", "in", "xml", "mod", "lockfile", "resolved", "hcl", "config", "locked",
    "gitmodules", "spdx", "rdf", "props", "lockb", "freeze", *(ending.removeprefix(".") for ending in jars.ENDINGS),
})  # fmt: skip

READERS: tuple[Reader, ...] = (
    uv.READER,
    poetry.READER,
    pdm.READER,
    pipfile.READER,
    pylock.READER,
    requirements.READER,
    npm.READER,
    pnpm.READER,
    yarn.READER,
    go.READER,
    cargo.READER,
    bun.READER,
    deno.READER,
    gradle.READER,
    catalog.READER,
    nebula.READER,
    maven.READER,
    sbt.READER,
    ivy.READER,
    jars.READER,
    jvm.READER,
    nuget.LOCK,
    nuget.CONFIG,
    nuget.PAKET,
    dotnet.ASSETS,
    dotnet.DEPS,
    dotnet.CENTRAL,
    bundler.READER,
    composer.READER,
    composer.INSTALLED,
    pub.READER,
    swift.READER,
    cocoapods.READER,
    hex.MIX,
    hex.REBAR,
    workflows.READER,
    containers.DOCKERFILE,
    containers.COMPOSE,
    containers.KUSTOMIZE,
    kubernetes.READER,
    helm.READER,
    helm.VALUES,
    terraform.READER,
    flake.READER,
    cplusplus.CONAN,
    cplusplus.VCPKG,
    conda.LOCK,
    conda.EXPLICIT,
    conda.ENVIRONMENT,
    pixi.READER,
    submodules.READER,
    embedded.READER,
    unread.READER,
)
"""Every reader; no file is read by two of them."""


def reader_of(path: str) -> Reader | None:
    """Return the reader of the file of this path, relative to the tree's root; None where there is none."""
    if (
        path.rpartition(".")[2] not in _SUFFIXES
        and "ockerfile" not in path
        and "ontainerfile" not in path
        and not path.endswith("/release")
    ):
        return None
    for reader in READERS:
        if reader.reads(path):
            return reader
    return None
