"""The whole release in one step: inventory, sign, verify, draft.

Copies what `files` names into the release folder, writes both SBOMs, signs every file, verifies the
folder as a stranger would, writes the notes and, with a token, drafts the release on GitHub.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .declare import Concluded, given, out

if TYPE_CHECKING:
    from .face import Face

__all__ = ["Inputs", "Outputs", "run"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What `release` is asked for."""

    version: str = given("The version to release. Default: the tag that is being built, else the next version by the notes' rules.")
    path: str = given("The tree to release.", default=".", metavar="DIR")
    files: tuple[str, ...] = given("What was built: globs below `path`, one a line; `!` in front excludes. Copied into the folder.", default=(), metavar="GLOB")
    folder: str = given("The release folder.", default="release", metavar="DIR")
    trust_config: str = given("A Sigstore ClientTrustConfig (JSON) of a private instance. Default: the public one.", metavar="FILE")
    key: str = given("A private key to sign with instead of a job's identity: a PEM file, or `env:NAME`.", metavar="FILE|env:NAME")
    mode: str = given("`each`: a bundle for each file. `statement`: one statement and one log entry over all.", default="each", choices=("each", "statement"))
    publish: bool = given("Publish the release once everything is attached and checked.", default=False)
    dry_run: bool = given("Show the plan; sign, log and send nothing.", default=False)
    token: str = given("The token to draft the release with; without one `notes.md` is written and nothing is sent.", secret=True, action_default="${{ github.token }}")


@dataclass(frozen=True, kw_only=True)
class Outputs(Concluded):
    """What `release` hands on: what its parts put out, under the same names."""


def run(inputs: Inputs, face: Face) -> Outputs:
    raise NotImplementedError
