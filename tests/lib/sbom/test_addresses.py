"""Addresses out of locks."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.sbom import addresses


@pytest.mark.parametrize(
    ("stated", "published"),
    [
        ("https://registry.example/a/-/a-1.0.0.tgz", "https://registry.example/a/-/a-1.0.0.tgz"),
        ("https://registry.example/@a%2fb/-/b-1.tgz", "https://registry.example/@a%2fb/-/b-1.tgz"),
        ("https://user:pass@registry.example/a.tgz", "https://registry.example/a.tgz"),
        ("https://registry.example/a.tgz?token=x#y", "https://registry.example/a.tgz"),
        ("HTTPS://Registry.Example:8443/a b.tgz", "https://registry.example:8443/a%20b.tgz"),
        ("ssh://git@git.example/a/b.git", "ssh://git.example/a/b.git"),
        ("file:///home/ada/secret.tgz", ""),
        ("javascript:alert(1)", ""),
        ("https://", ""),
        ("https://[::1/x", ""),
        ("https://host:99999/x", ""),
        ("https://exa mple/x", ""),
        ("", ""),
        ("https://registry.example/" + "a" * 9000, ""),
    ],
)
def test_publishes_only_what_is_clean(stated: str, published: str) -> None:
    """User, password, query and fragment go; what is no public address is left out."""
    assert addresses.clean(stated) == published


@given(st.text(max_size=60))
def test_a_cleaned_address_is_an_address(text: str) -> None:
    """Whatever stands behind the host, the result has no blank, no quote and no broken escape."""
    made = addresses.clean("https://registry.example/" + text)
    assert re.fullmatch(r"https://registry\.example/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*", made)


@pytest.mark.parametrize(
    ("stated", "written"),
    [
        ("git+https://git.example/a/b.git", "git+https://git.example/a/b.git@c0ffee"),
        ("git@git.example:a/b.git", "git+ssh://git.example/a/b.git@c0ffee"),
        ("https://token@git.example/a/b?rev=main#x", "git+https://git.example/a/b@c0ffee"),
        ("not an address", ""),
    ],
)
def test_writes_repositories_one_way(stated: str, written: str) -> None:
    """Every spelling of a git address becomes `git+scheme://host/path@commit`."""
    assert addresses.vcs_url(stated, "c0ffee") == written


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ("https://registry.example/a/-/a-1.0.0.tgz", "a-1.0.0.tgz"),
        ("https://registry.example/a%2Db.whl?x=1", "a-b.whl"),
        ("wheels/a.whl", "a.whl"),
        ("https://registry.example/..", ""),
        ("https://registry.example/", ""),
        ("https://registry.example/a%5Cb", ""),
    ],
)
def test_names_the_file_at_an_address(stated: str, name: str) -> None:
    """The base name without its escapes; nothing that a file system could misunderstand."""
    assert addresses.file_name(stated) == name


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no https://ada:pw@host.example/a?t=1#x here", "no https://host.example/a here"),
        ("'git+ssh://token@git.example/c.git@main'", "'git+ssh://git.example/c.git@main'"),
        ("https://registry.example/@scope/a", "https://registry.example/@scope/a"),
        ("https://conda.example/t/tk-1/channel/a.conda", "https://conda.example/channel/a.conda"),
        ("x==1 and nothing else", "x==1 and nothing else"),
        ("a://b@c d://e@f", "a://c d://f"),
    ],
)
def test_what_is_told_of_an_address(text: str, told: str) -> None:
    """In a warning about a lock, an address stands without what could be a secret."""
    assert addresses.told(text) == told


def test_a_channels_token_is_not_published() -> None:
    """Conda's servers take it as a part of the path."""
    assert addresses.clean("https://conda.example/t/tk-1/channel/a.conda") == "https://conda.example/channel/a.conda"


@given(st.text(max_size=40), st.text(alphabet="abc123", min_size=8, max_size=12))
def test_a_password_is_never_told(around: str, secret: str) -> None:
    """Whatever stands around the address."""
    text = f"{around.replace(secret, '')} https://ada:{secret}@host.example/x {around.replace(secret, '')}"
    assert secret not in addresses.told(text)
