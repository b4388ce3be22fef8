"""What those who come after `sign` are told: the lines with which cosign verifies what was signed."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from maximus.signing.bundles import Bundle
    from maximus.signing.signers import Identity

    from .pushed import Pushed

__all__ = ["TRUSTED_ROOT", "Cosign"]

TRUSTED_ROOT: Final = "trusted_root.json"
"""What a private instance's trusted root is called in the lines: that part of the trust configuration as a file."""
MAX_LINES: Final = 200
"""How many files the lines name: cosign verifies one a call, and an output has a limit."""


class Cosign:
    """The lines with which cosign verifies what was signed."""

    def __init__(self, identity: Identity, public: str, *, is_private: bool, is_logged: bool) -> None:
        """Verify that the identity signed, or the key whose public half is the file `public`.

        With an instance that `is_private` its trusted root is named as `TRUSTED_ROOT`. Where what a key signs is not
        to be `is_logged`, nobody named the log of an entry that an earlier run left, and none is looked for.
        """
        by_job = ["--certificate-identity", identity.name, "--certificate-oidc-issuer", identity.issuer]
        self._who = ["--key", public] if public else by_job
        self._is_by_key = bool(public)
        self._is_logged = is_logged
        self._root = ["--trusted-root", TRUSTED_ROOT] if is_private else []

    def of_files(self, bundles: Iterable[tuple[Path, Sequence[Path]]]) -> list[str]:
        """Return a line for each file and its bundle, for the first files only where there are very many."""
        from maximus.signing.bundles import read_bundle  # noqa: PLC0415 - `--help` needs none of it

        found: list[str] = []
        more = 0
        for path, files in bundles:
            if len(found) >= MAX_LINES:
                more += len(files)
                continue
            kept = list(files)[: MAX_LINES - len(found)]
            more += len(files) - len(kept)
            start = self._start(read_bundle(path), path)
            found += [shlex.join([*start, file.as_posix()]) for file in kept]
        return found + [f"# and so on for {more} more"] * bool(more)

    def _start(self, bundle: Bundle, path: Path) -> list[str]:
        from maximus.signing.bundles import Envelope  # noqa: PLC0415 - as above
        from maximus.signing.statements import parse_statement  # noqa: PLC0415 - likewise

        kind = ["verify-blob"]
        if isinstance(bundle.content, Envelope):
            statement = parse_statement(bundle.content.payload, path.name)
            kind = ["verify-blob-attestation", "--type", statement.predicate_type]
        where = ["--bundle", path.as_posix()]
        return ["cosign", *kind, *where, *self._said(is_logged=bool(bundle.entries))]

    def of_images(self, pushed: Sequence[Pushed]) -> list[str]:
        """Return the lines for each image: its signature, and each of its attestations."""
        from maximus.signing.annotated import SIMPLE_SIGNING  # noqa: PLC0415 - as above
        from maximus.signing.images import IMAGE_CLAIM  # noqa: PLC0415 - likewise

        found: dict[str, None] = {}
        for image in pushed:
            for each in image.attached if not image.error else ():
                if each.image != image.name or each.predicate_type == SIMPLE_SIGNING:
                    continue
                is_signature = each.predicate_type == IMAGE_CLAIM.predicate_type
                kind = ["verify"] if is_signature else ["verify-attestation", "--type", each.predicate_type]
                said = self._said(is_logged=each.log_index is not None)
                found[shlex.join(["cosign", *kind, *said, image.name])] = None
        return list(found)

    def _said(self, *, is_logged: bool) -> list[str]:
        if self._is_by_key and not (is_logged and self._is_logged):
            # Nothing but the key vouches for it: there is no entry to look for, and no root to believe.
            return [*self._who, "--insecure-ignore-tlog"]
        return [*self._root, *self._who]
