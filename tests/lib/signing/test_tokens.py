"""Identity tokens from an issuer that speaks as the runner's does."""

from __future__ import annotations

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
