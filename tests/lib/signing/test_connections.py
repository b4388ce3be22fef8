"""Requests find their way: over kept connections, through proxies, to places that are verified."""

from __future__ import annotations

import base64
import hashlib
import socket
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from maximus.errors import Error, ExitStatus
from maximus.signing import connections
from maximus.signing.connections import proxy_of
from maximus.signing.transport import MAX_REDIRECTS, Limits, Refused, Transport
from tests.lib.signing.servers import Place, write_authority
from tests.stack.faults import Drop, Faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from maximus.signing.transport import Session

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
HIDDEN = "not-for-everybody"


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of this machine's, and none of its authorities."""
    for name in (*PROXIES, *map(str.upper, PROXIES), "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine, with its key, which is its own authority."""
    return write_authority(tmp_path_factory.mktemp("tls") / "both.pem")


@pytest.fixture
def session() -> Iterator[Session]:
    """A session that tries once."""
    with Transport(Limits(attempt=10, budget=0)) as transport:
        yield transport.session("the service", headers={"Authorization": "bearer token"})


@pytest.fixture
def place() -> Iterator[Place]:
    """A service."""
    with Place().open() as opened:
        yield opened


@pytest.fixture
def secure(authority: Path) -> Iterator[Place]:
    """A service that speaks TLS."""
    with Place().open(authority) as opened:
        yield opened


@pytest.fixture(params=["http", "https"])
def proxy(request: pytest.FixtureRequest, authority: Path) -> Iterator[Place]:
    """A proxy, spoken to as it is and over TLS."""
    with Place().open(authority if request.param == "https" else None) as opened:
        yield opened


def with_user(proxy: Place) -> str:
    """Return a proxy's address with a user and a password that has to be escaped."""
    return f"{proxy.scheme}://us%40er:pa%3Ass@{proxy.address}"


def asked_with(proxy: Place) -> list[str]:
    """Return what the proxy was told of its user, decoded."""
    told = (headers["proxy-authorization"].removeprefix("Basic ") for _, _, headers, _ in proxy.asked)
    return [base64.b64decode(each).decode() for each in told]


def test_a_connection_is_kept_for_the_next_request(place: Place, session: Session) -> None:
    """Making one, over TLS, takes longer than most requests."""
    for number in range(3):
        session.post(f"{place.url}/{number}", json={"number": number})
    assert place.connections == 1
    assert [body for _, _, _, body in place.asked] == [b'{"number": 0}', b'{"number": 1}', b'{"number": 2}']


def test_a_connection_that_the_service_has_closed_is_not_used_again(place: Place, session: Session) -> None:
    """As one does that has waited for the next request long enough: it is no fault, and costs no second attempt."""
    place.hangs_up = True
    for _ in range(2):
        session.get(place.url)
        assert place.ended.acquire(timeout=10)
    assert place.connections == 2


def test_a_connection_that_ends_with_the_next_request_is_no_fault(place: Place, session: Session) -> None:
    """Its service had waited long enough; one that was just made and ends is a fault."""
    with Faults(place.url) as faults:
        session.get(faults.url)
        for number in (3, 5):
            faults.inject(Drop(forwarded=False))
            session.get(faults.url)
            assert faults.count() == number
    with Faults(place.url) as faults:
        faults.inject(Drop(forwarded=False))
        with pytest.raises(Error, match="WIRE001"):
            session.get(faults.url)
        assert faults.count() == 1


def test_a_connection_that_ends_late_is_a_fault(
    place: Place, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a service thought about for a while was not a farewell."""
    monkeypatch.setattr(connections, "_FAREWELL", -1.0)
    with Faults(place.url) as faults:
        session.get(faults.url)
        faults.inject(Drop(forwarded=False))
        with pytest.raises(Error, match="WIRE001"):
            session.get(faults.url)


def test_only_so_many_connections_are_kept(place: Place, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is closed after its request."""
    monkeypatch.setattr(connections, "MAX_KEPT", 0)
    for _ in range(2):
        session.get(place.url)
    assert place.connections == 2


def test_a_run_that_is_over_keeps_no_connection(place: Place) -> None:
    """Threads that are still asking close theirs."""
    with Transport(Limits()) as transport:
        session = transport.session("the service")
        session.get(place.url)
    for _ in range(2):
        session.get(place.url)
    assert place.connections == 3


@pytest.mark.parametrize(
    "answer",
    [
        ({"Transfer-Encoding": "chunked"}, b'3\r\n{"a\r\n5\r\n": 1}\r\n0\r\n\r\n'),
        ({}, b'{"a": 1}'),
        ({"Content-Length": "8", "Connection": "close"}, b'{"a": 1}'),
    ],
    ids=["chunked", "until the end", "last"],
)
def test_a_reply_is_read_whole_however_its_end_is_told(
    place: Place, session: Session, answer: tuple[dict[str, str], bytes]
) -> None:
    """By chunks, by the end of the connection, or by its length; the connection is used again where it can be."""
    place.answers["/"] = (200, *answer)
    for _ in range(2):
        assert session.get(f"{place.url}/").json() == {"a": 1}


def test_a_reply_that_ends_too_soon_is_no_reply(place: Place, session: Session) -> None:
    """Even where what is there could be read."""
    place.answers["/"] = (200, {"Content-Length": "9", "Connection": "close"}, b'{"a": 1}')
    with pytest.raises(Error, match="away") as raised:
        session.get(f"{place.url}/")
    assert raised.value.why == "the connection was lost"


def test_what_an_address_may_not_hold_is_escaped(place: Place, session: Session) -> None:
    """What is escaped already stays so."""
    session.get(f"{place.url}/a b/%2F?q=ü&r=1%202")
    assert place.asked[0][1] == "/a%20b/%2F?q=%C3%BC&r=1%202"


def test_a_credential_in_an_address_is_not_sent(place: Place, session: Session) -> None:
    """The token would be replaced by it."""
    session.get(f"http://somebody:else@{place.address}/")
    assert place.asked[0][2]["authorization"] == "bearer token"


def test_a_redirect_is_followed_without_the_credential_to_another_place(place: Place, session: Session) -> None:
    """What was sent to the one is read from the other."""
    with Place().open() as other:
        place.answers["/entries"] = (303, {"Location": f"{other.url}/there", "Content-Length": "0"}, b"")
        assert session.post(f"{place.url}/entries", json={"a": 1}).json() == {"target": "/there"}
    ((method, _, headers, body),) = other.asked
    assert (method, body) == ("GET", b"")
    assert not {"authorization", "content-type"} & set(headers)


def test_a_redirect_that_asks_for_the_same_gets_the_same(place: Place, session: Session) -> None:
    """With the credential, where the place is the same."""
    place.answers["/entries"] = (307, {"Location": "/v2/entries", "Content-Length": "0"}, b"")
    session.post(f"{place.url}/entries", json={"a": 1})
    method, target, headers, body = place.asked[1]
    assert (method, target, body) == ("POST", "/v2/entries", b'{"a": 1}')
    assert headers["authorization"] == "bearer token"


@pytest.mark.parametrize("status", [301, 302])
def test_a_service_that_has_moved_is_told_with_its_new_place(place: Place, session: Session, status: int) -> None:
    """What is sent would arrive there as a question; the trust configuration has to name it."""
    place.answers["/entries"] = (
        status,
        {"Location": "https://user:pw@log.example/entries", "Content-Length": "0"},
        b"",
    )
    with pytest.raises(Refused) as raised:
        session.post(f"{place.url}/entries", json={"a": 1})
    assert (raised.value.status, raised.value.message) == (status, "it has moved to log.example, over https")
    assert len(place.asked) == 1


def test_a_redirect_without_end_is_a_refusal(place: Place, session: Session) -> None:
    """It is followed three times."""
    place.answers["/"] = (302, {"Location": "/", "Content-Length": "0"}, b"")
    with pytest.raises(Refused, match="more than 3 redirects"):
        session.get(f"{place.url}/")
    assert len(place.asked) == MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    "location",
    ["http://[::1", "ftp://elsewhere.example/", "file:///etc/passwd", "http://:80/", "http://a.example:99999/"],
)
def test_a_redirect_to_no_address_is_a_refusal(place: Place, session: Session, location: str) -> None:
    """The service sent it, so it is no setting of the user's."""
    place.answers["/"] = (302, {"Location": location, "Content-Length": "0"}, b"")
    with pytest.raises(Refused, match="a redirect that is not followed"):
        session.get(f"{place.url}/")


def test_a_redirect_out_of_tls_is_not_followed(
    secure: Place, place: Place, session: Session, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token would come back in the clear."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
    secure.answers["/"] = (302, {"Location": f"{place.url}/", "Content-Length": "0"}, b"")
    with pytest.raises(Refused, match="a redirect that is not followed"):
        session.get(f"{secure.url}/")
    assert not place.asked


def test_a_proxy_is_asked_for_the_whole_address(
    proxy: Place, authority: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the user that its own address names."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
    monkeypatch.setenv("http_proxy", with_user(proxy))
    session.get("http://service.example:8080/a?b=c")
    assert [(method, target) for method, target, _, _ in proxy.asked] == [("GET", "http://service.example:8080/a?b=c")]
    assert proxy.asked[0][2]["host"] == "service.example:8080"
    assert asked_with(proxy) == ["us@er:pa:ss"]


def test_a_proxy_opens_one_tunnel_for_several_requests(
    proxy: Place, secure: Place, authority: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what is said in it the proxy learns nothing, nor the service of the proxy's user."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
    monkeypatch.setenv("https_proxy", with_user(proxy))
    for number in range(2):
        assert session.post(f"{secure.url}/{number}", json={}).json() == {"target": f"/{number}"}
    assert [(method, target) for method, target, _, _ in proxy.asked] == [("CONNECT", secure.address)]
    assert asked_with(proxy) == ["us@er:pa:ss"]
    assert "authorization" not in proxy.asked[0][2]
    assert all("proxy-authorization" not in headers for _, _, headers, _ in secure.asked)


def test_a_service_behind_a_proxy_is_verified(secure: Place, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy could else be anybody."""
    with Place().open() as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        with pytest.raises(Error) as raised:
            session.get(secure.url)
    assert raised.value.code == "WIRE002"


@pytest.mark.parametrize("variable", ["all_proxy", "ALL_PROXY", "http_proxy"])
def test_a_proxy_is_named_in_several_ways(
    place: Place, session: Session, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Also without the http:// in front."""
    monkeypatch.setenv(variable, place.address)
    session.get("http://service.example/")
    assert place.asked[0][1] == "http://service.example/"


@pytest.mark.parametrize("exempt", ["*", "127.0.0.1", "127.0.0.1:{port}", "10.0.0.0/8, 127.0.0.0/8", "x,127.0.0.1"])
def test_what_no_proxy_names_is_asked_itself(
    place: Place, session: Session, monkeypatch: pytest.MonkeyPatch, exempt: str
) -> None:
    """A host, a host with its port, or a network."""
    with Place().open() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", exempt.format(port=place.port))
        session.get(f"{place.url}/")
    assert (len(place.asked), len(proxy.asked)) == (1, 0)


@pytest.mark.parametrize("exempt", ["", "127.0.0.2", "10.0.0.0/8", "127.0.0.1:1", "nonsense/8"])
def test_what_no_proxy_does_not_name_goes_through_the_proxy(
    place: Place, session: Session, monkeypatch: pytest.MonkeyPatch, exempt: str
) -> None:
    """And nothing else reaches the service."""
    with Place().open() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", exempt)
        session.get(f"{place.url}/")
    assert (len(place.asked), len(proxy.asked)) == (0, 1)


@pytest.mark.parametrize("exempt", ["::1", "[::1]", "::/64", "10.0.0.0/8, [::1]"])
def test_an_address_of_ipv6_is_exempt_as_it_is_written(monkeypatch: pytest.MonkeyPatch, exempt: str) -> None:
    """With the brackets of an address in a URL, and without."""
    monkeypatch.setenv("http_proxy", "http://proxy.example")
    monkeypatch.setenv("no_proxy", exempt)
    assert proxy_of("http", "::1", 80) == ""
    assert proxy_of("http", "2001:db8::1", 80) == "http://proxy.example"


def test_a_proxy_where_nobody_listens_is_named(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not the service, which nobody has asked; without the credential."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    for scheme in ("http", "https"):
        monkeypatch.setenv(f"{scheme}_proxy", f"http://user:{HIDDEN}@{address}")
        with pytest.raises(Error) as raised:
            session.get(f"{scheme}://{scheme}.example/")
        assert raised.value.code == "WIRE001"
        assert raised.value.why == f"by the proxy {address}: the connection was refused"


def test_a_proxy_that_refuses_a_tunnel_is_quoted(
    place: Place, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may want a password."""
    place.answers["service.example:443"] = (407, {"Content-Length": "0"}, b"")
    monkeypatch.setenv("https_proxy", place.url)
    with pytest.raises(Error) as raised:
        session.get("https://service.example/")
    assert raised.value.why.startswith(f"the proxy {place.address} answered 407")


@pytest.mark.parametrize("address", [f"socks5://somebody:{HIDDEN}@127.0.0.1:1", "http://:80", "http://host:port"])
def test_a_proxy_that_cannot_be_spoken_to_is_a_wrong_setting(
    session: Session, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Nothing is tried again, and nothing of a credential shown."""
    monkeypatch.setenv("all_proxy", address)
    with pytest.raises(Error) as raised:
        session.get("https://service.example/")
    error = raised.value
    assert (error.code, error.status) == ("WIRE003", ExitStatus.USAGE)
    assert error.why.startswith("the address of the proxy that the environment names does not begin with")
    assert HIDDEN not in f"{error.what} {error.why} {error.fix}"


@pytest.mark.parametrize("address", ["", "service.example", "ftp://service.example/", "http://"])
def test_an_address_that_is_none_is_a_wrong_setting(session: Session, address: str) -> None:
    """It says what an address begins with."""
    with pytest.raises(Error, match="its address does not begin with http:// or https://") as raised:
        session.get(address)
    assert raised.value.code == "WIRE003"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("is_folder", [False, True], ids=["file", "folder"])
def test_an_authority_of_ones_own_is_named_by_a_variable(  # noqa: PLR0913, PLR0917 - fixtures and parameters
    secure: Place,
    authority: Path,
    session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    is_folder: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """A file, or a folder with files as OpenSSL names them."""
    if is_folder:
        pem = authority.read_bytes()
        # The name as OpenSSL hashes it: without the outermost header, and this one is in lower case already.
        name = x509.load_pem_x509_certificate(pem).subject.public_bytes()[2:]
        number = int.from_bytes(hashlib.sha1(name, usedforsecurity=False).digest()[:4], "little")
        (tmp_path / f"{number:08x}.0").write_bytes(pem)
    monkeypatch.setenv(variable, str(tmp_path if is_folder else authority))
    assert session.get(f"{secure.url}/").json() == {"target": "/"}


def test_an_authority_that_is_not_there_is_a_wrong_setting(
    secure: Place, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says which variable names what."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with pytest.raises(Error) as raised:
        session.get(secure.url)
    assert raised.value.code == "WIRE003"
    assert raised.value.why == f"REQUESTS_CA_BUNDLE names {tmp_path / 'none.pem'}, which is not there"


def test_another_hosts_certificate_is_not_trusted(
    secure: Place, authority: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever signed it."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
    with pytest.raises(Error) as raised:
        session.get(secure.url.replace("127.0.0.1", "localhost"))
    assert raised.value.code == "WIRE002"
    assert "localhost" in raised.value.why
