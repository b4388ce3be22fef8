"""What may go wrong on the way to GitHub, as values: where it strikes, how often, and what it does."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.fakehub.server import Hub

__all__ = ["Fault", "Injected", "Lost", "Meanwhile", "Partial", "Slow", "Status", "WrongDigest", "too_many"]


@dataclass(frozen=True, slots=True)
class Status:
    """The request is refused before it has any effect."""

    status: int
    """Such as 502."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Such as `retry-after`."""
    body: Any = None
    """JSON or text; None for GitHub's usual words."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The request takes effect, but its reply does not arrive."""

    status: int | None = 502
    """What arrives in its place; None for a connection that closes without a word."""


@dataclass(frozen=True, slots=True)
class Slow:
    """The request takes effect, and its reply arrives late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Partial:
    """A GraphQL query is answered with a part of the data beside an error, as at a resource limit.

    Of every list of nodes with two or more entries the first half stays, the rest is null.
    """

    message: str = "Resource limits for this query exceeded."
    kind: str = "RESOURCE_LIMITS_EXCEEDED"


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Somebody else changes the world right before or right after the request is dealt with."""

    action: Callable[[Hub], object]
    """What they do, such as `lambda hub: hub.publish("acme/app", "v1.1.0")`."""
    when: Literal["before", "after"] = "before"


@dataclass(frozen=True, slots=True)
class WrongDigest:
    """An uploaded file arrives damaged: GitHub reports a digest that is not the sent content's."""

    digest: str = "sha256:" + "0" * 64


Fault = Status | Lost | Slow | Partial | Meanwhile | WrongDigest


def too_many(retry_after: int = 1) -> Status:
    """Return the fault of a secondary rate limit: 429 with the seconds to wait."""
    message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    return Status(429, {"retry-after": str(retry_after)}, {"message": message})


@dataclass(slots=True)
class Injected:
    """A fault and where it strikes."""

    fault: Fault
    method: str
    """A pattern for the method, such as `POST` or `*`."""
    path: str
    """A pattern for the path below the API's root, such as `/repos/*/releases`."""
    operation: str
    """A pattern for GitHub's name of a REST operation, or a GraphQL query's own name."""
    times: int
    """How often it strikes."""
    after: int
    """How many matching requests pass before it does."""
    struck: int = 0

    def strikes(self, method: str, path: str, operation: str) -> bool:
        """Return whether it strikes this request, and count."""
        asked = ((self.method, method), (self.path, path), (self.operation, operation))
        if self.struck == self.times or not all(fnmatch.fnmatchcase(value, pattern) for pattern, value in asked):
            return False
        if self.after:
            self.after -= 1
            return False
        self.struck += 1
        return True


def halve(node: Any, path: tuple[str | int, ...] = ()) -> list[list[str | int]]:  # noqa: ANN401 - a JSON tree
    """Take the second half out of every list of nodes in a reply's data, and return the paths of the gaps."""
    gaps: list[list[str | int]] = []
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in children:
        place = (*path, key)
        if key in {"nodes", "edges"} and isinstance(value, list) and len(value) > 1:
            kept = len(value) // 2
            gaps += [[*place, position] for position in range(kept, len(value))]
            value[kept:] = [None] * (len(value) - kept)
        gaps += halve(value, place)
    return gaps
