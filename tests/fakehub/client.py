"""The plainest possible client: it follows nothing, retries nothing and shows the reply as it came."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakehub.server import Hub

__all__ = ["Answered", "ask", "ask_graphql"]

_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    raw: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        """The body as JSON."""
        return json.loads(self.raw)


def ask(  # noqa: PLR0913 - a request's parts
    hub: Hub,
    method: str,
    path: str,
    body: Any = None,  # noqa: ANN401 - JSON, or bytes as they are
    *,
    token: str | None = "",
    headers: Mapping[str, str] | None = None,
) -> Answered:
    """Send one request, to a path below the API's root or to a whole address.

    `token` is the hub's own by default and None for a stranger. A header given as an empty string is left out.
    Raises ConnectionError where the reply does not come.
    """
    address = urlsplit(path if path.startswith("http") else hub.api_url + path)
    sent = {"User-Agent": "tests", "Accept": "application/vnd.github+json"}
    if token is not None:
        sent["Authorization"] = f"Bearer {token or hub.token}"
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_SECONDS)
    try:
        wanted = {name: value for name, value in {**sent, **(headers or {})}.items() if value}
        connection.request(method, address.path + (f"?{address.query}" if address.query else ""), raw, wanted)
        reply = connection.getresponse()
        found = {name.lower(): value for name, value in reply.getheaders()}
        return Answered(reply.status, found, reply.read())
    finally:
        connection.close()


def ask_graphql(hub: Hub, query: str, **variables: Any) -> dict[str, Any]:  # noqa: ANN401 - a query's variables
    """Send a query and return the whole body of the reply."""
    answered = ask(hub, "POST", hub.graphql_url, {"query": query, "variables": variables})
    body: dict[str, Any] = answered.json
    return body
