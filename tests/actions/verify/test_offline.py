"""`verify` without a network, of digests instead of files, and with what a log knows: which roots, which places."""

from __future__ import annotations

import http.server
import io
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from actions import verify
from actions.terminal import TerminalFace
from maximus.errors import Error, ExitStatus
from maximus.files import hash_file
from maximus.signing.signers import KeySigner
from tests.actions.verify.test_tag import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

ROOT = Path(verify.__file__).resolve().parents[2]


def run(inputs: verify.Inputs, environment: dict[str, str] | None = None) -> tuple[verify.Outputs, ExitStatus, str]:
    """Run the action at a terminal."""
    shown = io.StringIO()
    face = TerminalFace(environment or {}, "verify", stream=shown, errors=shown)
    outputs = verify.run(inputs, face)
    face.conclude({})
    return outputs, face.record.exit_status, shown.getvalue()


def refusal(inputs: verify.Inputs) -> Error:
    """Return the Error with which a run ends."""
    with pytest.raises(Error) as caught:
        run(inputs)
    return caught.value


@pytest.fixture
def keyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file that is signed with a key in `there/`, and taken away: its digest is what is left."""
    monkeypatch.chdir(tmp_path)
    Path("there").mkdir()
    Path("key.pub").write_bytes(KEY.public.pem)
    for name in ("app.whl", "other.whl"):
        Path(name).write_text(name, encoding="utf-8")
        Path(f"there/{name}.sigstore.json").write_text(KeySigner(KEY).sign_file(hash_file(Path(name))), "utf-8")
    digest = hash_file(Path("app.whl")).sha256
    Path("app.whl").unlink()
    return digest


@pytest.mark.parametrize("bundles", ["there", "there/app.whl.sigstore.json"])
def test_a_digest_stands_for_a_file(keyed: str, bundles: str) -> None:
    """The file need not be here: the bundle in the folder, or the one that is named, proves the digest."""
    inputs = verify.Inputs(files=(f"sha256:{keyed}",), bundles=bundles, key="key.pub")
    outputs, status, _ = run(inputs)
    (record,) = json.loads(outputs.records)
    assert (status, record["name"], record["status"]) == (ExitStatus.PASS, f"sha256:{keyed}", "verified")


def test_a_digest_that_no_bundle_names_is_not_signed(keyed: str) -> None:
    """Another digest is not proven by the bundles of others, and those are no fault of it."""
    digest = "0" * 63 + "1"
    outputs, status, _ = run(verify.Inputs(files=(f"sha256:{digest}",), bundles="there", key="key.pub"))
    (record,) = json.loads(outputs.records)
    assert (status, record["status"], keyed != digest) == (ExitStatus.FAILED, "missing bundle", True)


def test_the_one_bundle_of_another_digest_says_so(keyed: str) -> None:
    """A bundle that is named for a digest must be for it."""
    inputs = verify.Inputs(files=(f"sha256:{keyed}",), bundles="there/other.whl.sigstore.json", key="key.pub")
    outputs, status, _ = run(inputs)
    (record,) = json.loads(outputs.records)
    assert (status, record["status"], record["code"]) == (ExitStatus.FAILED, "not valid", "VERIFY014")


def test_a_digest_and_a_file_go_together(keyed: str) -> None:
    """Both are judged in one run."""
    inputs = verify.Inputs(files=(f"SHA256:{keyed.upper()}", "other.whl"), bundles="there", key="key.pub")
    outputs, status, _ = run(inputs)
    assert (status, len(json.loads(outputs.records))) == (ExitStatus.PASS, 2)


@pytest.mark.parametrize("digest", ["sha256:12", "sha256:", "sha512:" + "0" * 128, "sha256:" + "g" * 64])
@pytest.mark.usefixtures("keyed")
def test_what_is_no_digest_is_refused(digest: str) -> None:
    """A digest cut short is not taken for a file's name."""
    error = refusal(verify.Inputs(files=(digest,), bundles="there", key="key.pub"))
    assert (error.code, error.status) == ("VERIFY009", ExitStatus.USAGE)


def test_a_digest_needs_a_place_for_its_bundle(keyed: str) -> None:
    """Nothing lies beside a digest."""
    error = refusal(verify.Inputs(files=(f"sha256:{keyed}",), key="key.pub"))
    assert (error.code, error.status) == ("VERIFY050", ExitStatus.USAGE)


# Roots.

SOMEBODY: dict[str, Any] = {"files": ("other.whl",), "identity": "a@example.org", "issuer": "https://issuer.example"}
"""Inputs that name who signed, and a file that is there."""


@pytest.mark.parametrize("instance", ["", "public", "staging"])
def test_offline_believes_the_root_that_came_along_and_says_so(keyed: str, instance: str) -> None:
    """The embedded root of the instance is used, with the day until which TUF wants it renewed."""
    bundle = "there/app.whl.sigstore.json"
    inputs = verify.Inputs(
        files=(f"sha256:{keyed}",),
        bundles=bundle,
        identity="somebody@example.org",
        issuer="https://issuer.example",
        instance=instance,
        offline=True,
    )
    outputs, _, shown = run(inputs)
    root = json.loads(outputs.trust_root)
    assert (root["origin"], "sigstore" in root["source"]) == ("embedded", True)
    assert root["expires"].endswith("Z")
    assert ("staging" in root["source"]) == (instance == "staging")
    assert "as it came with `sigstore`" in shown
    (verdict,) = [check for check in json.loads(outputs.checks) if check["check"] == "verify.trust-root"]
    assert root["sha256"] in verdict["reason"]
    assert root["expires"] in verdict["reason"]


@pytest.mark.parametrize("instance", ["production", "ftp://mirror.example", "https://", "https://a b", "sigstore.dev"])
@pytest.mark.usefixtures("keyed")
def test_an_unknown_instance_is_refused(instance: str) -> None:
    """What names no instance is not guessed at."""
    inputs = verify.Inputs(
        files=("other.whl",), identity="a@example.org", issuer="https://i.example", instance=instance
    )
    assert refusal(inputs).code == "TRUST005"


@pytest.mark.parametrize(
    "changes",
    [
        {"instance": "staging", "trust_config": "root.json"},
        {"offline": True, "search": True},
    ],
)
@pytest.mark.usefixtures("keyed")
def test_inputs_about_the_root_that_contradict_are_refused(changes: dict[str, Any]) -> None:
    """A root from two places, or a search without a network: 2."""
    error = refusal(
        verify.Inputs(files=("other.whl",), identity="a@example.org", issuer="https://i.example", **changes)
    )
    assert (error.code, error.status) == ("VERIFY001", ExitStatus.USAGE)


class _Mirror:
    """A server that refuses everything and counts."""

    def __init__(self) -> None:
        mirror = self
        self.seen: list[str] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror.seen.append(self.path)
                self.send_error(404)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def mirror() -> Iterator[_Mirror]:
    """A mirror that has nothing."""
    made = _Mirror()
    yield made
    made.server.shutdown()
    made.server.server_close()
    made.thread.join()


@pytest.mark.usefixtures("keyed")
def test_a_mirror_is_asked_and_must_serve_what_the_instance_signed(
    mirror: _Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address that is named is the one that is asked; without TUF's metadata there is no root: 3."""
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    error = refusal(verify.Inputs(**SOMEBODY, instance=mirror.address))
    assert (error.code, error.status) == ("VERIFY005", ExitStatus.OUTSIDE)
    assert any(path.endswith("root.json") or "timestamp.json" in path for path in mirror.seen)


# On the real stack.

_BLOCKED = """
import socket, sys
def refuse(*arguments, **named):
    sys.stderr.write("a socket was opened\\n")
    sys.exit(99)
socket.socket = refuse
socket.create_connection = refuse
socket.getaddrinfo = refuse
sys.path[:0] = sys.argv[1:3]
from actions.declare import find_action, inputs_from_texts
from actions.terminal import TerminalFace, options_of
action = find_action("verify")
texts, _, _ = options_of(action, sys.argv[3:], {})
face = TerminalFace({}, "verify")
action.module.run(inputs_from_texts(action, texts), face)
face.conclude({})
sys.exit(face.record.exit_status)
"""


@pytest.fixture
def keyless(stack: Stack, cosign: Cosign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that cosign signed on the real stack (Rekor v1), and the stack's trusted root."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "app.whl"
    # Its content is this run's own: the log finds an entry by the digest.
    path.write_text(f"app {tmp_path}", encoding="utf-8")
    done = cosign.sign_blob(path, tmp_path / "app.whl.sigstore.json", rekor=1)
    assert done.returncode == 0, done.stderr
    Path("root.json").write_bytes(stack.trusted_root.read_bytes())
    return path


def asked(stack: Stack, **changes: Any) -> verify.Inputs:  # noqa: ANN401 - inputs of several types
    """Return the inputs for who really signed."""
    good: dict[str, Any] = {
        "files": ("app.whl",),
        "repository": "octo/app",
        "workflow": ".github/workflows/release.yml",
        "issuer": stack.issuer_url,
        "trust_config": "root.json",
    }
    return verify.Inputs(**(good | changes))


@pytest.mark.usefixtures("keyless")
def test_offline_opens_no_socket_in_a_whole_process(stack: Stack, tmp_path: Path) -> None:
    """A child process in which every socket ends it verifies by a trusted root in a file."""
    inputs = {
        "files": "app.whl",
        "repository": "octo/app",
        "workflow": ".github/workflows/release.yml",
        "issuer": stack.issuer_url,
        "trust-config": "root.json",
    }
    options = [text for name, value in inputs.items() for text in (f"--{name}", value)]
    done = subprocess.run(
        [sys.executable, "-c", _BLOCKED, str(ROOT / "lib"), str(ROOT), *options, "--offline"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, "a socket was opened" in done.stderr) == (0, False), done.stderr
    assert "COMPLIANT" in done.stdout


def test_the_log_is_searched_for_what_no_bundle_brings(stack: Stack, keyless: Path) -> None:
    """Without its bundle the file is verified by its entry in Rekor v1, judged like any other; v2 has no search."""
    keyless.with_name("app.whl.sigstore.json").unlink()
    without, found = run(asked(stack)), run(asked(stack, search=True))
    (record,) = json.loads(found[0].records)
    assert (without[1], found[1], record["status"]) == (ExitStatus.FAILED, ExitStatus.PASS, "verified")
    assert record["log"]
    assert "has no search" in found[2]


def test_a_digest_alone_is_found_in_the_log(stack: Stack, keyless: Path) -> None:
    """Neither file nor bundle is needed: the log proves the digest."""
    digest = hash_file(keyless).sha256
    shutil.rmtree(keyless.parent / "gone", ignore_errors=True)
    outputs, status, _ = run(asked(stack, files=(f"sha256:{digest}",), search=True))
    assert (status, json.loads(outputs.identities)[0]["repository"]) == (ExitStatus.PASS, "https://github.com/octo/app")


def test_a_strangers_entry_in_the_log_is_judged_by_the_policy(stack: Stack, keyless: Path) -> None:
    """An entry that somebody else made does not make the file theirs."""
    keyless.with_name("app.whl.sigstore.json").unlink()
    outputs, status, _ = run(asked(stack, repository="octo/other", search=True))
    (record,) = json.loads(outputs.records)
    assert (status, record["status"]) == (ExitStatus.FAILED, "wrong identity")


def test_what_the_log_does_not_know_stays_unsigned(stack: Stack, keyless: Path) -> None:
    """A search that finds nothing is no signature."""
    keyless.write_text(f"never signed {keyless}", encoding="utf-8")
    keyless.with_name("app.whl.sigstore.json").unlink()
    outputs, status, _ = run(asked(stack, search=True))
    (record,) = json.loads(outputs.records)
    assert (status, record["status"]) == (ExitStatus.FAILED, "missing bundle")


def test_a_log_without_search_says_so(
    stack: Stack, keyless: Path, mirror: _Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no log of the root can be searched, that is a fault outside: 3."""
    keyless.with_name("app.whl.sigstore.json").unlink()
    monkeypatch.setattr("maximus.verification.trust.Trust.log_addresses", lambda _: (mirror.address,))
    error = refusal(asked(stack, search=True))
    assert (error.code, error.status) == ("VERIFY051", ExitStatus.OUTSIDE)
