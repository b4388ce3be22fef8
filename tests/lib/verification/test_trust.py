"""Which roots are believed: a trust configuration, a trusted root alone, and nothing else."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, NoReturn

import pytest

from maximus.errors import Error, ExitStatus
from maximus.verification.instances import find_trust, read_instance
from maximus.verification.trust import read_trust
from maximus.verification.verifier import bundle_verifier
from tests.lib.verification.conftest import embedded, embedded_document

if TYPE_CHECKING:
    from pathlib import Path

ROOT_TYPE = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"


def test_builds_a_verifier_from_the_public_root() -> None:
    """The public instance's own root, with its retired logs and authorities, can be used."""
    bundle_verifier(embedded())


def test_takes_a_trusted_root_alone_and_one_in_a_configuration(tmp_path: Path) -> None:
    """Both forms give the same root."""
    root = embedded_document()
    alone, config = tmp_path / "root.json", tmp_path / "trust.json"
    alone.write_text(json.dumps(root), encoding="utf-8")
    config.write_text(
        json.dumps({"mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json", "trustedRoot": root}),
        encoding="utf-8",
    )
    assert read_trust(alone).roots == read_trust(config).roots


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}',
        '{"mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"}',
        json.dumps({"mediaType": ROOT_TYPE, "tlogs": 1}),
        json.dumps({"mediaType": [ROOT_TYPE]}),
    ],
)
def test_refuses_what_is_no_trust_configuration(tmp_path: Path, content: str) -> None:
    """A wrong file is a usage error that names it."""
    path = tmp_path / "trust.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Error) as caught:
        read_trust(path)
    assert (caught.value.code, caught.value.status) == ("VERIFY003", ExitStatus.USAGE)


def test_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A wrong path is the same usage error."""
    with pytest.raises(Error) as caught:
        read_trust(tmp_path / "nowhere.json")
    assert caught.value.code == "VERIFY003"


@pytest.mark.parametrize("part", ["tlogs", "certificateAuthorities"])
def test_refuses_a_root_that_lacks_what_is_needed(tmp_path: Path, part: str) -> None:
    """A root without logs or without authorities verifies nothing."""
    root = embedded_document()
    root[part] = []
    path = tmp_path / "root.json"
    path.write_text(json.dumps(root), encoding="utf-8")
    with pytest.raises(Error) as caught:
        bundle_verifier(read_trust(path))
    assert (caught.value.code, caught.value.status) == ("VERIFY007", ExitStatus.USAGE)


def test_an_outage_of_the_public_instance_ends_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing answers the fault is something outside, and says what needs no network."""

    def away(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", away)
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    with pytest.raises(Error) as caught:
        find_trust(read_instance(""), None, offline=False, budget=0.1)
    assert (caught.value.code, caught.value.status) == ("VERIFY005", ExitStatus.OUTSIDE)
    assert "`trust-config`" in caught.value.fix


def test_says_when_the_roots_parts_are_trusted(tmp_path: Path) -> None:
    """The earliest beginning counts, and the latest end only where every part has one."""
    root = embedded_document()
    path = tmp_path / "root.json"
    path.write_text(json.dumps(root), encoding="utf-8")
    is_open = read_trust(path).period
    for part in (*root["certificateAuthorities"], *root.get("timestampAuthorities", [])):
        part["validFor"] = {"start": "2022-01-01T00:00:00Z", "end": "2030-01-01T00:00:00Z"}
    for log in (*root["tlogs"], *root["ctlogs"]):
        log["publicKey"]["validFor"] = {"start": "2022-01-01T00:00:00Z", "end": "2031-01-01T00:00:00Z"}
    path.write_text(json.dumps(root), encoding="utf-8")
    assert (is_open[1], read_trust(path).period) == ("", ("2022-01-01T00:00:00Z", "2031-01-01T00:00:00Z"))
