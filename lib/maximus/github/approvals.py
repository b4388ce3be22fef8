"""Who approved or rejected a run's deployments, as GitHub's environments recorded it.

See: GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals, which tells no time of the decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maximus.errors import Error, ExitStatus

if TYPE_CHECKING:
    from maximus.github.client import Client

__all__ = ["Approval", "list_approvals"]


@dataclass(frozen=True, slots=True)
class Approval:
    """One decision by a person."""

    state: str
    """`approved`, `rejected` or `pending`."""
    user: str
    """Whose decision it was; empty where the account is gone."""
    user_id: int
    """The account's number, which is never given again; 0 where the account is gone."""
    comment: str
    environments: tuple[str, ...]
    """Sorted by name."""


def list_approvals(client: Client, repository: str, run_id: int) -> tuple[Approval, ...]:
    """Return the approvals of a run, in GitHub's order.

    Raises Error HUB040 (outside) for an answer of another shape, and what `Client.get` raises; a run that is not
    there, or that the token does not see, is one of these.
    """
    reply = client.get(f"/repos/{repository}/actions/runs/{run_id}/approvals")
    try:
        return tuple(_approval(item) for item in reply.items(key="state"))
    except (KeyError, TypeError, AttributeError) as fault:
        raise Error(
            "HUB040",
            f"GitHub's answer about the approvals of run {run_id} has another shape",
            why=f"{type(fault).__name__}: {fault}",
            fix="Look whether a proxy answers in GitHub's place, then run again.",
            status=ExitStatus.OUTSIDE,
        ) from fault


def _approval(item: dict[str, Any]) -> Approval:
    user = item.get("user") or {}
    return Approval(
        str(item["state"]),
        str(user.get("login") or ""),
        int(user.get("id") or 0),
        str(item.get("comment") or ""),
        tuple(sorted(str(environment["name"]) for environment in item.get("environments") or ())),
    )
