"""References to container images, to GitHub's actions and to repositories at a commit, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from maximus.sbom import addresses
from maximus.sbom.model import Ecosystem, Finding, Kind, Known, Location, Package, Scope
from maximus.sbom.naming import visible
from maximus.sbom.readers import absence

__all__ = ["COMMIT", "Image", "action", "image", "image_package", "repository"]

_IMAGE = re.compile(
    r"(?P<name>(?:[\w.-]+(?::\d+)?/)?[\w.-]+(?:/[\w.-]+)*)(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>[a-z0-9]+:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)
_ACTION = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?:/(?P<folder>[^@\s]+))?@(?P<ref>[^\s@]+)", re.ASCII)
# What is written in front of a name that has none in front of it: both are one image.
_DEFAULT = ["docker", "io"]
COMMIT = re.compile(r"[0-9a-f]{40}")
_MOVING_TAG = "a tag of an image, which can be pushed again; only a digest is exact"
_MOVING_REF = "a tag or a branch, which can be moved; only a commit is exact"


@dataclass(frozen=True, slots=True)
class Image:
    """A reference to an image."""

    registry: str
    """Host and port; empty for the default one."""
    repository: str
    """Without the registry, and without the default `library/`."""
    tag: str
    digest: str
    """`sha256:HEX`; empty where the reference has none."""


def image(text: str) -> Image | None:
    """Return the reference taken apart; None where it is none."""
    found = _IMAGE.fullmatch(text.strip())
    if found is None:
        return None
    first, slash, rest = found["name"].partition("/")
    # The first part is a host where it could not be a user: the rule of Docker's own reference grammar.
    is_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    registry, repository = (first, rest) if is_host else ("", found["name"])
    if registry.lower().split(".")[-2:] == _DEFAULT:
        registry = ""
    if not registry:
        repository = repository.removeprefix("library/")
    return Image(registry, repository, found["tag"] or "", (found["digest"] or "").lower())


def image_package(
    text: str, key: str, place: Location, scope: Scope, default: str = "latest"
) -> tuple[Package | None, tuple[Finding, ...]]:
    """Return the package of an image that a file names, with what is to be said about it.

    `default` is the tag that a reference without one stands for: the client's `latest`, or empty where something else
    fills it in and nobody knows what.
    """
    found = image(text)
    if found is None:
        shown = Finding("ignored", f"{visible(text)[:200]!r} is no reference to an image", place)
        return None, (shown,)
    tag = found.tag or ("" if found.digest else default)
    findings: tuple[Finding, ...] = ()
    if not found.digest:
        what = f"the image {visible(text)} is not pinned to a digest"
        what += "" if tag else ", and its tag is filled in elsewhere"
        findings = (Finding("unpinned", what, place, lost=False),)
    address = f"{found.registry}/{found.repository}" if found.registry else ""
    made = Package(
        key=key,
        ecosystem=Ecosystem.DOCKER,
        kind=Kind.CONTAINER,
        name=found.repository,
        version=found.digest or tag,
        moves=_MOVING_TAG if tag and not found.digest else "",
        locations=(place,),
        qualifiers=(("repository_url", address),) if address else (),
        scopes=(scope,),
        edges=Known.UNKNOWN,
        not_applicable=(absence.IMAGE,),
        notes=(("image:tag", tag),) if found.digest and tag else (),
    )
    return made, findings


def action(text: str, key: str, place: Location) -> tuple[Package | None, tuple[Finding, ...]]:
    """Return the package of what a `uses:` names, with what is to be said about it; None for a part of the tree."""
    text = text.strip()
    if text.startswith(("./", "../")):
        return None, ()
    if text.startswith("docker://"):
        return image_package(text.removeprefix("docker://"), key, place, Scope.BUILD)
    found = _ACTION.fullmatch(text)
    if found is None:
        return None, (Finding("ignored", f"{visible(text)[:200]!r} names no action", place),)
    findings: tuple[Finding, ...] = ()
    pinned = bool(COMMIT.fullmatch(found["ref"]))
    if not pinned:
        findings = (Finding("unpinned", f"the action {visible(text)} is not pinned to a commit", place, lost=False),)
    made = Package(
        key=key,
        ecosystem=Ecosystem.GITHUB,
        kind=Kind.ACTION,
        name=found["repository"].lower(),
        version=found["ref"],
        moves="" if pinned else _MOVING_REF,
        locations=(place,),
        subpath=found["folder"] or "",
        scopes=(Scope.BUILD,),
        edges=Known.UNKNOWN,
        not_applicable=(absence.DEFINITION,),
    )
    return made, findings


def repository(address: str, commit: str, key: str, place: Location) -> Package | None:
    """Return the package of a repository at a commit, in any spelling of its address; None where it is no address."""
    vcs = addresses.vcs_url(address, commit)
    if not vcs:
        return None
    parts = urlsplit(addresses.vcs_url(address, "").removeprefix("git+"))
    name = parts.path.strip("/").removesuffix(".git")
    on_github = parts.hostname == "github.com"
    return Package(
        key=key,
        ecosystem=Ecosystem.GITHUB if on_github else Ecosystem.GENERIC,
        name=name.lower() if on_github else f"{parts.hostname}/{name}",
        version=commit,
        locations=(place,),
        qualifiers=() if on_github else (("vcs_url", vcs),),
        edges=Known.UNKNOWN,
        not_applicable=(absence.COMMIT_ONLY,),
    )
