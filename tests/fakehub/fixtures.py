"""The pytest fixture `fakehub`: a world goes in, a GitHub comes out, and what it objects to fails the test.

    def test_drafts(fakehub: FakeHub) -> None:
        hub = fakehub({"repos": {"acme/app": {"releases": [{"tag_name": "v1.0.0"}]}}})
        run("draft", env=hub.environment())
        assert [write.method for write in hub.writes] == ["POST"]

Load it with `-p tests.fakehub.fixtures`, or `pytest_plugins` in the topmost conftest.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.fakehub.descriptions import unmeasured

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.fakehub.server import Hub

__all__ = ["REQUIRED", "FakeHub", "fakehub"]

REQUIRED = "MAXIMUS_REQUIRE_STACK"
"""Where this environment variable is 1, what cannot be measured is a failure."""


class FakeHub(Protocol):
    """What the fixture gives: a function that serves a world until the test ends."""

    def __call__(  # noqa: PLR0913 - the settings of `Hub`
        self,
        world: Mapping[str, Any],
        *,
        enterprise: bool = False,
        redirects: bool = False,
        lenient: bool = False,
        core_limit: int = 5000,
        graphql_limit: int = 5000,
    ) -> Hub:
        """Serve a world; the settings are those of `tests.fakehub.server.Hub`."""


@pytest.fixture(scope="session")
def _fakehub_ready() -> None:
    """Skip where the fake cannot run, with the reason; fail where it must run."""
    reason = unmeasured()
    if not reason:
        return
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def fakehub(_fakehub_ready: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeHub]:
    """Serve worlds, and fail the test on violations and on faults that never struck."""
    from tests.fakehub.server import Hub  # noqa: PLC0415 - needs packages that `_fakehub_ready` looks for

    hubs: list[Hub] = []

    def serve(world: Mapping[str, Any], **settings: Any) -> Hub:  # noqa: ANN401 - typed by the protocol
        folder: Path = tmp_path_factory.mktemp("fakehub")
        hubs.append(Hub(world, folder=folder, **settings))
        return hubs[-1]

    yield serve
    complaints: list[str] = []
    for hub in hubs:
        hub.close()
        complaints += [*hub.violations, *hub.unspent()]
    if complaints:
        pytest.fail("the fake GitHub objects:\n" + "\n".join(f"- {said}" for said in complaints), pytrace=False)
