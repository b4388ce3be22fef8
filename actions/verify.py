"""Prove a release from the outside: signatures, log entries, SBOMs, identity.

Believes nothing that the producing job said: every file of the folder is accounted for, and each
signature must come from the identity that is named here. COMPLIANT only when all four facts hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .declare import Concluded, given, out

if TYPE_CHECKING:
    from .face import Face

__all__ = ["Inputs", "Outputs", "run"]

GITHUB_ISSUER = "https://token.actions.githubusercontent.com"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What `verify` is asked for."""

    folder: str = given(
        "The release folder to verify. Default: `release`, unless `files` is given.", metavar="DIR"
    )
    files: tuple[str, ...] = given(
        "Which files to verify instead of a folder: globs, one a line; `!` in front excludes.", default=(), metavar="GLOB"
    )
    bundles: str = given("Where the bundles lie: a folder, or one bundle. Default: beside each file.", metavar="PATH")
    repository: str = given("The source repository that must have built it, `owner/name`.", metavar="OWNER/NAME")
    workflow: str = given(
        "The workflow that must have signed it: a path such as `.github/workflows/release.yml`, or "
        "`owner/name/PATH` where it lives in another repository.",
        metavar="PATH",
    )
    ref: str = given("The git ref that it must come from: a whole-string glob such as `refs/tags/v*`.", metavar="GLOB")
    issuer: str = given("The issuer that must have vouched for the identity, exact.", default=GITHUB_ISSUER, metavar="URL")
    identity: str = given(
        "The exact identity (SAN) that must have signed it, instead of repository and workflow.", metavar="SAN"
    )
    key: str = given("The public key that must have signed it: a PEM file, or `env:NAME`.", metavar="FILE|env:NAME")
    trust_config: str = given(
        "A Sigstore ClientTrustConfig or trusted root (JSON). Default: the public instance.", metavar="FILE"
    )
    require: tuple[str, ...] = given(
        "Which facts must hold, one a line. Default: all for a folder, the last three for files; "
        "with `key` the log is not required.",
        default=(),
        choices=("sbom", "signatures", "log", "identity"),
    )


@dataclass(frozen=True, kw_only=True)
class Outputs(Concluded):
    """What `verify` hands on."""

    compliant: str = out("`true` when every required fact holds, else `false`.", default="false")
    checks: str = out("The verdicts, a JSON list.", default="[]")
    missing: str = out("What is named by a bundle or statement and not there, a sorted JSON list.", default="[]")
    extra: str = out("Bundles without their file, a sorted JSON list.", default="[]")
    unsigned: str = out("Files that no valid bundle covers, a sorted JSON list.", default="[]")


def run(inputs: Inputs, face: Face) -> Outputs:
    raise NotImplementedError
