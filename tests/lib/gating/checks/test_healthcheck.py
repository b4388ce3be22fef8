"""`healthcheck`: what compose files declare, and what a running service answers."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import threading
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from maximus.gating.checks.healthcheck import Live, seconds_of, wait_for
from maximus.verdict import Status
from tests.lib.gating.entries import judge_entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMPOSE = """services:
  api:
    image: api
    healthcheck: &well
      test: [CMD, curl, -f, "http://localhost/health"]
      interval: 30s
      timeout: 10s
      start_period: 40s
      retries: 3
  worker:
    image: worker
    healthcheck: *well
"""
DECLARED = "type: healthcheck, declared: {interval: 30s, timeout: 10s, start-period: 40s, retries: 3, without: [job]}"
HEALTHY = {"status": "healthy", "checks": {"db": "ok", "redis": "ok", "disk": "ok"}}


def _compose(root: Path, text: str = COMPOSE) -> Path:
    (root / "docker-compose.yml").write_text(text, encoding="utf-8")
    return root


def test_passes_where_every_service_declares_it(tmp_path: Path) -> None:
    """Aliases are read as YAML reads them, and a job that ends may be left out by name."""
    verdict = judge_entry(_compose(tmp_path, COMPOSE + "  job: {image: job}\n"), DECLARED).verdict
    assert (verdict.status, verdict.inspected, verdict.measured) == (Status.PASS, 2, "2/2 services")


@pytest.mark.parametrize(
    ("mutant", "said"),
    [
        (COMPOSE.replace("40s", "4s"), "service api: start-period is 4s, not 40"),
        (COMPOSE.replace("retries: 3", "retries: 30"), "service api: retries is 30, not 3"),
        (COMPOSE.replace("      timeout: 10s\n", ""), "service api: timeout is not said, not 10"),
        (COMPOSE.replace("[CMD, curl,", "[NONE, curl,"), "service api: its health check tests nothing"),
        (COMPOSE + "  job2: {image: job}\n", "service job2: has no health check"),
        ("services: [\n", "cannot be read"),
    ],
)
def test_fails_on_a_mutant_at_its_line(tmp_path: Path, mutant: str, said: str) -> None:
    """One service that declares less, or nothing, is named at its line."""
    judged = judge_entry(_compose(tmp_path, mutant), DECLARED)
    assert judged.verdict.status is Status.FAIL
    assert said in judged.finding.places[0].text


def test_the_same_time_may_be_written_otherwise(tmp_path: Path) -> None:
    """Half a minute is thirty seconds."""
    assert judge_entry(_compose(tmp_path, COMPOSE.replace("30s", "0.5m")), DECLARED).verdict.status is Status.PASS
    assert [seconds_of(text) for text in ("1m30s", "1.5h", "40", "s", "")] == [90, 5400, None, None, None]
    assert seconds_of("100ms") == Fraction(1, 10)


@pytest.mark.parametrize("text", ["services: {}\n", "x: 1\n", ""])
def test_is_unmeasured_without_a_service(tmp_path: Path, text: str) -> None:
    """A compose file without services is as little as none at all."""
    assert judge_entry(_compose(tmp_path, text), DECLARED).verdict.status is Status.UNMEASURED
    (tmp_path / "docker-compose.yml").unlink()
    assert judge_entry(tmp_path, DECLARED).verdict.status is Status.UNMEASURED


@contextlib.contextmanager
def _service(answer: Any, status: int = 200) -> Iterator[str]:  # noqa: ANN401 - any JSON, or bytes as they are
    """Yield the address of a service on loopback that answers this."""
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/health"
        finally:
            server.shutdown()
            thread.join()


def _live(url: str) -> str:
    return f"type: healthcheck, live: {{url: '{url}', expect: {json.dumps(HEALTHY)}, within: 1}}"


def test_a_healthy_answer_passes(tmp_path: Path) -> None:
    """The answer holds what is expected, and may hold more."""
    with _service(HEALTHY | {"uptime": 7}) as url:
        assert judge_entry(tmp_path, _live(url)).verdict.status is Status.PASS


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ({"status": "healthy", "checks": {"db": "ok", "redis": "down", "disk": "ok"}}, 200, "/checks/redis is"),
        ({"status": "healthy"}, 200, "/checks is no object"),
        (HEALTHY, 503, "the status is 503"),
        (b"<html>", 200, "the answer is no JSON"),
    ],
)
def test_another_answer_fails(tmp_path: Path, answer: object, status: int, said: str) -> None:
    """A part that is down, another status or another kind of answer is not healthy."""
    with _service(answer, status) as url:
        verdict = judge_entry(tmp_path, _live(url).replace("within: 1", "within: 1")).verdict
    assert verdict.status is Status.FAIL
    assert said in verdict.reason


def test_nobody_who_answers_is_unmeasured(tmp_path: Path) -> None:
    """Where nothing was started, a closed port says nothing about the service."""
    with _service(HEALTHY) as url:
        pass
    assert judge_entry(tmp_path, _live(url)).verdict.status is Status.UNMEASURED


def test_it_is_asked_again_until_it_is_up() -> None:
    """A service that comes up in time is healthy; one that does not is named with its last answer."""
    healthy = (200, json.dumps(HEALTHY).encode())
    answers: Iterator[OSError | tuple[int, bytes]] = iter([ConnectionRefusedError("refused"), (503, b""), healthy])
    now = [0.0]

    def ask(_url: str) -> tuple[int, bytes]:
        found = next(answers)
        if isinstance(found, OSError):
            raise found
        return found

    def sleep(seconds: float) -> None:
        now[0] += seconds

    live = Live("", "http://127.0.0.1/health", HEALTHY, 60)
    assert wait_for(live, ask, lambda: now[0], sleep) == ([], True)
    assert now == [2.0]


def _docker(folder: Path, *, up: int = 0, info: int = 0) -> dict[str, str]:
    """Put a `docker` on the path that writes down how it was called."""
    folder.mkdir()
    (folder / "docker").write_text(
        f'#!/bin/sh\necho "$@" >> "{folder}/calls"\ncase "$*" in *" up "*) exit {up};; info) exit {info};; esac\n',
        encoding="utf-8",
    )
    (folder / "docker").chmod(0o755)
    return {"PATH": f"{folder}:{os.defpath}"}


@pytest.mark.parametrize(("up", "status"), [(0, Status.PASS), (1, Status.FAIL)], ids=["they start", "they do not"])
def test_the_services_are_always_taken_down_again(tmp_path: Path, up: int, status: Status) -> None:
    """Up, asked, down; and down too where they did not come up."""
    environment = _docker(tmp_path / "bin", up=up)
    _compose(tmp_path)
    with _service(HEALTHY) as url:
        options = _live(url).replace("live: {", "live: {compose: docker-compose.yml, ")
        assert judge_entry(tmp_path, options, environment=environment).verdict.status is status
    calls = (tmp_path / "bin" / "calls").read_text(encoding="utf-8").splitlines()
    assert calls[-2:] == [
        "compose --file docker-compose.yml up --detach",
        "compose --file docker-compose.yml down --volumes --remove-orphans",
    ]


def test_is_unmeasured_without_docker(tmp_path: Path) -> None:
    """No Docker, or one that does not answer, measures nothing."""
    _compose(tmp_path)
    options = _live("http://127.0.0.1:1/health").replace("live: {", "live: {compose: docker-compose.yml, ")
    assert judge_entry(tmp_path, options, environment={"PATH": ""}).verdict.status is Status.UNMEASURED
    silent = _docker(tmp_path / "bin", info=1)
    assert judge_entry(tmp_path, options, environment=silent).verdict.status is Status.UNMEASURED
