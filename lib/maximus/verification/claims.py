"""What else a signer's certificate must state, beside who it is: ids, runner, trigger, environment, commit. Pure.

Names can be given up and taken again by somebody else; the ids never are. Every value is exact: nothing here
is a pattern, and what a certificate does not state is never what was asked for.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .signer import Signer

__all__ = ["NO_CLAIMS", "RUNNERS", "Claims", "claim_faults", "claim_mismatches", "describe_claims"]

RUNNERS: Final = ("github-hosted", "self-hosted")
"""The kinds of machine that a certificate can name."""

_ID = re.compile(r"[1-9][0-9]{0,19}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_TRIGGER = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MAX_ENVIRONMENT = 255


@dataclass(frozen=True, slots=True)
class Claims:
    """What is asked of a certificate; empty where nothing is."""

    repository_id: str = ""
    """The source repository's number."""
    owner_id: str = ""
    """The number of its owner."""
    runner: str = ""
    """One of `RUNNERS`."""
    trigger: str = ""
    """The event that started the run, such as `push`."""
    environment: str = ""
    """The deployment environment."""
    commit: str = ""
    """The source's whole commit id."""

    def given(self) -> tuple[tuple[str, str], ...]:
        """Return the inputs' names and values of those that are asked for."""
        return tuple(
            (field.name.replace("_", "-"), value)
            for field in dataclasses.fields(self)
            if (value := getattr(self, field.name))
        )


NO_CLAIMS: Final = Claims()


def claim_faults(claims: Claims) -> list[str]:
    """Return what is wrong with what is asked; each fault begins with its input in backticks."""
    wrong = [
        f"`{name}` is a whole number as the output `identities` shows it, not {value!r}"
        for name, value in (("repository-id", claims.repository_id), ("owner-id", claims.owner_id))
        if value and not _ID.fullmatch(value)
    ]
    if claims.runner and claims.runner not in RUNNERS:
        wrong.append(f"`runner` is {' or '.join(f'`{name}`' for name in RUNNERS)}, not {claims.runner!r}")
    if claims.trigger and not _TRIGGER.fullmatch(claims.trigger):
        wrong.append(f"`trigger` is one event such as `push`, and no pattern, not {claims.trigger!r}")
    if claims.environment and (
        len(claims.environment) > _MAX_ENVIRONMENT or "*" in claims.environment or not claims.environment.isprintable()
    ):
        wrong.append(f"`environment` is one environment's name, and no pattern, not {claims.environment[:80]!r}")
    if claims.commit and not _COMMIT.fullmatch(claims.commit):
        wrong.append(f"`commit` is a whole commit id, 40 or 64 lower-case hexadecimal digits, not {claims.commit!r}")
    return wrong


def claim_mismatches(claims: Claims, signer: Signer) -> tuple[str, ...]:
    """Return in words how the signer differs from what is asked; nothing where it states all of it."""
    return tuple(
        f"{name} is {getattr(signer, name.replace('-', '_')) or 'not stated'}, expected {value}"
        for name, value in claims.given()
        if getattr(signer, name.replace("-", "_")) != value
    )


def describe_claims(claims: Claims) -> str:
    """Return what is asked in words, as the end of a sentence; empty where nothing is."""
    return "".join(f", {name} {value}" for name, value in claims.given())
