"""Which instance is meant, and how old a root is, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from maximus.verification.instances import expiry_words, find_trust, read_instance

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", "https://tuf-repo-cdn.sigstore.dev"),
        ("public", "https://tuf-repo-cdn.sigstore.dev"),
        ("staging", "https://tuf-repo-cdn.sigstage.dev"),
        ("https://mirror.example/tuf/", "https://mirror.example/tuf"),
    ],
)
def test_an_instance_has_its_repository(text: str, url: str) -> None:
    """A mirror is asked in the place of the public one's repository, and believed by the public one's root."""
    instance = read_instance(text)
    assert instance.url == url
    assert instance.home == url or "mirror" in text


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (2, "to be renewed by 2026-11-22"),
        (0, "to be renewed by 2026-11-20"),
        (-1, "it should have been renewed by 2026-11-19, 1 day ago"),
        (-9, "it should have been renewed by 2026-11-11, 9 days ago"),
    ],
)
def test_a_roots_age_is_said_in_words(days: int, words: str) -> None:
    """Until its day it is to be renewed, after it that is overdue."""
    import dataclasses  # noqa: PLC0415 - this test's only

    trust = find_trust(read_instance(""), None, offline=True)
    expires = (NOW + timedelta(days=days)).isoformat().replace("+00:00", "Z")
    assert expiry_words(dataclasses.replace(trust, expires=expires), NOW) == words
    assert expiry_words(dataclasses.replace(trust, expires=""), NOW) == ""


def test_offline_nothing_is_asked_and_a_file_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that is named is the root, and the one that came along is where none is; no socket is opened."""
    import socket  # noqa: PLC0415 - this test's only

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    from maximus.signing.carried import PUBLIC_URL, carried  # noqa: PLC0415 - likewise

    path = tmp_path / "root.json"
    path.write_bytes(carried("trusted_root.json", PUBLIC_URL))
    here, along = (find_trust(read_instance(""), config, offline=True) for config in (Path(path), None))
    assert (here.origin.value, along.origin.value, here.sha256) == ("file", "embedded", along.sha256)
    assert (here.expires, bool(along.expires)) == ("", True)
