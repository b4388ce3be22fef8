"""The client, against a real registry, and against one that lies, forgets, wants a token or sends elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from maximus.errors import Error, ExitStatus
from maximus.registry.client import MAX_BLOB, MAX_REFERRERS, Descriptor, Repository, referrers_tag
from maximus.registry.credentials import ANONYMOUS, Credentials
from maximus.registry.wire import Limits, Wire, _is_of
from tests.stack.images import push_image, push_index, repository

if TYPE_CHECKING:
    from collections.abc import Iterator

MANIFEST = b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}'
DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"
TYPE = "application/vnd.oci.image.manifest.v1+json"
ME = Credentials("me", "secret")


def test_reads_back_what_it_wrote(registry: str) -> None:
    """A manifest by tag and by digest, a blob by its descriptor, each as it was."""
    into = repository(registry, "o/plain")
    image = push_image(into, b"content", "v1")
    assert into.manifest("v1").raw == into.manifest(image.digest).raw == image.raw
    (layer,) = image.layers
    assert into.blob(layer) == b"content"
    assert into.push_blob(b"content", layer.media_type).digest == layer.digest


def test_keeps_the_platforms_of_an_index(registry: str) -> None:
    """Each by its name and digest."""
    into = repository(registry, "o/index")
    images = {name: push_image(into, name.encode(), architecture=name) for name in ("amd64", "arm64")}
    index = into.manifest(push_index(into, "v1", **images).digest)
    assert {child.platform: child.digest for child in index.children} == {
        f"linux/{name}": image.digest for name, image in images.items()
    }


def test_what_refers_to_an_image_is_found_by_its_type(registry: str) -> None:
    """A registry without referrers keeps them under a tag, one beside the other, and none is lost."""
    into = repository(registry, "o/referred")
    image = push_image(into, b"referred")
    made = [
        into.push_referrer(
            image.descriptor, f"application/{kind}", kind.encode(), "text/plain", annotations={"a": kind}
        )
        for kind in ("one", "two", "one")
    ]
    found = into.referrers(image.digest)
    assert [each.digest for each in found] == sorted({each.digest for each in made})
    (two,) = into.referrers(image.digest, "application/two")
    assert into.blob(into.manifest(two.digest).layers[0]) == b"two"
    assert into.referrers(push_image(into, b"alone").digest) == ()


@pytest.mark.parametrize("reference", ["v1", DIGEST])
def test_says_what_is_not_there(registry: str, reference: str) -> None:
    """A missing image is a finding, and nothing to try again."""
    into = repository(registry, "o/nothing")
    assert into.find(reference) is None
    with pytest.raises(Error, match="IMAGE005") as caught:
        into.manifest(reference)
    assert caught.value.status is ExitStatus.FAILED
    assert caught.value.what == f"{registry}/o/nothing has no manifest {reference}"


# Registries that misbehave

Answer = tuple[int, dict[str, str], bytes]
Reply = Callable[[str, str, dict[str, str]], Answer]


@contextmanager
def serving(reply: Reply) -> Iterator[tuple[str, list[tuple[str, str, dict[str, str]]]]]:
    """Yield the address of a server that answers so, and the list of what it was asked."""
    asked: list[tuple[str, str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.rfile.read(int(headers.get("content-length", 0)))
            asked.append((self.command, self.path, headers))
            status, told, body = reply(self.command, self.path, headers)
            self.send_response(status)
            for name, value in told.items():
                self.send_header(name, value)
            if "Content-Length" not in told:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = _answer  # noqa: N815 - http.server's names

        def log_message(self, *_: Any) -> None:  # noqa: ANN401 - http.server's form
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def client(address: str, credentials: Credentials = ANONYMOUS) -> Repository:
    """Return a repository of that server, asked again without waiting."""
    return Repository(Wire(address, credentials, Limits(attempts=3), is_loopback=True, rest=lambda _: None), "o/app")


def test_refuses_another_manifest_than_was_asked_for() -> None:
    """A digest names one content: what else comes is refused."""
    with (
        serving(lambda *_: (200, {"Content-Type": TYPE}, MANIFEST + b" ")) as (address, _),
        pytest.raises(Error, match="IMAGE006"),
    ):
        client(address).manifest(DIGEST)


@pytest.mark.parametrize("body", [b"other", b"conten", b"content "])
def test_refuses_another_blob_than_was_asked_for(body: bytes) -> None:
    """A blob is held to digest and size."""
    descriptor = Descriptor("text/plain", f"sha256:{hashlib.sha256(b'content').hexdigest()}", 7)
    with serving(lambda *_: (200, {}, body)) as (address, _), pytest.raises(Error, match="IMAGE006"):
        client(address).blob(descriptor)


def test_reads_no_more_than_it_must() -> None:
    """A blob that says it is large is not asked for, and an answer without end is given up."""
    with serving(lambda *_: (200, {}, b"x" * (1 << 20))) as (address, asked):
        with pytest.raises(Error, match="IMAGE006"):
            client(address).blob(Descriptor("text/plain", DIGEST, MAX_BLOB + 1))
        assert asked == []
    with (
        serving(lambda *_: (200, {"Content-Type": TYPE}, b"x" * ((4 << 20) + 1))) as (address, _),
        pytest.raises(Error, match="IMAGE003"),
    ):
        client(address).manifest("v1")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a":1,"a":2}', b"[" * 5000])
def test_refuses_a_manifest_that_is_none(body: bytes) -> None:
    """What is no JSON object is an error, never an exception."""
    with (
        serving(lambda *_: (200, {"Content-Type": TYPE}, body)) as (address, _),
        pytest.raises(Error, match=r"IMAGE006|DOC003"),
    ):
        client(address).manifest("v1")


@pytest.mark.parametrize(
    "item", [7, {}, {"digest": DIGEST}, {"digest": "sha256:../x", "size": 1}, {"digest": DIGEST, "size": -1}, None]
)
def test_refuses_a_descriptor_that_is_none(item: object) -> None:
    """Nothing that a registry lists is followed before it is a digest."""
    body = json.dumps({"manifests": [item]}).encode()
    with (
        serving(lambda *_: (200, {"Content-Type": "application/vnd.oci.image.index.v1+json"}, body)) as (address, _),
        pytest.raises(Error, match="IMAGE006"),
    ):
        client(address).referrers(DIGEST)


def test_tells_once_that_it_asks_again() -> None:
    """Nobody wonders for two minutes what the step is doing."""
    told: list[str] = []
    with serving(lambda *_: (503, {}, b"")) as (address, asked):
        wire = Wire(address, limits=Limits(attempts=3), is_loopback=True, rest=lambda _: None, warn=told.append)
        with pytest.raises(Error, match="IMAGE003"):
            Repository(wire, "o/app").manifest("v1")
    assert (len(asked), told) == (3, [f"the registry {address}: HTTP 503; trying again"])


def test_asks_again_where_the_registry_is_busy() -> None:
    """A passing fault is waited out, and one that stays is told."""
    answers = [503, 429, 200]
    with serving(lambda *_: (answers.pop(0), {"Content-Type": TYPE, "Retry-After": "1"}, MANIFEST)) as (address, _):
        assert client(address).manifest(DIGEST).digest == DIGEST
    with serving(lambda *_: (503, {}, b"")) as (address, asked):
        with pytest.raises(Error, match="IMAGE003") as caught:
            client(address).manifest(DIGEST)
        assert (len(asked), caught.value.status) == (3, ExitStatus.OUTSIDE)


def test_says_that_nobody_is_there() -> None:
    """A registry that does not answer is something outside."""
    with serving(lambda *_: (200, {}, b"")) as (address, _):
        pass
    with pytest.raises(Error, match="IMAGE003") as caught:
        client(address).manifest("v1")
    assert caught.value.why == "Connection refused"


def _with_token(realm: str) -> Reply:
    def reply(_: str, path: str, headers: dict[str, str]) -> Answer:
        if path.startswith("/token"):
            return 200, {}, b'{"token": "t0ken"}'
        if headers.get("authorization") != "Bearer t0ken":
            challenge = f'Bearer realm="{realm}",service="registry",scope="repository:other:pull"'
            return 401, {"WWW-Authenticate": challenge}, b""
        return 200, {"Content-Type": TYPE}, MANIFEST

    return reply


@pytest.mark.parametrize("credentials", [ANONYMOUS, ME])
def test_gets_a_token_for_what_it_does_and_no_more(credentials: Credentials) -> None:
    """The scope is ours, whatever the challenge says; a name is shown where there is one."""
    place: list[str] = []

    def reply(method: str, path: str, headers: dict[str, str]) -> Answer:
        return _with_token(f"http://{place[0]}/token")(method, path, headers)

    with serving(reply) as (address, asked):
        place.append(address)
        assert client(address, credentials).manifest(DIGEST).digest == DIGEST
    (token,) = [(path, headers) for _, path, headers in asked if path.startswith("/token")]
    assert token[0] == "/token?service=registry&scope=repository%3Ao%2Fapp%3Apull"
    shown = None if credentials is ANONYMOUS else f"Basic {base64.b64encode(b'me:secret').decode()}"
    assert token[1].get("authorization") == shown


def test_shows_a_name_to_a_registry_that_asks_for_one() -> None:
    """Basic, as small registries have it."""
    wanted = f"Basic {base64.b64encode(b'me:secret').decode()}"

    def reply(_: str, __: str, headers: dict[str, str]) -> Answer:
        if headers.get("authorization") != wanted:
            return 401, {"WWW-Authenticate": 'Basic realm="registry"'}, b""
        return 200, {"Content-Type": TYPE}, MANIFEST

    with serving(reply) as (address, _):
        assert client(address, ME).manifest(DIGEST).digest == DIGEST
        with pytest.raises(Error, match="IMAGE004"):
            client(address).manifest(DIGEST)


def test_gives_no_token_service_of_others_the_password() -> None:
    """A challenge can name any host: the password goes to the registry's own alone, and never unencrypted elsewhere."""
    with serving(lambda *_: (200, {}, b'{"token": "t"}')) as (other, asked):
        realm = f"http://localhost:{other.rpartition(':')[2]}/token"
        with serving(_with_token(realm)) as (address, _), pytest.raises(Error, match="IMAGE004"):
            client(address, ME).manifest(DIGEST)
    assert asked == []


@pytest.mark.parametrize(
    ("realm", "host", "is_its_own"),
    [
        ("https://registry.example/token", "registry.example", True),
        ("https://auth.registry.example/token", "registry.example:443", True),
        ("https://auth.example/token", "registry.example", False),
        ("https://registry.example.evil.invalid/token", "registry.example", False),
        ("https://evil.invalid/registry.example", "registry.example", False),
        ("https://9.0.0.1/token", "10.0.0.1", False),
        ("https://other/token", "localhost:5000", False),
    ],
)
def test_knows_a_registrys_own_token_service(realm: str, host: str, *, is_its_own: bool) -> None:
    """The same host, or one in the same domain: everybody else is asked without a name."""
    assert _is_of(realm, host) is is_its_own


def test_follows_to_no_address_that_is_not_encrypted() -> None:
    """A redirect to another host without TLS is refused, and nothing is shown there."""
    with (
        serving(lambda *_: (200, {}, b"content")) as (other, asked),
        serving(lambda *_: (307, {"Location": f"http://{other}/blob"}, b"")) as (address, _),
        pytest.raises(Error, match="IMAGE003"),
    ):
        client(address, ME).blob(Descriptor("text/plain", DIGEST, 7))
    assert asked == []


def test_uploads_to_no_other_host() -> None:
    """Where a registry sends an upload elsewhere, nothing is sent."""

    def reply(method: str, *_: Any) -> Answer:  # noqa: ANN401 - a reply's form
        return (404, {}, b"") if method == "HEAD" else (202, {"Location": "https://elsewhere.invalid/upload"}, b"")

    with serving(reply) as (address, _), pytest.raises(Error, match="IMAGE003"):
        client(address, ME).push_blob(b"content", "text/plain")


def test_gives_up_on_redirects_in_a_circle() -> None:
    """A registry that sends in circles is away."""
    with serving(lambda *_: (307, {"Location": "/again"}, b"")) as (address, asked):
        with pytest.raises(Error, match="IMAGE003"):
            client(address).manifest("v1")
        assert len(asked) <= 5


@pytest.mark.parametrize("status", [400, 403, 405, 413, 500])
def test_says_what_a_registry_does_not_take(status: int) -> None:
    """The registry's own words are told."""
    with (
        serving(lambda *_: (status, {}, b'{"errors":[{"code":"DENIED","message":"no"}]}')) as (address, _),
        pytest.raises(Error, match=r"IMAGE00[347]") as caught,
    ):
        client(address).push_manifest({"mediaType": TYPE})
    assert caught.value.status is ExitStatus.OUTSIDE


def test_asks_a_registry_for_referrers_page_by_page() -> None:
    """Pages are followed on the registry itself, up to a bound."""
    digests = [f"sha256:{number:064x}" for number in range(4)]

    def reply(_: str, path: str, __: dict[str, str]) -> Answer:
        number = int(path.rpartition("=")[2]) if "page=" in path else 0
        body = json.dumps({"manifests": [{"digest": digests[number], "size": 1, "artifactType": "a"}]}).encode()
        onward = {"Link": f'<{path.partition("?")[0]}?page={number + 1}>; rel="next"'} if number < 3 else {}
        return 200, {"Content-Type": "application/vnd.oci.image.index.v1+json", **onward}, body

    with serving(reply) as (address, _):
        assert [each.digest for each in client(address).referrers(DIGEST, "a")] == digests


def test_follows_pages_nowhere_else_and_not_for_ever() -> None:
    """A page on another host is not asked for, and a list without end is cut."""
    many = [{"digest": f"sha256:{number:064x}", "size": 1} for number in range(600)]
    kind = {"Content-Type": "application/vnd.oci.image.index.v1+json"}
    body = json.dumps({"manifests": many}).encode()
    with serving(lambda *_: (200, {**kind, "Link": '<https://elsewhere.invalid/x>; rel="next"'}, body)) as (
        address,
        asked,
    ):
        assert len(client(address).referrers(DIGEST)) == 600
        assert len(asked) == 1
    with serving(lambda *_: (200, {**kind, "Link": '</v2/more>; rel="next"'}, body)) as (address, asked):
        assert len(client(address).referrers(DIGEST)) <= MAX_REFERRERS
        assert len(asked) == 2


def test_the_tag_that_stands_for_referrers() -> None:
    """As the specification has it."""
    assert referrers_tag(DIGEST) == DIGEST.replace(":", "-")


@pytest.mark.parametrize(("budget", "attempts"), [(0, 1), (0.4, 1), (0.5, 2), (1.4, 2), (1.5, 3), (120, 8)])
def test_asks_again_for_as_long_as_the_budget_lasts(budget: float, attempts: int) -> None:
    """The waits double from half a second, and together stay within it; no part of an answer outlasts the whole."""
    limits = Limits.within(budget, 7.0)
    assert limits.attempts == attempts
    assert sum(0.5 * 2**number for number in range(attempts - 1)) <= budget
    assert (limits.connect, limits.read, limits.whole) == (7.0, 7.0, 7.0)


NOWHERE = pytest.mark.parametrize("place", ["http://[::1", "http://127.0.0.1:port/", "https://127.0.0.1:99999/"])


@NOWHERE
@pytest.mark.parametrize(
    ("status", "header", "ask"),
    [
        (307, "Location: {}", lambda into: into.referrers(DIGEST)),
        (202, "Location: {}", lambda into: into.push_blob(b"x", TYPE)),
        (401, 'WWW-Authenticate: Bearer realm="{}"', lambda into: into.find("v1")),
    ],
    ids=["redirect", "upload", "token"],
)
def test_a_registry_that_sends_to_where_nobody_can_go_is_away(
    place: str, status: int, header: str, ask: Callable[[Repository], object]
) -> None:
    """To read there, to upload there, to get a token there."""
    name, _, value = header.format(place).partition(": ")
    with serving(lambda *_: (status, {name: value}, b"{}")) as (address, _), pytest.raises(Error) as caught:
        ask(client(address))
    assert (caught.value.code, caught.value.status) == ("IMAGE003", ExitStatus.OUTSIDE)


@NOWHERE
def test_a_next_page_that_is_nowhere_is_no_page(place: str) -> None:
    """What came before counts."""
    kind = {"Content-Type": "application/vnd.oci.image.index.v1+json", "Link": f'<{place}>; rel="next"'}
    body = json.dumps({"manifests": [{"digest": DIGEST, "size": 1}]}).encode()
    with serving(lambda *_: (200, kind, body)) as (address, asked):
        assert [each.digest for each in client(address).referrers(DIGEST)] == [DIGEST]
    assert len(asked) == 1


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"x"', b"[" * 100_000])
def test_refuses_a_list_of_referrers_that_is_none(body: bytes) -> None:
    """Whatever JSON it is, and however deep."""
    kind = {"Content-Type": "application/vnd.oci.image.index.v1+json"}
    with serving(lambda *_: (200, kind, body)) as (address, _), pytest.raises(Error, match=r"IMAGE006|DOC003"):
        client(address).referrers(DIGEST)


def test_shows_no_token_that_no_request_can_carry() -> None:
    """Who refuses to send it would quote it."""

    def reply(_: str, path: str, __: dict[str, str]) -> Answer:
        if path.startswith("/token"):
            return 200, {}, b'{"token": "s3cret\\n1"}'
        realm = f"http://{address}/token"
        return 401, {"WWW-Authenticate": f'Bearer realm="{realm}",service="x"'}, b"[" * 100_000

    with serving(reply) as (address, asked), pytest.raises(Error) as caught:
        client(address).manifest("v1")
    assert (caught.value.code, "s3cret" in str(caught.value)) == ("IMAGE004", False)
    assert [path.partition("?")[0] for _, path, _ in asked] == [
        "/v2/o/app/manifests/v1",
        "/token",
        "/v2/o/app/manifests/v1",
    ]


def test_a_digit_that_is_no_number_is_no_time_to_wait() -> None:
    """The registry is asked again as if it had named none."""
    with serving(lambda *_: (503, {"Retry-After": "\u00b2"}, b"")) as (address, asked), pytest.raises(Error) as caught:
        Repository(Wire(address, is_loopback=True, rest=lambda _: None), "o/x").manifest("v1")
    assert caught.value.code == "IMAGE003"
    assert len(asked) == 4
