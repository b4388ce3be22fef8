"""`verify` of a release on GitHub: fetched from the fake one, signed on the real Sigstore or with a key."""

from __future__ import annotations

import http.server
import io
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from actions import verify
from actions.terminal import TerminalFace
from maximus.errors import Error, ExitStatus
from maximus.files import hash_file
from maximus.signing.keys import SigningKey
from maximus.signing.signers import KeySigner
from tests.fakehub.faults import Lost, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.fakehub.fixtures import FakeHub
    from tests.fakehub.server import Hub
    from tests.stack.cosign import Cosign
    from tests.stack.stack import Stack

KEY = SigningKey(ec.generate_private_key(ec.SECP256R1()))
SBOM = json.dumps(
    {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "components": [{"type": "library", "name": "a", "version": "1"}],
    }
)
FILES = {"app.whl": "app", "app.tar.gz": "source", "sbom.cdx.json": SBOM}
EVERYTHING = ("sbom", "signatures", "identity")


class Run:
    """One run and what it left behind."""

    def __init__(self, inputs: verify.Inputs, environment: Mapping[str, str]) -> None:
        """Run the action at a terminal."""
        shown = io.StringIO()
        face = TerminalFace(environment, "verify", stream=shown, errors=shown)
        self.outputs = verify.run(inputs, face)
        face.conclude({})
        self.status = face.record.exit_status
        self.codes = [error.code for error in face.record.errors]
        self.shown = shown.getvalue()

    @property
    def records(self) -> dict[str, dict[str, Any]]:
        """The records by name."""
        return {record["name"]: record for record in json.loads(self.outputs.records)}

    @property
    def states(self) -> dict[str, str]:
        """What became of each file."""
        return {name: record["status"] for name, record in self.records.items()}


def signed(tmp_path: Path, files: Mapping[str, str], key: SigningKey = KEY) -> dict[str, str]:
    """Return the files and a bundle beside each."""
    made = dict(files)
    for name, content in files.items():
        path = tmp_path / "made" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
        made[f"{name}.sigstore.json"] = KeySigner(key).sign_file(hash_file(path))
    return made


def world(assets: Mapping[str, str], *, private: bool = False) -> dict[str, Any]:
    """Return a world with one release."""
    listed = [{"name": name, "content": content} for name, content in assets.items()]
    return {"repos": {"octo/app": {"private": private, "releases": [{"tag_name": "v1.2.3", "assets": listed}]}}}


def stranger(hub: Hub) -> dict[str, str]:
    """Return the environment of a laptop: where GitHub is, and no token."""
    return {"GITHUB_API_URL": hub.api_url, "GITHUB_SERVER_URL": "https://github.com"}


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., verify.Inputs]:
    """Return the inputs for the release with the test's key."""
    (tmp_path / "key.pub").write_bytes(KEY.public.pem)
    monkeypatch.chdir(tmp_path)

    def inputs(**changes: Any) -> verify.Inputs:  # noqa: ANN401 - inputs of several types
        return verify.Inputs(**({"tag": "v1.2.3", "repository": "octo/app", "key": "key.pub"} | changes))

    return inputs


Asked = "Callable[..., verify.Inputs]"


def refusal(inputs: verify.Inputs, environment: Mapping[str, str]) -> Error:
    """Return the Error with which a run ends."""
    with pytest.raises(Error) as caught:
        Run(inputs, environment)
    return caught.value


def test_a_public_release_needs_no_token(tmp_path: Path, fakehub: FakeHub, asked: Callable[..., verify.Inputs]) -> None:
    """Every asset is fetched by a stranger, verified, and nothing of it is kept."""
    hub = fakehub(world(signed(tmp_path, FILES)))
    before = sorted(path.name for path in Path().iterdir())
    found = Run(asked(), stranger(hub))
    assert (found.status, found.outputs.compliant) == (ExitStatus.PASS, "true")
    assert {name: state for name, state in found.states.items() if state != "not signable"} == dict.fromkeys(
        FILES, "verified"
    )
    assert not any(exchange.authenticated for exchange in hub.log)
    assert sorted(path.name for path in Path().iterdir()) == before


def test_the_source_archives_are_listed_as_not_signable(
    tmp_path: Path, fakehub: FakeHub, asked: Callable[..., verify.Inputs]
) -> None:
    """GitHub's own archives are in the account, and fail nothing."""
    found = Run(asked(), stranger(fakehub(world(signed(tmp_path, FILES)))))
    assert [name for name, state in found.states.items() if state == "not signable"] == [
        "Source code (tar.gz)",
        "Source code (zip)",
    ]


@pytest.mark.parametrize("count", [3, 100, 101])
def test_it_takes_two_requests_and_one_a_file(
    tmp_path: Path, fakehub: FakeHub, asked: Callable[..., verify.Inputs], count: int
) -> None:
    """The release, the page of its list that shows that nothing follows, and each file once."""
    assets = signed(tmp_path, {"app.whl": "app"})
    assets |= {f"notes-{number:03}.txt": "prose" for number in range(count - len(assets))}
    hub = fakehub(world(assets))
    inputs = asked(allow_unsigned=("notes-*.txt: prose that nobody runs",), require=("signatures",), token=hub.token)
    assert Run(inputs, stranger(hub)).status is ExitStatus.PASS
    assert len(hub.log) == 2 + count


def test_files_come_side_by_side(tmp_path: Path, fakehub: FakeHub, asked: Callable[..., verify.Inputs]) -> None:
    """Several requests are under way at once."""
    from tests.fakehub.faults import Slow  # noqa: PLC0415 - this test's only

    hub = fakehub(world(signed(tmp_path, FILES)))
    hub.inject(Slow(0.05), operation="repos/get-release-asset", times=4)
    assert Run(asked(token=hub.token), stranger(hub)).status is ExitStatus.PASS
    assert hub.peak > 1


def test_a_token_never_reaches_another_host(
    tmp_path: Path, fakehub: FakeHub, asked: Callable[..., verify.Inputs]
) -> None:
    """A private release is fetched with the token; the storage that GitHub redirects to never sees it."""
    hub = fakehub(world(signed(tmp_path, FILES), private=True), redirects=True)
    assert Run(asked(token=hub.read_token), stranger(hub)).status is ExitStatus.PASS


def test_a_token_of_the_job_is_not_sent_to_another_server(
    tmp_path: Path, fakehub: FakeHub, asked: Callable[..., verify.Inputs]
) -> None:
    """A repository elsewhere is read as a stranger: the job's token belongs to the job's server."""
    hub = fakehub(world(signed(tmp_path, FILES)), enterprise=True)
    inputs = asked(repository=f"{hub.root}/octo/app", token=hub.token)
    assert Run(inputs, {"GITHUB_SERVER_URL": "https://github.com"}).status is ExitStatus.PASS
    assert not any(exchange.authenticated for exchange in hub.log)


def test_a_private_release_without_a_token_is_not_there(
    tmp_path: Path, fakehub: FakeHub, asked: Callable[..., verify.Inputs]
) -> None:
    """What a stranger does not see is a usage error that says what would help."""
    error = refusal(asked(), stranger(fakehub(world(signed(tmp_path, FILES), private=True))))
    assert (error.code, error.status) == ("VERIFY040", ExitStatus.USAGE)
    assert "`token`" in error.fix


def test_an_unknown_tag_is_wrong_usage(fakehub: FakeHub, asked: Callable[..., verify.Inputs]) -> None:
    """There is no such release: 2, with the tag."""
    error = refusal(asked(tag="v9"), stranger(fakehub(world({}))))
    assert (error.code, error.status) == ("VERIFY040", ExitStatus.USAGE)
    assert "v9" in error.what


def test_a_release_without_assets_is_unmeasured(fakehub: FakeHub, asked: Callable[..., verify.Inputs]) -> None:
    """Nothing attached is nothing verified: 70, never a pass."""
    error = refusal(asked(), stranger(fakehub(world({}))))
    assert (error.code, error.status) == ("VERIFY041", ExitStatus.UNMEASURED)


@pytest.mark.parametrize("repository", ["", "app", "octo/app/more", "https://github.com/octo"])
def test_a_tag_needs_its_repository(asked: Callable[..., verify.Inputs], repository: str) -> None:
    """With a key the repository only says where the release is, and is needed for that."""
    error = refusal(asked(repository=repository), {})
    assert (error.code, error.status) == ("VERIFY044", ExitStatus.USAGE)


@pytest.mark.parametrize(
    "changes",
    [{"files": ("*",)}, {"bundles": "there"}, {"offline": True}],
)
def test_a_tag_excludes_what_is_elsewhere(asked: Callable[..., verify.Inputs], changes: dict[str, Any]) -> None:
    """Inputs that name another place, or forbid the network, contradict a tag."""
    error = refusal(asked(**changes), {})
    assert (error.code, error.status) == ("VERIFY001", ExitStatus.USAGE)
    assert "`tag`" in error.what


def test_the_files_are_kept_where_a_folder_is_named(
    tmp_path: Path, fakehub: FakeHub, asked: Callable[..., verify.Inputs]
) -> None:
    """What was fetched lies there with its bundles, and verifies again as a folder."""
    assets = signed(tmp_path, FILES)
    hub = fakehub(world(assets))
    assert Run(asked(folder="kept"), stranger(hub)).status is ExitStatus.PASS
    assert {path.name: path.read_text(encoding="utf-8") for path in Path("kept").iterdir()} == assets
    assert Run(verify.Inputs(folder="kept", key="key.pub"), {}).status is ExitStatus.PASS


def test_a_folder_that_holds_something_else_is_left_alone(
    tmp_path: Path, fakehub: FakeHub, asked: Callable[..., verify.Inputs]
) -> None:
    """What was there before would be judged with the release: 2, and no file is fetched."""
    hub = fakehub(world(signed(tmp_path, FILES)))
    Path("kept").mkdir()
    Path("kept/mine.txt").write_text("x", encoding="utf-8")
    error = refusal(asked(folder="kept"), stranger(hub))
    assert (error.code, error.status) == ("VERIFY042", ExitStatus.USAGE)
    assert [path.name for path in Path("kept").iterdir()] == ["mine.txt"]


def test_a_second_run_finishes_what_the_first_began(
    tmp_path: Path, fakehub: FakeHub, asked: Callable[..., verify.Inputs]
) -> None:
    """Files of this release that lie in the folder, whole or not, are fetched anew."""
    assets = signed(tmp_path, FILES)
    Path("kept").mkdir()
    Path("kept/app.whl").write_text("half", encoding="utf-8")
    assert Run(asked(folder="kept"), stranger(fakehub(world(assets)))).status is ExitStatus.PASS
    assert Path("kept/app.whl").read_text(encoding="utf-8") == assets["app.whl"]


def test_every_asset_is_accounted_for(tmp_path: Path, fakehub: FakeHub, asked: Callable[..., verify.Inputs]) -> None:
    """Verified, changed, without bundle, allowed, a bundle without file, a copy: each in its own words."""
    assets = signed(tmp_path, FILES | {"gone.bin": "gone", "changed.bin": "before"})
    del assets["gone.bin"]
    assets |= {"changed.bin": "after", "bare.bin": "bare", "copy.whl": "app", "notes.txt": "prose"}
    found = Run(asked(allow_unsigned=("*.txt: prose",)), stranger(fakehub(world(assets))))
    assert (found.status, found.outputs.compliant) == (ExitStatus.FAILED, "false")
    assert {name: state for name, state in found.states.items() if state != "not signable"} == {
        "app.tar.gz": "verified",
        "app.whl": "verified",
        "bare.bin": "missing bundle",
        "changed.bin": "not valid",
        "copy.whl": "duplicate",
        "gone.bin": "missing file",
        "gone.bin.sigstore.json": "bundle without file",
        "notes.txt": "unsigned",
        "sbom.cdx.json": "verified",
    }
    assert found.records["copy.whl"]["reason"].startswith("it has the content of app.whl")


def test_an_ed25519_key_reads_the_files_and_keeps_none(
    tmp_path: Path, fakehub: FakeHub, asked: Callable[..., verify.Inputs]
) -> None:
    """Such a key signs the bytes themselves, so that they are set aside for the check and removed after it."""
    key = SigningKey(ed25519.Ed25519PrivateKey.generate())
    hub = fakehub(world(signed(tmp_path, FILES, key)))
    Path("key.pub").write_bytes(key.public.pem)
    assert Run(asked(), stranger(hub)).status is ExitStatus.PASS


def test_a_name_with_a_folder_finds_its_asset(
    tmp_path: Path, fakehub: FakeHub, asked: Callable[..., verify.Inputs]
) -> None:
    """A statement names files as they lay; GitHub keeps them flat and in plain letters."""
    from maximus.signing.statements import Subject, release_predicate  # noqa: PLC0415 - this test's only

    folder = tmp_path / "release"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "my app.whl").write_text("app", encoding="utf-8")
    hashed = hash_file(folder / "sub" / "my app.whl")
    subjects = [Subject("sub/my app.whl", hashed.sha256)]
    bundle = KeySigner(KEY).sign_statement(_payload(subjects, release_predicate))
    assets = {"my.app.whl": "app", "release.sigstore.json": bundle}
    found = Run(asked(require=("signatures",)), stranger(fakehub(world(assets))))
    assert (found.status, found.states["my.app.whl"]) == (ExitStatus.PASS, "verified")


def _payload(subjects: Any, predicate: Any) -> bytes:  # noqa: ANN401 - a helper of one test
    from maximus.signing.statements import statement_payload  # noqa: PLC0415 - that test's only

    return statement_payload(subjects, predicate(subjects, repository="", ref="", repository_id=""))


# A server that does not keep to what it says.


class _Liar:
    """A server of one release that answers as a test wants."""

    def __init__(self, assets: list[dict[str, Any]], content: Mapping[int, Any]) -> None:
        """Serve the assets; `content` gives bytes for their ids, or a function that writes the answer."""
        liar = self
        self.seen: list[tuple[str, str]] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                liar.seen.append((self.path, self.headers.get("Authorization", "")))
                if self.path.endswith("/releases/tags/v1.2.3"):
                    self._send(json.dumps({"id": 1, "tag_name": "v1.2.3", "assets": assets}).encode())
                elif "/releases/1/assets" in self.path:
                    self._send(json.dumps(assets).encode())
                else:
                    answer = content[int(self.path.rpartition("/")[2])]
                    answer(self) if callable(answer) else self._send(answer)

            def _send(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        """Stop."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def asset(self, number: int) -> str:
        """Return where an asset is."""
        return f"{self.address}/files/{number}"


@pytest.fixture
def lie(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., _Liar]]:
    """Serve a release whose server lies; waiting between tries takes no time."""
    monkeypatch.setattr("actions.verify.delivery.time.sleep", lambda _: None)
    servers: list[_Liar] = []

    def serve(assets: list[dict[str, Any]], content: Mapping[int, Any]) -> _Liar:
        liar = _Liar(assets, content)
        for item in assets:
            item.setdefault("browser_download_url", liar.asset(item["id"]))
            item.setdefault("state", "uploaded")
        servers.append(liar)
        return liar

    yield serve
    for server in servers:
        server.close()


def _environment(liar: _Liar) -> dict[str, str]:
    return {"GITHUB_API_URL": liar.address, "GITHUB_SERVER_URL": "https://github.com"}


def _stops_half_way(handler: Any) -> None:  # noqa: ANN401 - a handler
    handler.send_response(200)
    handler.send_header("Content-Length", "10")
    handler.end_headers()
    handler.wfile.write(b"half")
    handler.close_connection = True


@pytest.mark.parametrize(
    ("size", "answer", "words"),
    [
        (3, b"more than that", "more bytes came than the 3"),
        (30, b"less", "4 bytes came, and the server lists 30"),
        (10, _stops_half_way, "broke off"),
    ],
    ids=["more", "fewer", "stops"],
)
def test_bytes_that_do_not_come_as_announced_are_an_outside_fault(
    asked: Callable[..., verify.Inputs], lie: Callable[..., _Liar], size: int, answer: object, words: str
) -> None:
    """A file of another length than the list says is asked for again, and then names the server's fault: 3."""
    liar = lie([{"id": 7, "name": "app.whl", "size": size}], {7: answer})
    error = refusal(asked(), _environment(liar))
    assert (error.code, error.status) == ("HUB019", ExitStatus.OUTSIDE)
    assert words in error.why
    assert sum(path == "/files/7" for path, _ in liar.seen) == 3


def test_a_redirect_to_another_host_does_not_carry_the_token(
    asked: Callable[..., verify.Inputs], lie: Callable[..., _Liar]
) -> None:
    """The other host is asked as a stranger would."""
    elsewhere = lie([], {7: b"app"})

    def away(handler: Any) -> None:  # noqa: ANN401 - a handler
        handler.send_response(302)
        handler.send_header("Location", elsewhere.asset(7))
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    liar = lie([{"id": 7, "name": "app.whl", "size": 3}], {7: away})
    found = Run(asked(token="secret-token", require=("signatures",)), _environment(liar))  # noqa: S106 - a test's
    assert found.states["app.whl"] == "missing bundle"
    assert elsewhere.seen == [("/files/7", "")]
    assert "secret-token" not in found.shown


def test_a_redirect_without_end_is_given_up(asked: Callable[..., verify.Inputs], lie: Callable[..., _Liar]) -> None:
    """A server that sends in circles is left."""

    def around(handler: Any) -> None:  # noqa: ANN401 - a handler
        handler.send_response(302)
        handler.send_header("Location", handler.path)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    liar = lie([{"id": 7, "name": "app.whl", "size": 3}], {7: around})
    assert "redirects more than" in refusal(asked(), _environment(liar)).why


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/x", "file:///etc/hostname", "/etc/hostname", ""])
def test_a_file_is_only_fetched_by_http(
    asked: Callable[..., verify.Inputs], lie: Callable[..., _Liar], address: str
) -> None:
    """What the list gives for an address is not obeyed where it is none of ours."""
    liar = lie([{"id": 7, "name": "app.whl", "size": 3, "browser_download_url": address}], {7: b"app"})
    assert "which is not asked" in refusal(asked(), _environment(liar)).why


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "a/b",
        "a\\b",
        "..",
        "",
        "line\nfeed",
        "::error::pwned\r",
        "\x1b[2Jgone",
        "a" * 300,
        "\u202ex",
    ],
)
def test_a_name_that_is_no_file_name_is_a_fault_and_never_a_path(
    asked: Callable[..., verify.Inputs], lie: Callable[..., _Liar], tmp_path: Path, name: str
) -> None:
    """A server cannot make a file anywhere, nor say anything through a name: the asset fails, named and escaped."""
    good = {"id": 8, "name": "notes.txt", "size": 5}
    liar = lie([{"id": 7, "name": name, "size": 3}, good], {7: b"app", 8: b"prose"})
    before = sorted(path.name for path in tmp_path.iterdir())
    found = Run(asked(folder="kept"), _environment(liar))
    assert (found.status, found.records[name]["code"]) == (ExitStatus.FAILED, "VERIFY043")
    assert [path.name for path in Path("kept").iterdir()] == ["notes.txt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*before, "kept"])
    assert not any(line.startswith(("::", "feed")) for line in found.shown.splitlines())
    assert "\x1b[2J" not in found.shown


def test_a_command_in_a_name_is_only_a_name(asked: Callable[..., verify.Inputs], lie: Callable[..., _Liar]) -> None:
    """`::` is a legal name; in a job's log it is no command."""
    from actions.runner import RunnerFace  # noqa: PLC0415 - this test's only

    liar = lie([{"id": 7, "name": "::error::pwned", "size": 3}], {7: b"app"})
    shown = io.StringIO()
    face = RunnerFace(_environment(liar), "verify", shown)
    verify.run(asked(), face)
    face.conclude({})
    commands = [line for line in shown.getvalue().splitlines() if line.startswith("::error::pwned")]
    assert commands == []


def test_two_assets_of_one_name_are_a_fault(asked: Callable[..., verify.Inputs], lie: Callable[..., _Liar]) -> None:
    """Nobody can say which of them is meant."""
    assets = [{"id": 7, "name": "app.whl", "size": 3}, {"id": 8, "name": "app.whl", "size": 3}]
    found = Run(asked(), _environment(lie(assets, {7: b"app", 8: b"bad"})))
    assert found.status is ExitStatus.FAILED
    assert "attached twice" in found.shown
    assert "duplicate" in {record["status"] for record in json.loads(found.outputs.records)}


def test_a_bundle_beyond_the_limit_is_not_read(asked: Callable[..., verify.Inputs], lie: Callable[..., _Liar]) -> None:
    """A huge bundle is refused by its listed size, before a byte of it is asked for."""
    huge = {"id": 7, "name": "app.whl.sigstore.json", "size": 17 << 20}
    liar = lie([huge], {7: b"{}"})
    error = refusal(asked(), _environment(liar))
    assert (error.code, "bytes, and" in error.why) == ("HUB019", True)


def test_bundles_that_are_too_large_together_are_not_read(
    asked: Callable[..., verify.Inputs], lie: Callable[..., _Liar]
) -> None:
    """Many bundles below the limit of one are refused by their sum, before a byte of them is asked for."""
    bundles = [{"id": number, "name": f"f{number}.sigstore.json", "size": 16 << 20} for number in range(40)]
    liar = lie(bundles, {})
    assert refusal(asked(), _environment(liar)).code == "VERIFY053"
    assert not any("/files/" in path for path, _ in liar.seen)


@pytest.mark.parametrize("fault", [Status(502), Lost(status=None)], ids=["502", "lost"])
def test_one_fault_on_the_way_is_outlasted(
    tmp_path: Path,
    fakehub: FakeHub,
    asked: Callable[..., verify.Inputs],
    monkeypatch: pytest.MonkeyPatch,
    fault: Status | Lost,
) -> None:
    """A file that did not come is asked for again."""
    monkeypatch.setattr("actions.verify.delivery.time.sleep", lambda _: None)
    hub = fakehub(world(signed(tmp_path, FILES)))
    hub.inject(fault, operation="repos/get-release-asset")
    assert Run(asked(token=hub.token), stranger(hub)).status is ExitStatus.PASS


def test_a_release_signed_by_an_identity_verifies_by_its_tag(
    stack: Stack, cosign: Cosign, tmp_path: Path, fakehub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cosign signed on the real stack and somebody attached is proven from the outside, in one line."""
    monkeypatch.chdir(tmp_path)
    assets = {"app.whl": "app", "sbom.cdx.json": SBOM}
    for name, content in tuple(assets.items()):
        Path(name).write_text(content, encoding="utf-8")
        done = cosign.sign_blob(tmp_path / name, tmp_path / f"{name}.sigstore.json")
        assert done.returncode == 0, done.stderr
        assets[f"{name}.sigstore.json"] = Path(f"{name}.sigstore.json").read_text(encoding="utf-8")
    Path("root.json").write_bytes(stack.trusted_root.read_bytes())
    good: dict[str, Any] = {
        "tag": "v1.2.3",
        "repository": "octo/app",
        "workflow": ".github/workflows/release.yml",
        "issuer": stack.issuer_url,
        "trust_config": "root.json",
    }
    hub = fakehub(world(assets))
    found = Run(verify.Inputs(**good), stranger(hub))
    assert (found.status, found.outputs.compliant) == (ExitStatus.PASS, "true")
    assert found.records["app.whl"]["log"]
    other = Run(verify.Inputs(**(good | {"workflow": ".github/workflows/other.yml"})), stranger(hub))
    assert (other.status, other.states["app.whl"]) == (ExitStatus.FAILED, "wrong identity")
