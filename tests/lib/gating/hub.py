"""Asks a fake GitHub as `gate` does, through the client that the suite uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maximus.documents import parse_json
from maximus.gating.check import Answer
from maximus.github.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakehub.server import Hub

__all__ = ["asker"]


def asker(hub: Hub) -> Callable[[str], Answer]:
    """Return what asks the hub, without waiting between tries."""
    client = Client(hub.api_url, hub.token, sleep=lambda _: None)

    def ask(path: str) -> Answer:
        reply = client.get(path, allowed=(404, 422))
        return Answer(reply.status, parse_json(reply.text, path) if reply.status < 400 else None)

    return ask
