"""Identity tokens from an issuer that speaks as the runner's does."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING

import pytest

from maximus.errors import Error, ExitStatus
from maximus.signing.tokens import TokenSource, claims_of
from maximus.signing.transport import Limits, Transport
from tests.stack.faults import Answer, Faults
from tests.stack.issuer import Issuer, request_url

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer of our own."""
    with Issuer() as issuer:
        yield issuer


@pytest.fixture
def transport() -> Iterator[Transport]:
    """A transport that gives up soon."""
    with Transport(Limits(budget=0.3)) as transport:
        yield transport


def test_a_token_is_for_sigstore_and_says_who_the_job_is(issuer: Issuer, transport: Transport) -> None:
    """The audience is added to whatever query the runner's address has."""
    token = TokenSource(transport, request_url(issuer.url), "bearer", lambda _: None).fetch()
    claims = token.claims
    assert (claims["aud"], claims["repository"], claims["iss"]) == ("sigstore", "octo/app", issuer.url)


def test_the_request_is_the_runners(issuer: Issuer, transport: Transport) -> None:
    """Its query is kept, the audience stands there once, the bearer is in the header alone."""
    with Faults(issuer.url) as faults:
        url = f"{faults.url}/token?api-version=2.0&audience=other"
        TokenSource(transport, url, "the-bearer", lambda _: None).fetch()
        (request,) = faults.requests
    assert request.path == "/token?api-version=2.0&audience=sigstore"
    assert request.headers["authorization"] == "bearer the-bearer"


def test_what_is_secret_is_masked_before_anything_else(issuer: Issuer, transport: Transport) -> None:
    """The bearer before it is sent, the token before it is looked at."""
    masked: list[str] = []
    source = TokenSource(transport, request_url(issuer.url, lifetime=0), "the-bearer", masked.append)
    with pytest.raises(Error):
        source.fetch()
    assert masked[0] == "the-bearer"
    assert claims_of(masked[1])["iss"] == issuer.url


def test_a_source_shows_nothing_secret(transport: Transport) -> None:
    """Its representation is the issuer's host."""
    source = TokenSource(transport, "https://issuer.example/x?secret=1", "the-bearer", lambda _: None)
    assert repr(source) == "TokenSource(issuer.example)"


@pytest.mark.parametrize(
    ("claims", "lifetime", "why"),
    [
        ({"aud": "other"}, None, "it is for 'other' and not for 'sigstore'"),
        ({"sub": None}, None, "it lacks sub"),
        ({}, 0, "it ran out "),
        ({"nbf": 4102444800, "iat": 4102444800, "exp": 4102448400}, None, "it begins in "),
    ],
)
def test_a_token_that_cannot_be_signed_with_is_explained(
    issuer: Issuer, transport: Transport, claims: dict[str, str | int | None], lifetime: int | None, why: str
) -> None:
    """In plain words; the token itself is not shown."""
    with pytest.raises(Error) as raised:
        TokenSource(transport, request_url(issuer.url, claims, lifetime=lifetime), "b", lambda _: None).fetch()
    error = raised.value
    assert (error.code, error.status) == ("TOKEN002", ExitStatus.OUTSIDE)
    assert error.why.startswith(why)


def test_a_clock_a_moment_behind_the_issuers_is_forgiven(issuer: Issuer, transport: Transport) -> None:
    """sigstore-python itself compares with no leeway."""
    begin = time.time() + 0.4
    url = request_url(issuer.url, {"nbf": begin})  # type: ignore[dict-item]  # a time may have a fraction
    TokenSource(transport, url, "b", lambda _: None).fetch()
    assert time.time() >= begin


def test_a_job_that_is_refused_is_told_the_issuers_words(issuer: Issuer, transport: Transport) -> None:
    """Once: asking again would not change it."""
    with Faults(issuer.url) as faults:
        faults.inject(Answer(403, body=b'{"message": "no id-token permission"}'), times=9)
        with pytest.raises(Error, match="refused") as raised:
            TokenSource(transport, request_url(faults.url), "b", lambda _: None).fetch()
        assert faults.count() == 1
    assert (raised.value.code, raised.value.why) == ("TOKEN001", "HTTP 403 no id-token permission")


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"value": 1}', b'{"value": "x.y"}', b'{"value": "x.bnVsbA.y"}'])
def test_an_answer_without_a_token_is_explained(issuer: Issuer, transport: Transport, body: bytes) -> None:
    """Whatever JSON it is."""
    with Faults(issuer.url) as faults:
        faults.inject(Answer(200, body=body))
        with pytest.raises(Error) as raised:
            TokenSource(transport, request_url(faults.url), "b", lambda _: None).fetch()
    assert raised.value.code == "TOKEN002"


def test_an_issuer_that_is_away_is_named(issuer: Issuer, transport: Transport) -> None:
    """With its host, as something outside that failed."""
    with Faults(issuer.url) as faults, faults.down(), pytest.raises(Error) as raised:
        TokenSource(transport, request_url(faults.url), "b", lambda _: None).fetch()
    assert (raised.value.code, raised.value.status) == ("WIRE001", ExitStatus.OUTSIDE)
    assert raised.value.where == faults.url.removeprefix("http://")


@pytest.mark.parametrize("bearer", ["s3cret\n", "s3cret\r\nX-Other: 1", "s3cr\u20act", "s3cret 1"])
def test_a_bearer_that_no_request_can_carry_is_not_shown(issuer: Issuer, transport: Transport, bearer: str) -> None:
    """The standard library would quote it in its refusal; nothing is sent."""
    with Faults(issuer.url) as faults, pytest.raises(Error) as raised:
        TokenSource(transport, request_url(faults.url), bearer, lambda _: None).fetch()
    assert (raised.value.code, raised.value.status) == ("TOKEN003", ExitStatus.USAGE)
    assert "s3cr" not in str(raised.value)
    assert faults.count() == 0


@pytest.mark.parametrize("end", ["\n", "\r\nX-Other: 1", "\u20ac", " "])
def test_a_token_that_no_request_can_carry_is_not_shown(issuer: Issuer, transport: Transport, end: str) -> None:
    """Fulcio would never get it, and its refusal would quote it."""
    raw = TokenSource(transport, request_url(issuer.url), "b", lambda _: None).fetch().raw
    with Faults(issuer.url) as faults:
        faults.inject(Answer(200, body=json.dumps({"value": raw + end}).encode()))
        with pytest.raises(Error) as raised:
            TokenSource(transport, request_url(faults.url), "b", lambda _: None).fetch()
    assert raised.value.code == "TOKEN002"
    assert raw[:20] not in str(raised.value)


@pytest.mark.parametrize(
    "said",
    [b"[" * 100_000, b'{"exp": NaN}', b'{"exp": 1e999}', b'{"sub": "\\ud800"}', b'{"exp": 1, "exp": 2}', b"\xff"],
)
def test_claims_that_nobody_else_reads_are_none(said: bytes) -> None:
    """Too deep, no number, no text: what no reader of the certificate could make sense of."""
    assert claims_of(f"x.{base64.urlsafe_b64encode(said).decode().rstrip('=')}.y") == {}


def test_a_time_beyond_all_numbers_is_told_as_one(issuer: Issuer, transport: Transport) -> None:
    """An `nbf` of 400 digits is a time that has not come."""
    claims = {"iss": "i", "sub": "s", "aud": "sigstore", "iat": 1, "exp": 10**400, "nbf": 10**400}
    raw = f"x.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.y"
    with Faults(issuer.url) as faults:
        faults.inject(Answer(200, body=json.dumps({"value": raw}).encode()))
        with pytest.raises(Error) as raised:
            TokenSource(transport, request_url(faults.url), "b", lambda _: None).fetch()
    assert raised.value.why.startswith("it begins in inf s")


@pytest.mark.parametrize("url", ["http://[::1", "issuer.example", "http://issuer.example:port/", ""])
def test_an_address_that_is_none_is_a_wrong_setting(transport: Transport, url: str) -> None:
    """Whatever the environment has there."""
    with pytest.raises(Error) as raised:
        TokenSource(transport, url, "b", lambda _: None).fetch()
    assert (raised.value.code, raised.value.status) == ("WIRE003", ExitStatus.USAGE)


def test_a_credential_in_the_issuers_address_is_not_shown(issuer: Issuer, transport: Transport) -> None:
    """The issuer is named by its host alone."""
    with Faults(issuer.url) as faults:
        faults.inject(Answer(403))
        url = request_url(faults.url).replace("http://", "http://user:s3cret@")
        source = TokenSource(transport, url, "b", lambda _: None)
        with pytest.raises(Error) as raised:
            source.fetch()
    assert "s3cret" not in f"{raised.value}{source!r}"
