"""Every fault of every service that a release meets on its way: nothing is lost, nothing is done twice for nothing."""

from __future__ import annotations

import contextlib
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from actions.sign import Inputs
from maximus.errors import Error, ExitStatus
from maximus.signing.transport import Limits
from tests.actions.sign.test_sign import obey, run
from tests.stack.faults import Answer, Cut, Drip, Drop, Faults, Hang

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.actions.sign.test_sign import Run
    from tests.stack.faults import Fault
    from tests.stack.stack import Stack

FILES = 3
PAGE = b"<!DOCTYPE html><html><body><h1>Sorry</h1></body></html>"
HTML = {"Content-Type": "text/html"}
BEFORE: Mapping[str, Fault] = {
    "502": Answer(502),
    "429": Answer(429, retry_after=1),
    "503": Answer(503),
    "closed": Drop(forwarded=False),
    "page of a gateway": Answer(502, body=PAGE, headers=HTML),
    "page that says 200": Answer(200, body=PAGE, headers=HTML),
    "hang": Hang(),
}
"""Faults that strike before the service has done anything."""
AFTER: Mapping[str, Fault] = {
    "lost": Drop(forwarded=True),
    "cut": Cut(),
    "slow bytes": Drip(),
    "hang": Hang(forwarded=True),
}
"""Faults of the reply, when the service has done its work."""


@dataclass(frozen=True)
class Between:
    """A proxy in front of each service of one job, and the job."""

    job: dict[str, str]
    trust: Path
    proxies: dict[str, Faults]

    def inject(self, fault: Fault) -> None:
        """Have each service fail once."""
        for name, proxy in self.proxies.items():
            proxy.inject(fault, method="GET" if name == "issuer" else "POST")

    def sign(self, limits: Limits, folder: Path | None = None) -> Run:
        """Sign the release."""
        return run(self.job, Inputs(folder=str(folder or "release"), trust_config=str(self.trust)), limits=limits)

    def asked(self) -> dict[str, int]:
        """Return how often each service was asked to do something."""
        return {name: proxy.count("GET" if name == "issuer" else "POST") for name, proxy in self.proxies.items()}

    def clear(self) -> None:
        """Forget what has not struck."""
        for proxy in self.proxies.values():
            proxy.clear()


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A release of three files, in the working folder."""
    folder = tmp_path / "release"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"{number}.bin").write_text(f"{number}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return folder


@contextlib.contextmanager
def between(stack: Stack, folder: Path, rekor: int) -> Iterator[Between]:
    """Stand between a job and all of its services."""
    log = f"rekor-v{rekor}"
    with contextlib.ExitStack() as opened:
        urls = {name: stack.urls[name] for name in ("fulcio", "tsa", log)} | {"issuer": stack.issuer_url}
        proxies = {name: opened.enter_context(Faults(url)) for name, url in urls.items()}
        through = {name: proxy.url for name, proxy in proxies.items() if name != "issuer"}
        trust = stack.write_trust(folder / "trust.json", rekor=rekor, through=through)
        job = stack.environment()
        address = job["ACTIONS_ID_TOKEN_REQUEST_URL"].replace(stack.issuer_url, proxies["issuer"].url)
        yield Between(job | {"ACTIONS_ID_TOKEN_REQUEST_URL": address}, trust, proxies)


def patience(fault: Fault) -> Limits:
    """Return limits under which a service that never answers is asked again soon."""
    return Limits(attempt=1.0 if isinstance(fault, Hang | Drip) else 30.0, budget=30.0)


def proven(done: Run, folder: Path) -> bool:
    """Tell whether every file has its bundle, and a stranger is satisfied."""
    assert (done.status, done.failed, len(done.bundles)) == (ExitStatus.PASS, [], FILES), done.face.shown
    assert not list(folder.glob(".maximus-*"))
    return bool(obey(done.outputs.verify_command).outputs.compliant == "true")


@pytest.mark.usefixtures("trust_v1")
@pytest.mark.parametrize("name", BEFORE)
def test_a_fault_before_the_work_costs_one_request_more(release: Path, stack: Stack, name: str) -> None:
    """Of the issuer, Fulcio, the timestamp authority and the log at once: each is asked once more and no oftener."""
    with between(stack, release.parent, 1) as services:
        services.inject(BEFORE[name])
        done = services.sign(patience(BEFORE[name]))
        assert proven(done, release)
        assert services.asked() == {"issuer": 2, "fulcio": 2, "tsa": FILES + 1, "rekor-v1": FILES + 1}


@pytest.mark.usefixtures("trust_v1")
@pytest.mark.parametrize("name", AFTER)
def test_a_reply_that_does_not_come_whole_is_asked_for_again(release: Path, stack: Stack, name: str) -> None:
    """The log has the entry then and is asked for it: none is made twice."""
    with between(stack, release.parent, 1) as services:
        services.inject(AFTER[name])
        done = services.sign(patience(AFTER[name]))
        assert proven(done, release)
        assert services.asked() == {"issuer": 2, "fulcio": 2, "tsa": FILES + 1, "rekor-v1": FILES + 1}
        assert services.proxies["rekor-v1"].count("GET", "/api/v1/log/entries/") == 1


@pytest.mark.usefixtures("trust_v1")
@pytest.mark.parametrize("rekor", [1, 2])
def test_a_log_that_has_an_entry_of_which_it_shows_nothing_gets_another(
    release: Path, stack: Stack, rekor: int
) -> None:
    """409 without the way to the entry: signed again, which is another entry."""
    with between(stack, release.parent, rekor) as services:
        services.proxies[f"rekor-v{rekor}"].inject(Answer(409), method="POST")
        assert proven(services.sign(Limits(budget=30)), release)
        assert services.asked()[f"rekor-v{rekor}"] == FILES + 1


@pytest.mark.parametrize(("fault", "more"), [(Answer(503), 1), (Answer(200, body=PAGE), 1), (Drop(), 2), (Cut(), 2)])
def test_the_newer_log_is_asked_again_too(release: Path, stack: Stack, fault: Fault, more: int) -> None:
    """A duplicate it neither shows nor names: only there a lost reply costs an entry more."""
    with between(stack, release.parent, 2) as services:
        services.inject(fault)
        assert proven(services.sign(Limits(budget=30)), release)
        assert services.asked()["rekor-v2"] == FILES + more


@pytest.mark.usefixtures("trust_v1")
def test_a_service_that_hangs_is_given_up_when_its_time_is_up(tmp_path: Path, release: Path, stack: Stack) -> None:
    """Within a tenth of the budget, whichever it is and however many files wait for it; the next run signs them."""
    budget = 6.0
    services = ("issuer", "fulcio", "tsa", "rekor-v1")

    def wait(service: str) -> float:
        folder = tmp_path / service
        shutil.copytree(release, folder / "release")
        with between(stack, folder, 1) as opened:
            opened.proxies[service].inject(Hang(), times=99)
            try:
                failed = opened.sign(Limits(attempt=1.0, budget=budget), folder / "release").failed
                assert len(failed) == FILES
            except Error as error:
                # Without an identity nothing begins.
                if (service, error.code) != ("issuer", "WIRE001"):
                    raise
            ended = time.monotonic()
            took = ended - opened.proxies[service].requests[0].at
            opened.clear()
            assert proven(opened.sign(Limits(budget=30), folder / "release"), folder / "release")
            return took

    with ThreadPoolExecutor(len(services)) as pool:
        took = dict(zip(services, pool.map(wait, services), strict=True))
    assert {name: seconds for name, seconds in took.items() if not 0.9 * budget <= seconds <= 1.1 * budget} == {}
