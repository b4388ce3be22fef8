"""Whether the signing services can be reached, told before the work begins: telemetry, on which nothing depends.

Only a connection is opened and closed. A request would cost a service something, and say no more: what it is asked
next is the real thing.
"""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from .connections import proxy_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LIMIT", "Probed", "probe"]

LIMIT: Final = 2.0
"""Seconds that a connection may take; the work begins then, whatever came of it."""
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Probed:
    """How a service was reached."""

    service: str
    host: str
    milliseconds: int | None = None
    """How long a connection took; None where there was none."""
    why: str = ""
    """Why there was none."""

    def __str__(self) -> str:
        """Return it for people."""
        how = self.why if self.milliseconds is None else f"{self.milliseconds} ms"
        return f"{self.service} at {self.host}: {how}"


def probe(services: Sequence[tuple[str, str]], limit: float = LIMIT) -> tuple[Probed, ...]:
    """Return how each service, by its name and URL, can be reached, in the order given and within `limit` seconds."""
    if not services:
        return ()
    with ThreadPoolExecutor(len(services), thread_name_prefix="probe") as pool:
        return tuple(pool.map(lambda each: _probe(each[0], each[1], limit), services))


def _probe(service: str, url: str, limit: float) -> Probed:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    name = parts.hostname or ""
    if proxy_of(parts.scheme, name, parts.port or _PORTS[parts.scheme]):
        return Probed(service, host, why="by a proxy, not probed")
    began = time.monotonic()
    try:
        with socket.create_connection((name, parts.port or _PORTS[parts.scheme]), timeout=limit):
            return Probed(service, host, round((time.monotonic() - began) * 1000))
    except UnicodeError:
        return Probed(service, host, why="not reached: its name is no host's")
    except OSError as fault:
        return Probed(service, host, why=f"not reached: {fault.strerror or str(fault) or 'no answer in time'}")
