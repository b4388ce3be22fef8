"""What a registry wants to see, found where other tools keep it, and never shown."""

from __future__ import annotations

import base64
import json
import os
import select
import sys
from typing import TYPE_CHECKING, Any

import pytest

from maximus.errors import Error, ExitStatus
from maximus.registry import credentials
from maximus.registry.credentials import ANONYMOUS, Credentials, find_credentials

if TYPE_CHECKING:
    from pathlib import Path

HOST = "registry.example"
AUTH = base64.b64encode(b"me:pass:word").decode()


def found(folder: Path, document: Any, host: str = HOST) -> Credentials:  # noqa: ANN401 - JSON of any shape
    """Return what a configuration has for the registry."""
    path = folder / "config.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return find_credentials(path, host)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"auth": AUTH}, Credentials("me", "pass:word")),
        ({"username": "me", "password": "p"}, Credentials("me", "p")),
        ({"auth": AUTH, "identitytoken": "t"}, Credentials(token="t")),  # noqa: S106 - a test's
        ({}, ANONYMOUS),
    ],
)
def test_reads_each_form_of_an_entry(tmp_path: Path, entry: dict[str, str], expected: Credentials) -> None:
    """Name and password, both in one, or a token that stands for them."""
    assert found(tmp_path, {"auths": {HOST: entry}}) == expected
    assert found(tmp_path, {"auths": {f"https://{HOST}/v2/": entry}}) == expected


@pytest.mark.parametrize(
    "host", ["other.example", "registry.example.evil.example", "sub.registry.example", HOST + ":1"]
)
def test_gives_no_other_registry_anything(tmp_path: Path, host: str) -> None:
    """An entry is for the very registry that it names."""
    assert found(tmp_path, {"auths": {HOST: {"auth": AUTH}}}, host) == ANONYMOUS


def test_asks_the_helper_that_is_named_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A helper is a program beside others, told the registry's name."""
    helper = tmp_path / "docker-credential-safe"
    helper.write_text('#!/bin/sh\nread host\necho "{\\"Username\\": \\"u\\", \\"Secret\\": \\"for $host\\"}"\n')
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert found(tmp_path, {"credHelpers": {HOST: "safe"}}) == Credentials("u", f"for {HOST}")
    assert found(tmp_path, {"credsStore": "safe"}) == Credentials("u", f"for {HOST}")


@pytest.mark.parametrize("helper", ["missing", "../evil", "a b", "", 7])
def test_is_anonymous_without_a_helper_that_answers(tmp_path: Path, helper: object) -> None:
    """A public image needs no name, and a helper's name is a name."""
    assert found(tmp_path, {"credHelpers": {HOST: helper}}) == ANONYMOUS


def _helper(folder: Path, script: str) -> None:
    path = folder / "docker-credential-safe"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def _ends(process: int) -> bool:
    """Tell whether a process that is no child of ours is gone within five seconds."""
    try:
        watched = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], 5)[0])
    finally:
        os.close(watched)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no pidfd to wait with")
def test_a_helper_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child of it that holds its output open would keep a job waiting for ever; the helper is named."""
    _helper(tmp_path, f"sleep 600 & echo $! > {tmp_path}/child; sleep 600")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(credentials, "HELPER_SECONDS", 1.5)
    with pytest.raises(Error, match="IMAGE008") as caught:
        found(tmp_path, {"credsStore": "safe"})
    assert caught.value.status is ExitStatus.OUTSIDE
    assert caught.value.where == "docker-credential-safe"
    assert _ends(int((tmp_path / "child").read_text()))


def test_a_helper_that_fails_knows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it prints then is no credential."""
    _helper(tmp_path, 'echo \'{"Username": "u", "Secret": "s"}\'; exit 1')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert found(tmp_path, {"credsStore": "safe"}) == ANONYMOUS


def test_a_helper_sees_the_environment_that_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing of this process's own."""
    _helper(tmp_path, 'echo "{\\"Username\\": \\"$SHOWN\\", \\"Secret\\": \\"$HIDDEN\\"}"')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("HIDDEN", "hidden")
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"credsStore": "safe"}), encoding="utf-8")
    assert find_credentials(config, HOST, {"SHOWN": "shown", "PATH": f"{tmp_path}:/usr/bin:/bin"}) == Credentials(
        "shown", ""
    )


def test_is_anonymous_without_a_configuration(tmp_path: Path) -> None:
    """Nobody has to log in to read what is public."""
    assert find_credentials(tmp_path / "config.json", HOST) == ANONYMOUS


@pytest.mark.parametrize("text", ["", "{", "[]", '{"auths": {"registry.example": {"auth": "?"}}}'])
def test_refuses_a_configuration_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    """Whoever has one means it to be used."""
    with pytest.raises(Error, match="IMAGE002") as caught:
        found(tmp_path, text)
    assert caught.value.status is ExitStatus.USAGE
    assert AUTH not in str(caught.value)


def test_shows_nothing_of_it() -> None:
    """Neither password nor token stands in what is printed of it."""
    assert "secret" not in repr(Credentials("me", "secret", "secret"))
