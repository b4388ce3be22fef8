"""Digests as locks write them."""

from __future__ import annotations

import pytest

from maximus.sbom import digests
from maximus.sbom.model import Location, Stated
from tests.lib.sbom.samples import sha1, sha256, sha512, sri

LINES = digests.DigestLines.of("a.lock", f"first\nhash = sha256:{sha256('a')}\nintegrity: {sri('a')}\n")


def test_knows_the_line_of_a_digest() -> None:
    """A digest is stated in a file and on a line, which the parsers of TOML and JSON do not tell."""
    found = digests.from_pair(f"sha256:{sha256('a')}", LINES)
    assert found is not None
    assert found.origin == Stated(Location("a.lock", 2))
    (other,) = digests.from_integrity(sri("a"), LINES)
    assert (other.value, other.origin) == (sha512("a"), Stated(Location("a.lock", 3)))


@pytest.mark.parametrize(
    "stated",
    ["", "sha256:", "sha256:xyz", f"sha256:{sha1('a')}", f"h1:{sha256('a')}", sha256("a"), f"sha512:{sha256('a')}"],
)
def test_a_digest_of_another_length_is_none(stated: str) -> None:
    """A text that is not a digest of the algorithm it names is never published."""
    assert digests.from_pair(stated, LINES) is None


def test_reads_several_in_one_integrity() -> None:
    """A lock may state more than one algorithm, with blanks between; wrong ones are left out."""
    found = digests.from_integrity(f"sha1-{'A' * 27}= {sri('a')} md5-x sha512-AAAA", LINES)
    assert [item.algorithm for item in found] == ["SHA-1", "SHA-512"]
