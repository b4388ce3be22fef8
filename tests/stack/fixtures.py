"""The stack for pytest: `pytest_plugins = ["tests.stack.fixtures"]`.

Without Go, binaries or MariaDB a test that needs them is skipped as *unmeasured*; under
`MAXIMUS_REQUIRE_STACK=1`, as in CI, it fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.stack.cosign import Cosign
from tests.stack.stack import REQUIRE, TURNS, Stack, Unmeasured, is_required

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The running Sigstore of this machine."""
    running = Stack()
    try:
        running.__enter__()
    except Unmeasured as reason:
        _unmeasured(reason)
    try:
        yield running
    finally:
        running.__exit__(None, None, None)


@pytest.fixture
def trust_v1(stack: Stack) -> Path:
    """The client trust config that signs with Rekor v1, which is what production runs."""
    try:
        return stack.trust_v1
    except Unmeasured as reason:
        _unmeasured(reason)


@pytest.fixture
def trust_v2(stack: Stack) -> Path:
    """The client trust config that signs with Rekor v2."""
    return stack.trust_v2


@pytest.fixture(scope="session")
def cosign(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Cosign:
    """Return cosign, set up for the stack."""
    try:
        stack.bin("cosign")
    except Unmeasured as reason:
        _unmeasured(reason)
    return Cosign(stack, tmp_path_factory.mktemp("cosign"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Give a test that uses the stack its turn, and start again what it stopped.

    A hook and not a fixture: the turn has to begin before, and end after, every fixture of the test.
    """
    if "stack" not in getattr(item, "fixturenames", ()):
        return (yield)
    with TURNS.shared():
        return (yield)


def _unmeasured(reason: Unmeasured) -> NoReturn:
    if is_required():
        pytest.fail(f"{reason} ({REQUIRE}=1 requires it)", pytrace=False)
    pytest.skip(str(reason))
