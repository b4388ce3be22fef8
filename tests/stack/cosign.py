"""cosign, the second opinion: what it verifies was not judged by our own code."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.stack.trust import REKOR_V1

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.stack.stack import Stack

__all__ = ["Cosign"]

_SECONDS = 120.0

Completed = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True)
class Cosign:
    """cosign against the stack. Every method returns the completed process, whatever its status.

    `identity` and `issuer` are exact, never patterns; without them the stack's default job is meant.
    `environment` (from `Stack.environment`) chooses whom it signs as.
    """

    stack: Stack
    home: Path
    """A folder for what cosign keeps, away from the user's own."""

    def run(self, *arguments: str | Path, environment: Mapping[str, str] | None = None) -> Completed:
        """Run cosign with these arguments in this process's environment and the given variables."""
        # sigstore's own variables, and a job we may be running in ourselves, must not leak in.
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ACTIONS_", "COSIGN_", "GITHUB_", "SIGSTORE_", "TUF_"))
        }
        return subprocess.run(
            [self.stack.bin("cosign"), *arguments],
            env={**kept, "HOME": str(self.home), **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=_SECONDS,
            check=False,
        )

    def sign_blob(
        self, file: Path, bundle: Path, *, rekor: int = REKOR_V1, environment: Mapping[str, str] | None = None
    ) -> Completed:
        """Sign one file: several in one call would overwrite one bundle."""
        return self.run(
            *("sign-blob", "--yes", "--bundle", bundle, *self._signing(rekor), file),
            environment=environment or self.stack.environment(),
        )

    def attest_blob(
        self, statement: Path, bundle: Path, *, rekor: int = REKOR_V1, environment: Mapping[str, str] | None = None
    ) -> Completed:
        """Sign an in-toto statement with its subjects as they stand."""
        return self.run(
            *("attest-blob", "--yes", "--bundle", bundle, *self._signing(rekor), "--statement", statement),
            environment=environment or self.stack.environment(),
        )

    def verify_blob(
        self, file: Path, bundle: Path, *, identity: str | None = None, issuer: str | None = None
    ) -> Completed:
        """Verify a file against its bundle."""
        return self.run("verify-blob", "--bundle", bundle, *self._expecting(identity, issuer), file)

    def verify_blob_attestation(
        self,
        file: Path,
        bundle: Path,
        *,
        predicate_type: str | None = None,
        identity: str | None = None,
        issuer: str | None = None,
    ) -> Completed:
        """Verify that the bundle's statement covers this one file, with a predicate of this type."""
        kind = ("--type", predicate_type) if predicate_type else ()
        return self.run(
            *("verify-blob-attestation", "--bundle", bundle, *kind, *self._expecting(identity, issuer), file)
        )

    def _signing(self, rekor: int) -> tuple[str | Path, ...]:
        return (
            *("--signing-config", self.stack.signing_config(rekor)),
            *("--trusted-root", self.stack.trusted_root),
        )

    def _expecting(self, identity: str | None, issuer: str | None) -> tuple[str | Path, ...]:
        return (
            *("--trusted-root", self.stack.trusted_root),
            *("--certificate-identity", identity or self.stack.identity()),
            *("--certificate-oidc-issuer", issuer or self.stack.issuer_url),
        )
