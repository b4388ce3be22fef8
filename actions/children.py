"""What a program that we start may see of our environment. Standard library only: installing needs it first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["without_ours"]

_OURS: Final = re.compile(r"MAXIMUS_INPUTS|INPUT_.*|ACTIONS_ID_TOKEN_REQUEST_.*|ACTIONS_RUNTIME_.*|COSIGN_PASSWORD")


def without_ours(environment: Mapping[str, str], secrets: Collection[str] = ()) -> dict[str, str]:
    """Return the environment for a program: without what only we were given to know.

    That is this step's inputs, the job's means to become its identity, private keys, and the `secrets`. What the
    program itself goes by, such as an index's address or a cloud's variables, it keeps.
    """
    return {
        name: value
        for name, value in environment.items()
        if not _OURS.fullmatch(name) and "PRIVATE KEY-----" not in value and not (value and value in secrets)
    }
