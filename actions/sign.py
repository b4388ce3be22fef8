"""Sign the release folder's files, keyless or with a key; log the signatures publicly.

Each file gets a Sigstore bundle (v0.3) beside it, `NAME.sigstore.json`, which cosign and every other
Sigstore client verify too; or one statement covers them all (`mode: statement`).
In a job with `id-token: write` the signature is bound to the workflow and needs no key.
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
    """What `sign` is asked for."""

    folder: str = given(
        "The release folder: every file in it but bundles is signed, unless `files` says which.",
        default="release",
        metavar="DIR",
    )
    files: tuple[str, ...] = given(
        "Which files to sign instead of the folder's: globs, one a line; `!` in front excludes.", default=(), metavar="GLOB"
    )
    bundles: str = given("A folder for the bundles. Default: each beside its file.", metavar="DIR")
    mode: str = given(
        "`each`: a bundle for each file. `statement`: one in-toto statement and one log entry over all of them.",
        default="each",
        choices=("each", "statement"),
    )
    trust_config: str = given(
        "A Sigstore ClientTrustConfig (JSON) of a private instance. Default: the public one.", metavar="FILE"
    )
    key: str = given(
        "A private key to sign with instead of a job's identity: a PEM file, or `env:NAME`. "
        "Such signatures are not logged.",
        metavar="FILE|env:NAME",
    )


@dataclass(frozen=True, kw_only=True)
class Outputs(Concluded):
    """What `sign` hands on."""

    bundles: str = out("The bundles' paths, a sorted JSON list.", default="[]")
    log_indexes: str = out("The index of each log entry by bundle, a JSON object.", default="{}")
    identity: str = out("Who signed: the certificate's identity, or the public key's SHA-256 fingerprint.")
    issuer: str = out("Who vouched for the identity; empty with a key.")
    signing: str = out("`keyless` or `key`.")
    failed: str = out("The files that could not be signed, a sorted JSON list.", default="[]")
    verify_command: str = out("The line with which anybody verifies these files.")


def run(inputs: Inputs, face: Face) -> Outputs:
    raise NotImplementedError
