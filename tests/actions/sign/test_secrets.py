"""What `sign` is trusted with stays with it: looked for wherever a run could have left it."""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from tests.runner import run_action
from tests.runner.checkout import copy_checkout
from tests.stack.faults import Answer, Faults
from tests.stack.images import push_image, repository

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.runner import Result
    from tests.stack.stack import Stack

BEARER = "bearer-of-this-very-job"
PASSWORD = "key-passw0rd-of-this-job"  # noqa: S105 - made up
REGISTRY_PASSWORD = "registry-passw0rd-of-this-job"  # noqa: S105 - made up
# Writes down what a child process is shown, its own and its ancestors' arguments, then answers as a helper does.
HELPER = """#!/bin/sh
env >> "$SEEN"
pid=$$
while [ "$pid" -gt 1 ] && [ -r "/proc/$pid/cmdline" ]; do
  tr '\\0' '\\n' < "/proc/$pid/cmdline" >> "$SEEN"
  pid=$(sed 's/.*) . \\([0-9]*\\) .*/\\1/' "/proc/$pid/stat")
done
echo '{"Username": "octo", "Secret": "%s"}'
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository as a runner has unpacked it."""
    return copy_checkout(tmp_path_factory.mktemp("actions") / "v1")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with a release of two files."""
    folder = tmp_path / "workspace"
    (folder / "release").mkdir(parents=True)
    for name in ("app.whl", "app.tar.gz"):
        (folder / "release" / name).write_text(name, encoding="utf-8")
    return folder


def ran(checkout: Path, workspace: Path, environment: Mapping[str, str], inputs: Mapping[str, object]) -> Result:
    """Run the action as a job does, with a helper for the registry's password."""
    tools = workspace.parent / "tools"
    tools.mkdir()
    (tools / "docker-credential-seen").write_text(HELPER % REGISTRY_PASSWORD, encoding="utf-8")
    (tools / "docker-credential-seen").chmod(0o755)
    (tools / "config.json").write_text('{"credsStore": "seen"}', encoding="utf-8")
    job = {
        "DOCKER_CONFIG": str(tools),
        "PATH": os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "SEEN": str(workspace.parent / "seen"),
    }
    return run_action(
        checkout / "sign", inputs, workspace=workspace, environment={**environment, **job}, temporary=tools / "temp"
    )


def leaks(result: Result, workspace: Path, secrets: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return which secret stands where: log, outputs, summary, annotations, files, a child's environment or arguments.

    A mask has to name what it masks, and the runner shows none. That the child was seen is asserted.
    """
    seen = (workspace.parent / "seen").read_text(encoding="utf-8", errors="replace")
    assert {"docker-credential-seen", "get", "sign"} <= {line.rpartition("/")[2] for line in seen.splitlines()}
    unmasked = "\n".join(line for line in result.raw_log.splitlines() if not line.startswith("::add-mask::"))
    places = {
        "log": unmasked,
        "outputs": json.dumps(dict(result.outputs)),
        "summary": result.summary or "",
        "annotations": repr(result.annotations),
        "environment of later steps": result.written_environment + result.written_path,
        "child": seen,
    }
    for path in (*workspace.rglob("*"), *(workspace.parent / "tools" / "temp").rglob("*")):
        # What was installed is not ours to look through.
        if path.is_file() and path.suffix not in (".py", ".pyc", ".so"):
            places[str(path)] = path.read_bytes().decode("utf-8", "replace")
    return [(name, place) for name, secret in secrets.items() for place, text in places.items() if secret in text]


def masks_all(result: Result, secrets: Mapping[str, str]) -> bool:
    """Tell whether the runner was told to hide each secret."""
    return all(any(mask in secret or secret in mask for mask in result.masks) for secret in secrets.values())


def test_a_jobs_tokens_stand_nowhere(checkout: Path, workspace: Path, stack: Stack, registry: str) -> None:
    """Neither its bearer, nor the identity token that Fulcio was shown, nor the registry's password."""
    push_image(repository(registry, "octo/secrets"), b"secrets", "v1")
    with Faults(stack.urls["fulcio"]) as fulcio, Faults(f"http://{registry}") as proxy:
        trust = stack.write_trust(workspace.parent / "trust.json", through={"fulcio": fulcio.url})
        proxy.inject(Answer(401, headers={"WWW-Authenticate": 'Basic realm="r"'}))
        image = f"{proxy.url.removeprefix('http://')}/octo/secrets:v1"
        inputs = {"trust-config": str(trust), "images": image, "provenance": True}
        environment = stack.environment() | {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": BEARER}
        result = ran(checkout, workspace, environment, inputs)
        (asked,) = [request for request in fulcio.requests if request.method == "POST"]
        shown = {request.headers.get("authorization", "") for request in proxy.requests}
    assert result.outcome == "success", result.log
    basic = "Basic " + base64.b64encode(f"octo:{REGISTRY_PASSWORD}".encode()).decode()
    assert basic in shown
    token = re.search(rb"ey[\w-]+\.[\w-]+\.[\w-]+", asked.body) or re.search(
        rb"ey[\w-]+\.[\w-]+\.[\w-]+", asked.headers.get("authorization", "").encode()
    )
    assert token
    secrets = {"bearer": BEARER, "token": token[0].decode(), "signature": token[0].decode().rpartition(".")[2]}
    assert masks_all(result, secrets)
    secrets |= {"password": REGISTRY_PASSWORD, "basic": basic.partition(" ")[2]}
    assert leaks(result, workspace, secrets) == []


def test_a_keys_password_stands_nowhere(checkout: Path, workspace: Path, registry: str) -> None:
    """Nor the key itself, encrypted as it is; a child sees neither the inputs nor the variable it came in."""
    push_image(repository(registry, "octo/secret-key"), b"secret key", "v1")
    key = generate_private_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD.encode())
    )
    inputs = {"key": "env:SIGNING_KEY", "key-password": PASSWORD, "images": f"{registry}/octo/secret-key:v1"}
    environment = {"SIGNING_KEY": key.decode(), "SIGNING_PASSWORD": PASSWORD, "COSIGN_PASSWORD": PASSWORD}
    result = ran(checkout, workspace, environment, inputs)
    assert result.outcome == "success", result.log
    secrets = {"password": PASSWORD, "key": key.decode().splitlines()[1]}
    assert masks_all(result, secrets)
    assert leaks(result, workspace, secrets) == []
