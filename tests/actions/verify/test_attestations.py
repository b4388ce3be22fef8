"""`verify` by the attestations that GitHub keeps: read over its API, judged like any other bundle."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cramjam
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from actions import verify
from actions.terminal import TerminalFace
from maximus.errors import Error, ExitStatus
from maximus.github import attested
from maximus.signing.keys import SigningKey
from maximus.signing.signers import KeySigner
from tests.fakehub.faults import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.fakehub.fixtures import FakeHub
    from tests.fakehub.server import Hub
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

KEY, STRANGER = (SigningKey(ec.generate_private_key(ec.SECP256R1())) for _ in range(2))
CONTENT = {"app.whl": "app", "app.tar.gz": "source"}
QUERY = "repos/list-attestations"


class Run:
    """One run and what it left behind."""

    def __init__(self, hub: Hub, inputs: Mapping[str, Any], *, token: str = "") -> None:
        """Run the action at a terminal, as a stranger or with a token."""
        shown = io.StringIO()
        environment = {"GITHUB_API_URL": hub.api_url, "GITHUB_SERVER_URL": "https://github.com"}
        face = TerminalFace(environment, "verify", stream=shown, errors=shown)
        self.outputs = verify.run(verify.Inputs(**inputs, token=token), face)
        face.conclude({})
        self.status = face.record.exit_status
        self.codes = [error.code for error in face.record.errors]
        self.states = {record["name"]: record["status"] for record in json.loads(self.outputs.records)}
        self.shown = shown.getvalue()


def digest(content: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(content.encode()).hexdigest()


def attestation(files: Mapping[str, str], key: SigningKey = KEY, kind: str = "https://slsa.dev/provenance/v1") -> Any:  # noqa: ANN401 - JSON
    """Return a bundle with one statement about files, each named with its content."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": digest(content)}} for name, content in files.items()],
        "predicateType": kind,
        "predicate": {},
    }
    return json.loads(KeySigner(key).sign_statement(json.dumps(statement).encode()))


def world(kept: Mapping[str, list[Any]], *, private: bool = False) -> dict[str, Any]:
    """Return a world whose repository keeps attestations by the content they are about."""
    attestations = {f"sha256:{digest(content)}": bundles for content, bundles in kept.items()}
    return {"repos": {"octo/app": {"private": private, "attestations": attestations}}}


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Two files without a bundle, and the inputs that ask GitHub for what it keeps of them."""
    monkeypatch.chdir(tmp_path)
    for name, content in CONTENT.items():
        Path(name).write_text(content, encoding="utf-8")
    Path("key.pub").write_bytes(KEY.public.pem)
    return {"files": ("app.*",), "key": "key.pub", "repository": "octo/app", "attestations": True}


def requests_of(hub: Hub) -> int:
    """Return how many times the fake was asked for attestations."""
    return sum(exchange.operation == QUERY for exchange in hub.log)


class Storage:
    """A host that keeps what is too large for an answer, and answers as a test wants."""

    def __init__(self) -> None:
        """Listen."""
        storage = self
        self.content: dict[str, bytes] = {}
        self.seen: list[tuple[str, str]] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                storage.seen.append((self.path, self.headers.get("Authorization", "")))
                body = storage.content.get(self.path)
                self.send_response(404 if body is None else 200)
                # One kept as `half` breaks off.
                self.send_header("Content-Length", str(len(body or b"") + (9 if "half" in self.path else 0)))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def keep(self, name: str, content: bytes) -> dict[str, str]:
        """Keep bytes and return what stands for them in a world."""
        self.content[f"/{name}"] = content
        return {"bundle_url": f"http://127.0.0.1:{self.server.server_port}/{name}"}


@pytest.fixture
def storage() -> Iterator[Storage]:
    """Another host than GitHub's API."""
    made = Storage()
    yield made
    made.server.shutdown()
    made.server.server_close()
    made.thread.join()


def packed(bundle: Any) -> bytes:  # noqa: ANN401 - JSON
    """Return a bundle as GitHub packs it."""
    return bytes(cramjam.snappy.compress_raw(json.dumps(bundle).encode()))


def test_files_are_verified_by_what_github_keeps(fakehub: FakeHub, asked: dict[str, Any]) -> None:
    """No bundle lies here, and no token is needed for a public repository."""
    hub = fakehub(world({content: [attestation({name: content})] for name, content in CONTENT.items()}))
    found = Run(hub, asked)
    assert (found.status, found.outputs.compliant) == (ExitStatus.PASS, "true")
    assert found.states == dict.fromkeys(CONTENT, "verified")
    assert "attestations that GitHub keeps in octo/app: 2 for 2 files" in found.shown


def test_one_attestation_of_many_files_is_asked_for_once(fakehub: FakeHub, asked: dict[str, Any]) -> None:
    """What was proven about one file is not fetched again for the next."""
    bundle = attestation(CONTENT)
    hub = fakehub(world({content: [bundle] for content in CONTENT.values()}))
    assert Run(hub, asked).status is ExitStatus.PASS
    assert requests_of(hub) == 1


def test_what_github_does_not_know_stays_without_a_signature(fakehub: FakeHub, asked: dict[str, Any]) -> None:
    """An empty answer proves nothing: exit status 1, and the file is named."""
    found = Run(fakehub(world({"app": [attestation({"app.whl": "app"})]})), asked)
    assert (found.status, found.codes) == (ExitStatus.FAILED, ["VERIFY010"])
    assert found.states == {"app.whl": "verified", "app.tar.gz": "missing bundle"}


def test_github_is_asked_only_where_no_bundle_speaks(fakehub: FakeHub, asked: dict[str, Any]) -> None:
    """What lies beside the files comes first, and a bad one is not replaced by a good one of elsewhere."""
    for name, content in CONTENT.items():
        Path(f"{name}.sigstore.json").write_text(json.dumps(attestation({name: content}, STRANGER)), encoding="utf-8")
    hub = fakehub(world({content: [attestation({name: content})] for name, content in CONTENT.items()}))
    assert Run(hub, asked).status is ExitStatus.FAILED
    assert requests_of(hub) == 0


def test_an_attestation_about_other_bytes_says_nothing(fakehub: FakeHub, asked: dict[str, Any]) -> None:
    """A server that answers with another file's attestation gives no proof of this one."""
    found = Run(fakehub(world({"app": [attestation({"app.whl": "other"})]})), asked | {"files": ("app.whl",)})
    assert (found.status, found.states) == (ExitStatus.FAILED, {"app.whl": "missing bundle"})


def test_an_attestation_by_another_key_does_not_hold(fakehub: FakeHub, asked: dict[str, Any]) -> None:
    """Who may write to the repository may keep anything there; the key decides."""
    hub = fakehub(world({"app": [attestation({"app.whl": "app"}, STRANGER)]}))
    assert Run(hub, asked | {"files": ("app.whl",)}).status is ExitStatus.FAILED


def test_pages_are_read_to_the_last(fakehub: FakeHub, asked: dict[str, Any]) -> None:
    """The one that counts may stand on the third page."""
    kinds = [attestation({"app.whl": "app"}, kind=f"https://example.org/{number}") for number in range(65)]
    hub = fakehub(world({"app": kinds}))
    found = Run(hub, asked | {"files": ("app.whl",)})
    assert found.status is ExitStatus.PASS
    assert requests_of(hub) == 3
    (record,) = json.loads(found.outputs.records)
    assert len(record["bundles"]) == 65


def test_more_than_can_be_read_is_refused(
    fakehub: FakeHub, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is made to read for ever."""
    monkeypatch.setattr(attested, "MAX_ATTESTATIONS", 3)
    hub = fakehub(world({"app": [attestation({"app.whl": "app"})] * 4}))
    with pytest.raises(Error, match="HUB051"):
        Run(hub, asked | {"files": ("app.whl",)})


def test_a_large_one_is_fetched_from_where_it_is_kept_and_unpacked(
    fakehub: FakeHub, asked: dict[str, Any], storage: Storage
) -> None:
    """It lies on another host, packed, and the token stays with GitHub's API."""
    kept = storage.keep("large", packed(attestation({"app.whl": "app"})))
    hub = fakehub(world({"app": [kept]}, private=True))
    found = Run(hub, asked | {"files": ("app.whl",)}, token=hub.token)
    assert (found.status, found.states) == (ExitStatus.PASS, {"app.whl": "verified"})
    assert storage.seen == [("/large", "")]
    assert hub.token not in found.shown


BOMB = b"\xff\xff\xff\xff\x0f" + b"\0" * 20
"""Twenty bytes that say that they are four gigabytes."""


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("plain", b'{"mediaType": "x"}', "HUB052"),
        ("bomb", BOMB, "HUB052"),
        ("empty", b"", "HUB052"),
        ("half", b"half", "HUB001"),
        ("large", b"x" * 5000, "HUB001"),
    ],
)
def test_what_is_kept_elsewhere_and_is_nothing_is_an_outside_fault(  # noqa: PLR0913, PLR0917 - a table
    fakehub: FakeHub,
    asked: dict[str, Any],
    storage: Storage,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: bytes,
    code: str,
) -> None:
    """Neither a bundle, nor whole, nor of a size that is read: exit status 3, and never a pass."""
    monkeypatch.setattr("maximus.signing.bundles.MAX_BUNDLE", 4000)
    hub = fakehub(world({"app": [storage.keep(name, content)]}))
    with pytest.raises(Error, match=code) as raised:
        Run(hub, asked | {"files": ("app.whl",)})
    assert raised.value.status is ExitStatus.OUTSIDE


def test_unpacks_what_others_packed_and_nothing_else() -> None:
    """Every changed byte gives other bytes or an error, never an exception of another kind."""
    text = json.dumps(attestation(CONTENT)).encode()
    good = bytes(cramjam.snappy.compress_raw(text))
    assert attested.unpacked(good, len(text)) == text
    with pytest.raises(Error, match="HUB052"):
        attested.unpacked(good, len(text) - 1)
    refused = 0
    for place in range(0, len(good), 7):
        changed = good[:place] + bytes([good[place] ^ 0x55]) + good[place + 1 :]
        try:
            assert attested.unpacked(changed, len(text)) != text
        except Error as error:
            refused += error.code == "HUB052"
    assert refused > 0


def test_a_private_repository_without_a_token_has_nothing(fakehub: FakeHub, asked: dict[str, Any]) -> None:
    """What nobody may see is not there, and the files stay without a signature."""
    hub = fakehub(world({"app": [attestation({"app.whl": "app"})]}, private=True))
    assert Run(hub, asked | {"files": ("app.whl",)}).status is ExitStatus.FAILED


def test_a_refusal_of_github_is_an_outside_fault(fakehub: FakeHub, asked: dict[str, Any]) -> None:
    """A token that GitHub does not accept: 3, not a verdict."""
    hub = fakehub(world({}))
    hub.inject(Status(401), operation=QUERY)
    with pytest.raises(Error, match="HUB002") as raised:
        Run(hub, asked, token=hub.token)
    assert raised.value.status is ExitStatus.OUTSIDE


@pytest.mark.parametrize("repository", ["", "nothing", "a/b/c"])
def test_attestations_need_their_repository(fakehub: FakeHub, asked: dict[str, Any], repository: str) -> None:
    """Without it nobody can be asked: 2."""
    with pytest.raises(Error, match="VERIFY054") as raised:
        Run(fakehub(world({})), asked | {"repository": repository})
    assert raised.value.status is ExitStatus.USAGE


def test_offline_asks_nobody(fakehub: FakeHub, asked: dict[str, Any]) -> None:
    """The two contradict: 2."""
    with pytest.raises(Error, match="VERIFY001"):
        Run(fakehub(world({})), asked | {"offline": True})


def test_a_digest_alone_is_enough(fakehub: FakeHub, asked: dict[str, Any]) -> None:
    """The file need not be here, nor any bundle."""
    hub = fakehub(world({"app": [attestation({"app.whl": "app"})]}))
    found = Run(hub, asked | {"files": (f"sha256:{digest('app')}",)})
    assert found.status is ExitStatus.PASS


@pytest.mark.parametrize(("name", "status"), [("app 1.whl", "verified"), ("other.whl", "missing bundle")])
def test_an_asset_needs_a_name_that_its_attestation_knows(
    fakehub: FakeHub, asked: dict[str, Any], name: str, status: str
) -> None:
    """In a whole release a signed file under another's name is not signed; GitHub's change of a name is no other."""
    content = world({"app": [attestation({f"dist/{name}": "app", "elsewhere": "not attached"})]})
    shown = "app.1.whl"
    release = {"tag_name": "v1", "assets": [{"name": shown, "content": "app"}]}
    content["repos"]["octo/app"]["releases"] = [release]
    inputs = {key: value for key, value in asked.items() if key != "files"} | {"tag": "v1", "require": ("signatures",)}
    found = Run(fakehub(content), inputs)
    assert found.states[shown] == status
    assert found.status is (ExitStatus.PASS if status == "verified" else ExitStatus.FAILED)


def test_a_bundle_that_is_none_is_named(fakehub: FakeHub, asked: dict[str, Any]) -> None:
    """What GitHub keeps may be anything; it is a fault of the file and no traceback."""
    found = Run(fakehub(world({"app": [{"mediaType": "nothing"}]})), asked | {"files": ("app.whl",)})
    assert (found.status, found.states) == (ExitStatus.FAILED, {"app.whl": "not valid"})


def test_what_cosign_attested_is_verified_by_its_identity(
    stack: Stack, cosign: Cosign, fakehub: FakeHub, asked: dict[str, Any], tmp_path: Path
) -> None:
    """Real attestations of the stack, kept by GitHub: the word of others is left aside where the right one is there."""
    statement = tmp_path / "statement.json"
    subject = [{"name": "app.whl", "digest": {"sha256": digest("app")}}]
    statement.write_text(
        json.dumps(
            {
                "_type": "https://in-toto.io/Statement/v1",
                "subject": subject,
                "predicateType": "https://slsa.dev/provenance/v1",
                "predicate": {},
            }
        ),
        encoding="utf-8",
    )
    for name, repository in (("attestation", "octo/app"), ("other", "evil/fork")):
        done = cosign.attest_blob(
            statement, tmp_path / f"{name}.json", environment=stack.environment(repository=repository)
        )
        assert done.returncode == 0, done.stderr
    (tmp_path / "root.json").write_bytes(stack.trusted_root.read_bytes())
    kept = [json.loads((tmp_path / f"{name}.json").read_bytes()) for name in ("other", "attestation")]
    hub = fakehub(world({"app": kept}))
    good = asked | {"files": ("app.whl",), "key": "", "issuer": stack.issuer_url, "trust_config": "root.json"}
    assert Run(hub, good).status is ExitStatus.PASS
    other = Run(hub, good | {"workflow": ".github/workflows/other.yml"})
    assert (other.status, other.states) == (ExitStatus.FAILED, {"app.whl": "wrong identity"})
