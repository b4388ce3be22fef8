"""The stack for pytest: `pytest_plugins = ["tests.stack.fixtures"]`.

Without Go, binaries or MariaDB a test that needs them is skipped as *unmeasured*; under
`MAXIMUS_REQUIRE_STACK=1`, as in CI, it fails.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import pytest

from tests.stack.cosign import Cosign
from tests.stack.stack import REQUIRE, TURNS, Stack, Unmeasured, is_required

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from tests.stack.custody import Aws, Vault


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The running Sigstore of this machine."""
    with Stack() as running:
        yield running


@pytest.fixture
def trust_v1(stack: Stack) -> Path:
    """The client trust config that signs with Rekor v1, which is what production runs."""
    return stack.trust_v1


@pytest.fixture
def trust_v2(stack: Stack) -> Path:
    """The client trust config that signs with Rekor v2."""
    return stack.trust_v2


@pytest.fixture(scope="session")
def cosign(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Cosign:
    """Return cosign, set up for the stack."""
    stack.bin("cosign")
    return Cosign(stack, tmp_path_factory.mktemp("cosign"))


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a container registry on loopback."""
    # Imported here: most tests need neither the registry nor its client.
    from tests.stack.images import running_registry  # noqa: PLC0415

    with running_registry(tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture(scope="session")
def referring_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a registry on loopback that answers what refers to an image."""
    from tests.stack.images import running_referring_registry  # noqa: PLC0415 - as above

    with running_referring_registry(tmp_path_factory.mktemp("referring")) as address:
        yield address


@pytest.fixture(scope="session")
def kms_clients() -> Iterator[Path]:
    """The folder with the clients of the key management services, importable."""
    from tests.stack.custody import client_folder  # noqa: PLC0415 - as above

    folder = client_folder()
    # In front, as `sign` has it: what is locked for the clients is what they run with.
    sys.path.insert(1, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture(scope="session")
def aws(kms_clients: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """AWS as moto plays it."""
    from tests.stack.custody import running_aws  # noqa: PLC0415 - as above

    with running_aws(tmp_path_factory.mktemp("aws"), kms_clients) as running:
        yield running


@pytest.fixture(scope="session")
def vault(kms_clients: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    """Vault's transit engine."""
    assert kms_clients.is_dir()
    from tests.stack.custody import running_vault  # noqa: PLC0415 - as above

    with running_vault(tmp_path_factory.mktemp("vault")) as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Give a test that uses the stack its turn, and start again what it stopped.

    A hook and not a fixture: the turn has to begin before, and end after, every fixture of the test.
    """
    if "stack" not in getattr(item, "fixturenames", ()):
        return (yield)
    with TURNS.shared():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, None, None]:
    """Give a fixture that finds something missing the verdict *unmeasured*."""
    with _verdict():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, None, None]:
    """Give a test that finds something missing the verdict *unmeasured*."""
    with _verdict():
        yield


@contextlib.contextmanager
def _verdict() -> Iterator[None]:
    try:
        yield
    except Unmeasured as reason:
        if is_required():
            pytest.fail(f"{reason} ({REQUIRE}=1 requires it)", pytrace=False)
        pytest.skip(str(reason))
