"""Licences and producers from indexes, asked of a local server, and pinned in a facts file."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus import documents
from maximus.sbom import facts, fetching, transfer
from maximus.sbom.caches import Cached
from maximus.sbom.enrichment import with_cached
from maximus.sbom.indexes import Indexes, configuration_paths, indexes_of
from maximus.sbom.model import LicenceClaim, Producer
from maximus.sbom.transfer import Client, UnreachableError
from tests.lib.sbom.samples import inventory_of
from tests.lib.sbom.test_caches import NPM, TARBALL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from maximus.sbom.model import Inventory

WHEEL = "a" * 64
PIN = {"requirements.txt": f"left==1.0 --hash=sha256:{WHEEL}\n"}
METADATA = b"Name: left\nVersion: 1.0\nLicense-Expression: MIT\nAuthor: Ada\n"
INTEGRITY = "sha512-" + base64.b64encode(hashlib.sha512(TARBALL).digest()).decode()
VERSION = {"name": "left", "version": "1.0.0", "license": "ISC", "author": "Eve", "dist": {"integrity": INTEGRITY}}


def page(digest: object) -> bytes:
    """Return a Simple page with one wheel and what it says of its metadata."""
    item = {"url": "../files/left-1.0-py3-none-any.whl", "hashes": {"sha256": WHEEL}, "core-metadata": digest}
    return json.dumps({"files": [{"url": "other", "hashes": {}}, item]}).encode()


class Index(ThreadingHTTPServer):
    """A local index: what lies at which path (a status, an address elsewhere), and who asked."""

    daemon_threads = True

    def __init__(self, content: Mapping[str, bytes | int | str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content
        self.asked: list[tuple[str, str]] = []

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    """Answers from the server's table."""

    protocol_version = "HTTP/1.1"
    server: Index

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Authorization") or ""))
        found = self.server.content.get(self.path, 404)
        body = found if isinstance(found, bytes) else b""
        self.send_response(found if isinstance(found, int) else 302 if isinstance(found, str) else 200)
        if isinstance(found, str):
            self.send_header("Location", found)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of the base class
        """Print nothing."""


@contextmanager
def index(content: Mapping[str, bytes | int | str]) -> Iterator[Index]:
    """Run a local index."""
    server = Index(content)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def asked(made: Inventory, environment: Mapping[str, str]) -> fetching.Fetched:
    """Return what the indexes of an environment say about an inventory."""
    return fetching.fetch(made.components, Client(indexes_of(environment, {}), wait=lambda _: None))


def locked_at(server: Index) -> dict[str, str]:
    """Return a project whose lock took its one package from a server."""
    return {name: text.replace("https://registry.example", server.address) for name, text in NPM.items()}


SIMPLE = {
    "/simple/left/": page({"sha256": hashlib.sha256(METADATA).hexdigest()}),
    "/simple/files/left-1.0-py3-none-any.whl.metadata": METADATA,
}


def test_pypi_tells_by_the_metadata_beside_a_wheel(tmp_path: Path) -> None:
    """Found on the Simple page by the digest that the list states, and only with the digest that the page states."""
    made = inventory_of(tmp_path, PIN)
    with index(SIMPLE) as server:
        found = asked(made, {"PIP_INDEX_URL": f"{server.address}/simple"})
    (fact,) = found.facts
    assert fact.licence is not None
    assert (fact.licence.expression, fact.licence.concluded) == ("MIT", False)
    assert fact.licence.evidence == "fetched METADATA License-Expression"
    assert fact.producer is not None
    assert (fact.producer.name, fact.digest) == ("Ada", f"SHA-256:{WHEEL}")
    assert fact.source.endswith("/simple/files/left-1.0-py3-none-any.whl.metadata")
    assert fact.date
    assert found.findings == ()


def test_other_metadata_than_the_page_states_is_an_alarm(tmp_path: Path) -> None:
    """Nothing is kept of it."""
    made = inventory_of(tmp_path, PIN)
    with index({**SIMPLE, "/simple/left/": page({"sha256": "b" * 64})}) as server:
        found = asked(made, {"UV_INDEX_URL": f"{server.address}/simple/"})
    assert found.facts == ()
    assert ["alarm: other bytes" in item.text for item in found.findings] == [True]


def test_npm_tells_by_the_document_of_one_version(tmp_path: Path) -> None:
    """Believed only where it states the digest that the lock states; the token goes to this host alone."""
    with index({"/left/1.0.0": json.dumps(VERSION).encode()}) as server:
        made = inventory_of(tmp_path, locked_at(server))
        own = f"registry={server.address}/\n//{server.address[7:]}/:_authToken=${{TOKEN}}\n"
        npmrc = f"{own}//other.example/:_authToken=no\n"
        found = fetching.fetch(made.components, Client(indexes_of({"TOKEN": "secret"}, {"npm": npmrc})))
        assert server.asked == [("/left/1.0.0", "Bearer secret")]
    (fact,) = found.facts
    assert fact.licence is not None
    assert (fact.licence.expression, fact.producer and fact.producer.name) == ("ISC", "Eve")


@pytest.mark.parametrize("hashes", [False, True])
def test_a_scope_with_a_registry_of_its_own_is_asked_for_nowhere_else(tmp_path: Path, *, hashes: bool) -> None:
    """As npm does it: what is private is not even named to the registry of everything else."""
    left = {"version": "1.0.0", "integrity": INTEGRITY}
    packages = {"": {"dependencies": {"@acme/left": "1"}}, "node_modules/@acme/left": left}
    lock = json.dumps({"name": "app", "lockfileVersion": 3, "packages": packages})
    made = inventory_of(tmp_path, {"package-lock.json": lock})
    answer = json.dumps(VERSION | {"name": "@acme/left"}).encode()
    with index({}) as public, index({"/@acme%2Fleft/1.0.0": answer}) as own:
        npmrc = f"registry={public.address}\n@acme:registry={own.address}/\n//{own.address[7:]}/:_authToken=secret\n"
        found = fetching.fetch(made.components, Client(indexes_of({}, {"npm": npmrc})), hashes=hashes)
        assert public.asked == []
        assert own.asked[0] == ("/@acme%2Fleft/1.0.0", "Bearer secret")
    assert [fact.producer and fact.producer.name for fact in found.facts] == ["Eve"]


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (VERSION | {"dist": {"integrity": "sha512-AAAA"}}, "another SHA-512"),
        (VERSION | {"version": "1.0.1"}, "another package"),
        (VERSION | {"dist": None}, "another SHA-512"),
        ([], "shape"),
    ],
)
def test_a_registry_that_speaks_of_something_else_is_not_believed(tmp_path: Path, document: object, why: str) -> None:
    """Another digest, another version, another shape: a finding, and nothing is kept."""
    with index({"/left/1.0.0": json.dumps(document).encode()}) as server:
        found = asked(inventory_of(tmp_path, locked_at(server)), {"npm_config_registry": server.address})
    assert found.facts == ()
    assert [why in item.text for item in found.findings] == [True]


def test_without_a_configuration_only_the_locks_own_addresses_are_asked(tmp_path: Path) -> None:
    """A lock may name any host: one inside a private network, or without TLS, is not asked."""
    with index({}) as server:
        found = asked(inventory_of(tmp_path, locked_at(server)), {})
        assert server.asked == []
    assert ["only https" in item.text for item in found.findings] == [True]


def test_a_private_address_is_not_asked_behind_tls_either() -> None:
    """What counts is the connection's own peer, before anything is said to it."""
    with index({}) as server, pytest.raises(UnreachableError, match="private network"):
        Client(Indexes()).get(server.address.replace("http:", "https:"))
    assert server.asked == []


def test_a_host_that_fails_is_asked_no_more(tmp_path: Path) -> None:
    """It costs its own components' fields, is told in a few words, and the rest is fetched."""
    lines = "".join(f"p{number}==1.0 --hash=sha256:{number:064x}\n" for number in range(20))
    broken: dict[str, bytes | int] = {f"/p{number}/": 503 for number in range(20)}
    with index(broken) as bad, index({"/left/1.0.0": json.dumps(VERSION).encode()}) as good:
        made = inventory_of(tmp_path, {"requirements.txt": lines, **locked_at(good)})
        found = asked(made, {"PIP_INDEX_URL": bad.address, "npm_config_registry": good.address})
        assert transfer.MAX_FAULTS <= len(bad.asked) < 20
    assert [fact.purl for fact in found.facts] == ["pkg:npm/left@1.0.0"]
    assert found.unanswered == 20
    assert 0 < len(found.findings) <= 3
    told = [re.search(r"about (\d+) packages", item.text) for item in found.findings]
    assert sum(int(match[1]) if match else 1 for match in told) == 20


@pytest.mark.parametrize(("limit", "value", "why"), [("MAX_BODY", 10, "more than"), ("MAX_REQUESTS", 0, "requests")])
def test_a_limit_ends_a_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, why: str
) -> None:
    """The length of an answer, and how many there are."""
    monkeypatch.setattr(transfer, limit, value)
    with index({"/left/1.0.0": json.dumps(VERSION).encode()}) as server:
        found = asked(inventory_of(tmp_path, locked_at(server)), {"npm_config_registry": server.address})
    assert [why in item.text for item in found.findings] == [True]


def test_an_answer_that_never_ends_is_left() -> None:
    """The whole answer has a time, not every byte."""
    clock = itertools.count(0.0, 2 * transfer.TIMEOUT).__next__
    with index({"/x": b"x"}) as server, pytest.raises(UnreachableError, match="had not answered after 20 seconds"):
        Client(indexes_of({"PIP_INDEX_URL": server.address}, {}), clock=clock, wait=lambda _: None).get(
            f"{server.address}/x"
        )


def test_a_redirect_is_not_followed() -> None:
    """It could lead anywhere, with credentials."""
    with index({"/x": 302}) as server, pytest.raises(UnreachableError, match="status 302"):
        Client(indexes_of({"PIP_INDEX_URL": server.address}, {})).get(f"{server.address}/x")


def test_facts_are_about_the_bytes_that_the_lock_pins(tmp_path: Path) -> None:
    """Written and read they are equal and valid; of a package with another digest they say nothing."""
    made = inventory_of(tmp_path / "a", PIN)
    with index(SIMPLE) as server:
        found = asked(made, {"PIP_INDEX_URL": f"{server.address}/simple"}).facts
    document = facts.as_document(found)
    assert documents.faults(document, "sbom-facts") == ()
    assert facts.facts_of(json.loads(json.dumps(document))) == found
    assert len(facts.told_of(found, made.components).licences) == 1
    other = inventory_of(tmp_path / "b", {"requirements.txt": PIN["requirements.txt"].replace("a" * 64, "b" * 64)})
    assert facts.told_of(found, other.components) == Cached()


def test_a_fact_about_one_of_two_says_nothing_of_the_other(tmp_path: Path) -> None:
    """Two locks pin other bytes of one version: a licence that was fetched of the one is not claimed of the other."""
    files = {}
    for name in "ab":
        integrity = "sha512-" + base64.b64encode(name.encode() * 64).decode()
        packages = {
            "": {"dependencies": {"left": "1"}},
            "node_modules/left": {"version": "1.0.0", "integrity": integrity},
        }
        files[f"{name}/package-lock.json"] = json.dumps({"name": name, "lockfileVersion": 3, "packages": packages})
    made = inventory_of(tmp_path, files)
    first, second = made.components
    licence = LicenceClaim("MIT", "MIT", concluded=False, evidence="fetched")
    fact = facts.Fact(first.purl, facts.digest_of(first), licence, Producer("Ada"), "https://registry.example")
    told = with_cached(made, facts.told_of([fact], made.components), fetched=True).inventory
    assert first.purl == second.purl
    assert [item.licences for item in told.components] == [(licence,), ()]
    assert [item.producer for item in told.components] == [Producer("Ada"), None]


def test_what_is_known_is_not_asked_for(tmp_path: Path) -> None:
    """Neither is what no digest pins: nobody could say of which bytes an answer is."""
    made = inventory_of(tmp_path, {"requirements.txt": "left==1.0\n"})
    assert not any(fetching.is_wanting(item) for item in made.components)


@pytest.mark.parametrize(
    ("environment", "texts", "pypi", "npm"),
    [
        ({}, {}, "", ""),
        ({"PIP_INDEX_URL": "https://i.example/simple/"}, {}, "https://i.example/simple", ""),
        ({}, {"pip": "[global]\nindex-url = https://i.example/s\n"}, "https://i.example/s", ""),
        ({}, {"uv": '[[index]]\nurl = "https://u.example/s"\ndefault = true\n'}, "https://u.example/s", ""),
        ({}, {"uv": 'index-url = "https://u.example/s"\n', "npm": "registry = https://n.example"},
         "https://u.example/s", "https://n.example"),
        ({"PIP_INDEX_URL": "file:///etc"}, {"npm": "registry=nonsense", "uv": "[", "pip": "["}, "", ""),
    ],
)  # fmt: skip
def test_indexes_are_those_of_the_users_configuration(
    environment: dict[str, str], texts: dict[str, str], pypi: str, npm: str
) -> None:
    """Variables before files; no index is built in."""
    found = indexes_of(environment, texts)
    assert (found.pypi, found.npm) == (pypi, npm)


def test_credentials_leave_the_address() -> None:
    """They go into a header for this origin, and into no text."""
    found = indexes_of({"PIP_INDEX_URL": "https://ada:p%40w@i.example/simple"}, {})
    assert found.pypi == "https://i.example/simple"
    assert found.credentials == {"https://i.example": "Basic " + base64.b64encode(b"ada:p@w").decode()}
    assert "Basic" not in repr(found)


def test_where_the_configuration_lies_is_what_the_tools_say() -> None:
    """By their own variables, else in the home folder."""
    assert configuration_paths({})["npm"] == ".npmrc"
    found = configuration_paths({"PIP_CONFIG_FILE": "/p", "UV_CONFIG_FILE": "/u", "npm_config_userconfig": "/n"})
    assert (found["pip"], found["uv"], found["npm"]) == ("/p", "/u", "/n")


@given(st.text(max_size=100), st.text(max_size=100))
def test_no_configuration_is_a_traceback(address: str, text: str) -> None:
    """Whatever stands in it, it names something or nothing."""
    further = {
        "UV_INDEX": text,
        "PIP_EXTRA_INDEX_URL": address,
        "UV_INDEX_X_PASSWORD": text,
        "UV_EXTRA_INDEX_URL": text,
    }
    texts = {"pip": text, "uv": text, "npm": f"registry={address}\n//{address}/:_authToken={text}\n{text}"}
    indexes_of({"PIP_INDEX_URL": address} | further, texts)
    indexes_of({"UV_INDEX": f"x={address}", "UV_INDEX_X_PASSWORD": text}, {"uv": f'extra-index-url = ["{address}"]'})
