"""`healthcheck`: every service of a compose file declares its health check, and the running one answers as it should.

    - id: health
      type: healthcheck
      declared: { paths: ["**/docker-compose*.yml"], interval: 30s, timeout: 10s, start-period: 40s, retries: 3 }
      live:
        compose: docker-compose.yml
        url: http://127.0.0.1:8000/health
        expect: { status: healthy, checks: { db: ok, redis: ok, disk: ok } }
        within: 60

With `compose` the services are started (`docker compose up -d`) and always taken down again, whatever happened.
Without Docker, or where nobody answers at a `url` that was not started here, the check is unmeasured.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from maximus.errors import Error
from maximus.gating.bounds import shown
from maximus.gating.check import Finding, Place, Status, read_number
from maximus.gating.checks.command import last_words
from maximus.gating.lookup import confined
from maximus.gating.processes import is_there, run_program
from maximus.yaml import Node, load_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    from maximus.gating.check import Context, Fields

__all__ = ["Declared", "Health", "Live", "answer_faults", "fetch", "read", "seconds_of"]

COMPOSE = ("compose.yml", "compose.yaml", "docker-compose*.yml", "docker-compose*.yaml")
MAX_ANSWER = 1 << 20
"""Bytes of an answer that are read."""
PATIENCE = 10
"""Seconds that one request may take."""
DOCKER_TIMEOUT = 600
"""Seconds that starting or stopping the services may take."""
_UNITS = {
    "us": Fraction(1, 1_000_000),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:us|ms|s|m|h))+", re.ASCII)
_PART = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h)")
_KEYS = ("interval", "timeout", "start-period", "retries")


@dataclass(frozen=True, slots=True)
class Declared:
    """What each service's health check has to say."""

    paths: tuple[str, ...]
    wanted: tuple[tuple[str, Fraction], ...]
    """Key and value: seconds, or a count for `retries`."""
    without: tuple[str, ...]
    """Services that need none, such as jobs that end."""


@dataclass(frozen=True, slots=True)
class Live:
    """What the running service has to answer."""

    compose: str
    url: str
    expect: Any
    """JSON; a mapping in it has to be there with these values, and may have more."""
    within: int
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Health:
    """The options; at least one of the two parts."""

    declared: Declared | None
    live: Live | None

    def judge(self, context: Context) -> Finding:
        """Read the compose files, then ask the service; the worse answer counts, a gap before a pass."""
        parts = [_declared(self.declared, context)] if self.declared else []
        if self.live:
            parts.append(_live(self.live, context))
        worst = next(
            status
            for status in (Status.FAIL, Status.UNMEASURED, Status.PASS)
            if any(part.status is status for part in parts)
        )
        reasons = [part.reason for part in parts if part.reason and part.status is worst]
        return Finding(
            worst,
            sum(part.inspected for part in parts),
            measured="; ".join(str(part.measured) for part in parts if part.measured is not None) or None,
            threshold="; ".join(str(part.threshold) for part in parts),
            reason="; ".join(reasons),
            hint="Declare each health check as the policy says, and have /health tell the truth.",
            places=tuple(place for part in parts for place in part.places),
        )


def _declared(declared: Declared, context: Context) -> Finding:
    threshold = ", ".join(f"{key} {shown(value)}" for key, value in declared.wanted)
    places: list[Place] = []
    services = 0
    for path in context.tree.select(declared.paths):
        raw = context.tree.read(path)
        try:
            root = load_yaml((raw or b"").decode("utf-8", "replace"), path)
        except Error as fault:
            places.append(Place(path, 0, f"cannot be read: {fault.why}"))
            services += 1
            continue
        for name, service in _mapping(_mapping(root).get("services")).items():
            if name in declared.without:
                continue
            services += 1
            places += [Place(path, service.line, f"service {name}: {what}") for what in _wrong(service, declared)]
    if not services:
        return Finding(Status.UNMEASURED, 0, threshold=threshold, reason="there is no service in a compose file")
    faulty = len({(place.path, place.line) for place in places})
    return Finding(
        Status.FAIL if places else Status.PASS,
        services,
        f"{services - faulty}/{services} services",
        threshold,
        reason=f"{faulty} of {services} services do not declare it" if places else "",
        places=tuple(places),
    )


def _mapping(node: Node | None) -> dict[str, Node]:
    return node.value if node is not None and isinstance(node.value, dict) else {}


def _wrong(service: Node, declared: Declared) -> list[str]:
    check = _mapping(_mapping(service).get("healthcheck"))
    if not check or (check.get("disable") is not None and check["disable"].value is True):
        return ["has no health check"]
    test = check.get("test")
    if test is None or not test.value or _words(test)[:1] == ["NONE"]:
        return ["its health check tests nothing"]
    found = []
    for key, wanted in declared.wanted:
        node = check.get(key.replace("-", "_"))
        value = None if node is None else read_number(node.text) if key == "retries" else seconds_of(node.text)
        if value != wanted:
            found.append(f"{key} is {node.text if node else 'not said'}, not {shown(wanted)}")
    return found


def _words(node: Node) -> list[str]:
    return [str(item.value) for item in node.value] if isinstance(node.value, list) else []


def seconds_of(text: str) -> Fraction | None:
    """Return a duration as compose writes it (`1m30s`) in seconds, exactly; None where it is none."""
    if not _DURATION.fullmatch(text):
        return None
    return sum((Fraction(number) * _UNITS[unit] for number, unit in _PART.findall(text)), Fraction(0))


def _live(live: Live, context: Context) -> Finding:
    threshold = f"answers within {live.within} s"
    if not live.compose:
        return _asked(live, threshold, is_ours=False)
    if confined(context.tree.root, live.compose) is None:
        return Finding(Status.UNMEASURED, 0, threshold=threshold, reason=f"there is no {live.compose}")
    if not is_there("docker", context.tree.root, context.environment):
        return Finding(Status.UNMEASURED, 0, threshold=threshold, reason="Docker is not there")
    docker = ("docker", "compose", "--file", live.compose)

    def compose(*words: str) -> tuple[int | None, str]:
        ran = run_program((*docker, *words), context.tree.root, context.environment, DOCKER_TIMEOUT)
        return ran.status, last_words(ran)

    try:
        if (
            compose("version")[0] != 0
            or run_program(("docker", "info"), context.tree.root, context.environment, PATIENCE * 3).status != 0
        ):
            return Finding(Status.UNMEASURED, 0, threshold=threshold, reason="Docker does not answer")
        status, said = compose("up", "--detach")
        if status != 0:
            return Finding(Status.FAIL, 1, threshold=threshold, reason=f"the services do not start: {said}")
        return _asked(live, threshold, is_ours=True)
    finally:
        compose("down", "--volumes", "--remove-orphans")


def _asked(live: Live, threshold: str, *, is_ours: bool) -> Finding:
    faults, answered = wait_for(live, fetch, time.monotonic, time.sleep)
    if not faults:
        return Finding(Status.PASS, 1, "healthy", threshold)
    # Nobody was there, and nobody was started: that is no statement about the service.
    status = Status.FAIL if answered or is_ours else Status.UNMEASURED
    return Finding(status, int(status is Status.FAIL), None, threshold, reason=f"{live.url}: {faults[0]}")


def wait_for(
    live: Live,
    ask: Callable[[str], tuple[int, bytes]],
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> tuple[list[str], bool]:
    """Ask until the answer fits or the time is over; return what is wrong with the last one, and whether any came."""
    until, answered = clock() + live.within, False
    while True:
        try:
            status, body = ask(live.url)
            answered = True
            faults = [f"the status is {status}"] if status != 200 else answer_faults(body, live.expect)  # noqa: PLR2004 - HTTP's OK
        except OSError as fault:
            faults = [f"no answer: {fault}"]
        if not faults or clock() >= until:
            return faults, answered
        sleep(1.0)


def fetch(url: str) -> tuple[int, bytes]:
    """Return the status and the body that an address answers with; no proxy, no redirect. Raises OSError for none."""
    # Imported here: 40 ms that only a live check should cost.
    import http.client  # noqa: PLC0415
    from urllib.parse import urlsplit  # noqa: PLC0415 - likewise

    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=PATIENCE)
    try:
        connection.request("GET", parts._replace(scheme="", netloc="", fragment="").geturl() or "/")
        reply = connection.getresponse()
        return reply.status, reply.read(MAX_ANSWER)
    except http.client.HTTPException as fault:
        raise ConnectionError(str(fault) or type(fault).__name__) from fault
    finally:
        connection.close()


def answer_faults(body: bytes, expect: Any) -> list[str]:  # noqa: ANN401 - any JSON that a policy expects
    """Return where an answer does not hold what is expected of it."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ["the answer is no JSON"]
    return _missing(found, expect, "")


def _missing(found: Any, expect: Any, at: str) -> list[str]:  # noqa: ANN401 - foreign JSON
    if isinstance(expect, dict):
        if not isinstance(found, dict):
            return [f"{at or 'the answer'} is no object"]
        return [fault for key, value in expect.items() for fault in _missing(found.get(key), value, f"{at}/{key}")]
    if type(found) is not type(expect) or found != expect:
        return [f"{at or 'the answer'} is {json.dumps(found)[:80]}, not {json.dumps(expect)}"]
    return []


def read(fields: Fields) -> Health:
    """Take the options out of a policy's entry."""
    declared, live = fields.nested("declared"), fields.nested("live")
    if declared is None and live is None:
        fields.fault("", "`declared` or `live` is needed")
    return Health(_read_declared(declared) if declared else None, _read_live(live) if live else None)


def _read_declared(fields: Fields) -> Declared:
    wanted = []
    for key in _KEYS:
        text = fields.text(key, "-")
        value = read_number(text) if key == "retries" else seconds_of(text)
        if text != "-" and value is None:
            fields.fault(key, f"{text!r} is no {'number' if key == 'retries' else 'duration such as 30s or 1m30s'}")
        elif value is not None:
            wanted.append((key, value))
    if not wanted:
        fields.fault("", f"at least one of {', '.join(_KEYS)} is needed")
    return Declared(fields.paths("paths", COMPOSE), tuple(wanted), fields.texts("without", ()))


def _read_live(fields: Fields) -> Live:
    url = fields.text("url")
    if url and not re.fullmatch(r"https?://[!-~]+", url):
        fields.fault("url", f"{url!r} is no address: http://HOST:PORT/PATH")
    if not fields.has("expect"):
        fields.fault("expect", "is required: what the answer has to hold")
    return Live(fields.text("compose", ""), url, fields.plain("expect"), fields.whole("within", 60, least=1, most=3600))
