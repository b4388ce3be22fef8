"""Trust configurations: from a file, and from a TUF repository that a test makes and serves."""

from __future__ import annotations

import datetime as dt
import functools
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from securesystemslib.signer._crypto_signer import CryptoSigner
from sigstore._internal.tuf import DEFAULT_TUF_URL
from sigstore._utils import read_embedded
from tuf.api._payload import MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.metadata import Metadata
from tuf.ngclient.updater import Updater

from maximus.errors import Error, ExitStatus
from maximus.signing.instances import read_instance
from maximus.signing.transport import Limits, Transport
from maximus.signing.trust import load_trust, public_trust
from maximus.verification.roots import read_roots

if TYPE_CHECKING:
    from collections.abc import Iterator


_Signed = TypeVar("_Signed", Root, Targets, Snapshot, Timestamp)


class Repository:
    """A TUF repository in a folder, with what sigstore-python carries as its targets."""

    def __init__(self, folder: Path) -> None:
        """Sign everything with one key."""
        self.folder = folder
        self.signer = CryptoSigner.generate_ed25519()
        self.expires = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
        targets = Targets(expires=self.expires)
        (folder / "targets").mkdir()
        for name in ("trusted_root.json", "signing_config.v0.2.json"):
            content = read_embedded(name, DEFAULT_TUF_URL)
            target = TargetFile.from_data(name, content)
            targets.targets[name] = target
            (folder / "targets" / f"{target.hashes['sha256']}.{name}").write_bytes(content)
        self.root = self.write_root(1, self.expires)
        self._write(targets, "1.targets.json")
        self._write(Snapshot(expires=self.expires, meta={"targets.json": MetaFile(1)}), "1.snapshot.json")
        self.write_timestamp(self.expires)

    def write_root(self, version: int, expires: dt.datetime) -> bytes:
        """Write the part that says whose keys are believed, and return it."""
        root = Root(expires=expires, version=version)
        for role in ("root", "timestamp", "snapshot", "targets"):
            root.add_key(self.signer.public_key, role)
        return self._write(root, f"{version}.root.json")

    def write_timestamp(self, expires: dt.datetime) -> None:
        """Write the part that says how old everything may be."""
        self._write(Timestamp(expires=expires, snapshot_meta=MetaFile(1)), "timestamp.json")

    def _write(self, signed: _Signed, name: str) -> bytes:
        metadata = Metadata(signed)
        metadata.sign(self.signer)
        raw = metadata.to_bytes()
        (self.folder / name).write_bytes(raw)
        return raw


class _Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name http.server gives it
        """Say nothing."""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository that is in order."""
    (tmp_path / "tuf").mkdir()
    return Repository(tmp_path / "tuf")


@pytest.fixture
def url(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Its address; what is learned from it is kept in a home of its own."""
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    handler = functools.partial(_Quiet, directory=repository.folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def transport() -> Iterator[Transport]:
    """A transport that gives up soon."""
    with Transport(Limits(budget=0.3)) as transport:
        yield transport


def test_the_public_instance_is_found_by_tuf(url: str, repository: Repository, transport: Transport) -> None:
    """With Fulcio, a log and its keys; the search for a newer root ends at a 404, which is no fault."""
    trust = public_trust(transport, read_instance(url), repository.root)
    assert trust.services.authority.startswith("https://fulcio.")
    assert read_roots(trust.root).authorities


def test_a_second_run_takes_the_targets_it_has(url: str, repository: Repository, transport: Transport) -> None:
    """Only the metadata is asked for again."""
    public_trust(transport, read_instance(url), repository.root)
    for target in (repository.folder / "targets").iterdir():
        target.unlink()
    assert read_roots(public_trust(transport, read_instance(url), repository.root).root).authorities


def test_many_that_learn_of_an_instance_at_once_do_not_disturb_each_other(
    url: str, repository: Repository, transport: Transport
) -> None:
    """TUF makes a link anew by removing it, and writes targets in place: others find neither at that moment."""
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda _: public_trust(transport, read_instance(url), repository.root), range(36)))
    assert {trust.services.authority for trust in found} == {found[0].services.authority}


def test_a_target_that_another_process_writes_is_read_again(
    url: str, repository: Repository, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is verified as it was read, and not as it was before."""
    public_trust(transport, read_instance(url), repository.root)
    find, halves = Updater.find_cached_target, ["once"]

    def find_and_cut(self: Updater, info: TargetFile) -> str | None:
        path = find(self, info)
        if path and halves:
            halves.pop()
            Path(path).write_bytes(b"{")
        return path

    monkeypatch.setattr(Updater, "find_cached_target", find_and_cut)
    assert read_roots(public_trust(transport, read_instance(url), repository.root).root).authorities
    assert not halves


def test_a_repository_that_is_away_is_named(repository: Repository, transport: Transport, url: str) -> None:
    """Something outside failed, with its host."""
    nobody = "http://127.0.0.1:1"
    with pytest.raises(Error) as raised:
        public_trust(transport, read_instance(nobody), repository.root)
    assert (raised.value.code, raised.value.where) == ("WIRE001", "127.0.0.1:1")
    assert url != nobody


def test_what_is_too_old_is_not_believed(url: str, repository: Repository, transport: Transport) -> None:
    """A repository that is frozen by somebody looks like this."""
    repository.write_timestamp(dt.datetime.now(dt.UTC) - dt.timedelta(days=1))
    with pytest.raises(Error) as raised:
        public_trust(transport, read_instance(url), repository.root)
    assert (raised.value.code, raised.value.status) == ("TRUST003", ExitStatus.OUTSIDE)


def test_an_old_root_is_believed_for_the_newer_one_that_it_leads_to(
    url: str, repository: Repository, transport: Transport
) -> None:
    """Whoever comes back after a year begins with it; as the last one it is not believed."""
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    old = repository.write_root(1, yesterday)
    with pytest.raises(Error) as raised:
        public_trust(transport, read_instance(url), old)
    assert (raised.value.code, "expired" in raised.value.why) == ("TRUST003", True)
    repository.write_root(2, repository.expires)
    assert public_trust(transport, read_instance(url), old).services.authority.startswith("https://fulcio.")
    repository.write_root(3, yesterday)
    with pytest.raises(Error, match="cannot be established"):
        public_trust(transport, read_instance(url), old)


def test_a_changed_target_is_not_believed(url: str, repository: Repository, transport: Transport) -> None:
    """Its digest is in the signed metadata."""
    for target in (repository.folder / "targets").glob("*.trusted_root.json"):
        target.write_bytes(target.read_bytes().replace(b"sigstore", b"sigstorf", 1))
    with pytest.raises(Error) as raised:
        public_trust(transport, read_instance(url), repository.root)
    assert raised.value.code == "TRUST003"


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    """It is named, with the input."""
    with pytest.raises(Error, match=r"none\.json") as raised:
        load_trust(tmp_path / "none.json")
    assert (raised.value.code, raised.value.status) == ("TRUST001", ExitStatus.USAGE)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", read_embedded("trusted_root.json", DEFAULT_TUF_URL)])
def test_what_is_no_trust_configuration_is_a_usage_error(tmp_path: Path, content: bytes) -> None:
    """A trusted root alone does not say where to sign."""
    path = tmp_path / "trust.json"
    path.write_bytes(content)
    with pytest.raises(Error) as raised:
        load_trust(path)
    assert (raised.value.code, raised.value.status) == ("TRUST002", ExitStatus.USAGE)


@pytest.mark.parametrize("missing", ["caUrls", "rekorTlogUrls"])
def test_a_configuration_without_a_service_is_a_usage_error(tmp_path: Path, missing: str) -> None:
    """It is said before anything is asked for."""
    config = json.loads(read_embedded("signing_config.v0.2.json", DEFAULT_TUF_URL))
    document = {
        "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
        "trustedRoot": json.loads(read_embedded("trusted_root.json", DEFAULT_TUF_URL)),
        "signingConfig": config | {missing: []},
    }
    path = tmp_path / "trust.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(Error) as raised:
        load_trust(path)
    assert raised.value.code == "TRUST002"
