"""Entries of Rekor v1 as bundles, and a log that answers otherwise than it should."""

from __future__ import annotations

import base64
import http.server
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from maximus.errors import Error, ExitStatus
from maximus.signing.transport import Limits, Transport
from maximus.verification.search import MAX_FOUND, entry_bundle, search_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DIGEST = "ab" * 32
PEM = "-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----\n"


def text(raw: str | bytes) -> str:
    """Return base64."""
    return base64.b64encode(raw if isinstance(raw, bytes) else raw.encode()).decode()


def entry(kind: str = "hashedrekord", key: str = PEM, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return an entry as Rekor v1 hands it out."""
    spec = {
        "data": {"hash": {"algorithm": "sha256", "value": DIGEST}},
        "signature": {"content": "AAAA", "publicKey": {"content": text(key)}},
    }
    made: dict[str, Any] = {
        "body": text(json.dumps({"kind": kind, "apiVersion": "0.0.1", "spec": spec})),
        "integratedTime": 1700000000,
        "logID": "cd" * 32,
        "logIndex": 7,
        "verification": {
            "inclusionProof": {
                "checkpoint": "log\n8\nAAAA\n\n",
                "hashes": ["ef" * 32],
                "logIndex": 7,
                "rootHash": "01" * 32,
                "treeSize": 8,
            },
            "signedEntryTimestamp": "BBBB",
        },
    }
    return made | changes


def test_an_entry_becomes_its_signers_bundle() -> None:
    """Certificate, digest, signature, promise and proof stand where a bundle has them."""
    bundle = entry_bundle(entry())
    (logged,) = bundle["verificationMaterial"]["tlogEntries"]
    assert bundle["verificationMaterial"]["certificate"] == {"rawBytes": "MAo="}
    assert bundle["messageSignature"]["messageDigest"]["digest"] == text(bytes.fromhex(DIGEST))
    assert (logged["logIndex"], logged["inclusionPromise"]) == ("7", {"signedEntryTimestamp": "BBBB"})
    assert logged["inclusionProof"]["hashes"] == [text(bytes.fromhex("ef" * 32))]


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (entry(kind="dsse"), "does not hold what was signed"),
        (entry(key=PEM.replace("CERTIFICATE", "PUBLIC KEY")), "signed with a key"),
    ],
)
def test_an_entry_that_cannot_be_a_bundle_says_why(made: dict[str, Any], words: str) -> None:
    """A statement's entry lacks the statement, a key's lacks the key's owner."""
    with pytest.raises(ValueError, match=words):
        entry_bundle(made)


class _Log:
    """A log that answers as a test wants."""

    def __init__(self, answer: Callable[[str, Any], Any]) -> None:
        log = self
        self.seen: list[str] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                log.seen.append(self.path)
                sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body = json.dumps(answer(self.path, sent)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        """Stop."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[str, Any], Any]], _Log]]:
    """Serve a log until the test ends."""
    logs: list[_Log] = []

    def start(answer: Callable[[str, Any], Any]) -> _Log:
        logs.append(_Log(answer))
        return logs[-1]

    yield start
    for log in logs:
        log.close()


def search(log: _Log) -> Any:  # noqa: ANN401 - what is found
    """Search for the digest."""
    with Transport(Limits(attempt=5, budget=5)) as transport:
        return search_log(transport, log.address, [DIGEST])[DIGEST]


def test_ten_entries_are_asked_for_at_once_and_a_hundred_in_all(
    serve: Callable[[Callable[[str, Any], Any]], _Log],
) -> None:
    """Anybody can log a digest a thousand times; what is not looked at is said."""
    names = [f"{number:064x}" for number in range(MAX_FOUND + 5)]

    def answer(path: str, sent: Any) -> Any:  # noqa: ANN401 - JSON
        return names if path.endswith("index/retrieve") else [{name: entry()} for name in sent["entryUUIDs"]]

    log = serve(answer)
    found = search(log)
    assert (len(found.sealed), found.others) == (MAX_FOUND, ("5 more entries were not looked at",))
    assert len(log.seen) == 1 + MAX_FOUND // 10


def test_entries_that_are_none_are_passed_over_with_a_reason(
    serve: Callable[[Callable[[str, Any], Any]], _Log],
) -> None:
    """A malformed entry does not hide the good one beside it."""
    made = {"a": entry(), "b": entry(body="%"), "c": entry(kind="intoto"), "d": {}, "e": entry(body=text("{"))}

    def answer(path: str, _: Any) -> Any:  # noqa: ANN401 - JSON
        return sorted(made) if path.endswith("index/retrieve") else [{name: each} for name, each in made.items()]

    found = search(serve(answer))
    assert (len(found.sealed), len(found.others)) == (1, 4)


@pytest.mark.parametrize("reply", [{"a": 1}, [[1]], "text", 7])
def test_a_log_that_answers_something_else_is_a_fault_outside(
    serve: Callable[[Callable[[str, Any], Any]], _Log], reply: object
) -> None:
    """What is no list of entries is named as the log's fault."""

    def answer(path: str, _: Any) -> Any:  # noqa: ANN401 - JSON
        return ["a"] if path.endswith("index/retrieve") else reply

    with pytest.raises(Error) as caught:
        search(serve(answer))
    assert (caught.value.code, caught.value.status) == ("VERIFY049", ExitStatus.OUTSIDE)
