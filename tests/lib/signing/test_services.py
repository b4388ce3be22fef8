"""Which services a signing configuration names, held against sigstore-python's reading of the same."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from typing import Any

import pytest
from sigstore.models import SigningConfig
from sigstore_models.trustroot import v1 as trustroot

from maximus.signing.carried import PUBLIC_URL, carried
from maximus.signing.services import MAX_SERVICES, LogService, Services, read_services

NOW = dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
EVER = {"start": "2020-01-01T00:00:00Z"}


def service(url: str, version: int = 1, *, operator: str = "a", valid: dict[str, str] | None = None) -> dict[str, Any]:
    """Return a service as a configuration names it."""
    return {"url": url, "majorApiVersion": version, "validFor": valid or EVER, "operator": operator}


def config(**changes: object) -> dict[str, Any]:
    """Return a configuration that can be signed with."""
    return {
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": [service("https://fulcio.example")],
        "oidcUrls": [service("https://oidc.example")],
        "rekorTlogUrls": [service("https://rekor.example")],
        "tsaUrls": [service("https://tsa.example/api/v1/timestamp")],
        "rekorTlogConfig": {"selector": "ANY"},
        "tsaConfig": {"selector": "ANY"},
    } | changes


def theirs(document: dict[str, Any]) -> Services:
    """Return what sigstore-python takes from a configuration."""
    read = SigningConfig(trustroot.SigningConfig.from_json(json.dumps(document)))
    log, *_ = read.get_tlogs()
    url, _, version = str(log.url).rpartition("/api/v")  # type: ignore[attr-defined]  # each client has one
    stampers = tuple(each.url for each in read.get_tsas())
    return Services(read.get_fulcio().url.rstrip("/"), LogService(url, int(version)), stampers)


def test_the_public_instances_services_are_read() -> None:
    """Fulcio, Rekor v1 and a timestamp authority, as they came along."""
    document = json.loads(carried("signing_config.v0.2.json", PUBLIC_URL))
    found = read_services(document, dt.datetime.now(dt.UTC))
    assert found == theirs(document)
    assert (found.log.version, found.log.gives_time, len(found.stampers)) == (1, True, 1)
    assert [name for name, _ in found.named] == ["Fulcio", "Rekor", "the timestamp authority"]


PAST = {"start": "2020-01-01T00:00:00Z", "end": "2021-01-01T00:00:00Z"}
FUTURE = {"start": "2120-01-01T00:00:00Z"}
LOGS = (
    service("https://one.example", 1),
    service("https://two.example", 2),
    service("https://three.example", 3),
    service("https://old.example", 2, valid=PAST),
    service("https://next.example", 2, valid=FUTURE),
    service("https://other.example", 1, operator="b"),
)


@pytest.mark.parametrize("selector", ["ANY", "ALL", "EXACT"])
def test_services_are_chosen_as_sigstore_python_does(selector: str) -> None:
    """Valid now, of a version that is known, the highest of each operator, as many as the selector says."""
    stampers = [service(f"https://{number}.example/t", operator=str(number)) for number in range(3)]
    asked = {"selector": selector} | ({"count": 2} if selector == "EXACT" else {})
    now = dt.datetime.now(dt.UTC)
    usable = (LOGS[0], LOGS[1], LOGS[-1])
    orders = [order for order in itertools.permutations(LOGS, 3) if any(each in usable for each in order)]
    for order in orders:
        document = config(rekorTlogUrls=list(order), tsaUrls=stampers, tsaConfig=asked)
        assert read_services(document, now) == theirs(document)
    assert len(orders) > 100


def test_a_period_is_closed_at_both_ends() -> None:
    """In its first and in its last second a service is valid."""
    valid = {"start": "2026-09-01T00:00:00Z", "end": "2026-09-02T00:00:00Z"}
    document = config(caUrls=[service("https://fulcio.example", valid=valid)])
    for now in (NOW, NOW + dt.timedelta(days=1)):
        assert read_services(document, now).authority == "https://fulcio.example"
    for now in (NOW - dt.timedelta(seconds=1), NOW + dt.timedelta(days=1, seconds=1)):
        with pytest.raises(ValueError, match="names no Fulcio"):
            read_services(document, now)


def test_a_period_may_begin_with_the_first_year() -> None:
    """In whatever zone: nothing is reckoned with it."""
    valid = {"start": "0001-01-01T00:00:00+14:00", "end": "9999-12-31T23:59:59-14:00"}
    document = config(caUrls=[service("https://fulcio.example", valid=valid)])
    assert read_services(document, NOW).authority == "https://fulcio.example"


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (None, "malformed"),
        ([], "malformed"),
        ({}, "'mediaType' is missing"),
        (config(mediaType="other"), "of the kind 'other'"),
        (config(caUrls=[]), "names no Fulcio"),
        (config(rekorTlogUrls=[service("https://x.example", 3)]), "names no Rekor"),
        (config(caUrls=[{"url": "https://x.example"}]), "'majorApiVersion' is missing"),
        (config(caUrls=[service("ftp://x.example")]), "'ftp://x.example', which is no address"),
        (config(caUrls=[service("https://[::1")]), "'https://\\[::1', which is no address"),
        (config(caUrls=[service("https://x.example:port")]), "which is no address"),
        (config(tsaUrls=[service("https://")]), "'https://', which is no address"),
        (config(caUrls=[service("https://x.example")] * (MAX_SERVICES + 1)), "65 services"),
        (config(tsaConfig={"selector": "EXACT", "count": 2}), "asks for 2 services of a kind and names 1"),
        (config(tsaConfig={"selector": "EXACT", "count": -1}), "asks for -1 services of a kind and names 1"),
        (config(caUrls=[service("https://x.example", valid={"start": "yesterday"})]), "yesterday"),
    ],
)
def test_what_cannot_be_signed_with_is_said_in_words(document: object, why: str) -> None:
    """As a ValueError, which becomes the error about the trust configuration."""
    with pytest.raises(ValueError, match=why):
        read_services(document, NOW)
