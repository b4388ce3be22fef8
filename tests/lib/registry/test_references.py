"""References to images: what people write, and what is none."""

from __future__ import annotations

import pytest

from maximus.errors import Error, ExitStatus
from maximus.registry.references import Reference, parse_reference

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("registry.example/app:1.0", Reference("registry.example", "app", "1.0")),
        (f"registry.example/o/app@{DIGEST}", Reference("registry.example", "o/app", "", DIGEST)),
        (f"registry.example:5000/o/a_b-c.d:v1@{DIGEST}", Reference("registry.example:5000", "o/a_b-c.d", "v1", DIGEST)),
        ("localhost/app:1", Reference("localhost", "app", "1")),
        ("localhost:5000/app:1", Reference("localhost:5000", "app", "1")),
        ("127.0.0.1:5000/a/b/c:1", Reference("127.0.0.1:5000", "a/b/c", "1")),
    ],
)
def test_reads_what_people_write(text: str, expected: Reference) -> None:
    """And writes it again as it was."""
    assert parse_reference(text) == expected
    assert str(parse_reference(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "app", "app:1", "o/app:1", "registry.example/app", "registry.example/App:1", "registry.example/:1"),
        *("registry.example/a//b:1", "registry.example/../b:1", "registry.example/a:", "registry.example/a:-x"),
        *("https://registry.example/a:1", "registry.example/a@sha256:00", f"registry.example/a@sha512:{'a' * 128}"),
        *("registry.example/a b:1", "registry.example/a:1\n", "u:p@registry.example/a:1", f"r.example/{'a' * 256}:1"),
        f"registry.example/a@{DIGEST.upper()}",
    ],
)
def test_refuses_what_is_no_whole_reference(text: str) -> None:
    """Nothing is assumed: neither a registry nor a tag."""
    with pytest.raises(Error, match="IMAGE001") as caught:
        parse_reference(text)
    assert caught.value.status is ExitStatus.USAGE


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        *(("localhost", True), ("localhost:5000", True), ("127.0.0.1:1", True)),
        *(("localhost.example", False), ("127.0.0.1.example", False), ("10.0.0.1:80", False), ("127.0.0.2:1", False)),
    ],
)
def test_speaks_plain_http_with_this_machine_only(host: str, *, is_loopback: bool) -> None:
    """Everybody else is spoken to encrypted."""
    assert parse_reference(f"{host}/a:1").is_loopback is is_loopback
