"""The files of a release: what is sent, what is replaced, what differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from maximus.errors import Error, ExitStatus
from maximus.github.assets import Asset, LocalFile, asset_name, compare, plan, refuse_unfit


def local(name: str, sha256: str = "a", size: int = 1) -> LocalFile:
    """Return a file of ours."""
    return LocalFile(name, Path(name), size, sha256)


def there(name: str, sha256: str = "a", size: int = 1, *, whole: bool = True) -> Asset:
    """Return a file as GitHub has it."""
    return Asset(1, name, size, sha256, whole)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("app-1.2.3.whl", "app-1.2.3.whl"),
        ("a b (1).txt", "a.b.1.txt"),
        (".hidden", "default.hidden"),
        ("é.txt", "e.txt"),
        ("a..b", "a.b"),
        ("sbom.spdx.json.sigstore.json", "sbom.spdx.json.sigstore.json"),
    ],
)
def test_the_name_is_the_one_that_github_keeps(given: str, kept: str) -> None:
    """So that a file is found again under the name it was given."""
    assert asset_name(given) == kept


def test_what_is_there_stays_and_what_differs_is_replaced() -> None:
    """By digest; a broken upload blocks the name and goes."""
    files = [local("same"), local("new"), local("other", "b"), local("broken"), local("unknown")]
    assets = [there("same"), there("other"), there("broken", whole=False), there("unknown", ""), there("foreign", "z")]
    made = plan(files, assets)
    assert [file.name for file in made.kept] == ["same"]
    assert [file.name for file in made.upload] == ["new", "other", "broken", "unknown"]
    assert [asset.name for asset in made.remove] == ["other", "broken", "unknown"]


@pytest.mark.parametrize(
    ("asset", "reason"),
    [
        (None, "it is not there"),
        (there("f", whole=False), "its upload was not finished"),
        (there("f", "b"), "GitHub has b, the folder a"),
        (there("f", "", 2), "GitHub has 2 bytes, the folder 1"),
        (there("f", ""), "GitHub tells no digest"),
    ],
)
def test_every_difference_has_its_reason(asset: Asset | None, reason: str) -> None:
    """No digest is no proof."""
    [found] = compare([local("f")], [asset] if asset else [])
    assert found.reason == reason


def test_equal_files_do_not_differ() -> None:
    """Whatever else the release holds."""
    assert compare([local("f")], [there("f"), there("more", "x")]) == ()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([local("a", size=0)], "a is empty"),
        ([local("a", size=2 << 30)], "2 GiB"),
        ([local("a"), local("a")], "same name"),
        ([local(f"f{n}") for n in range(1001)], "more than 1000"),
    ],
)
def test_what_github_cannot_hold_is_refused(files: list[LocalFile], said: str) -> None:
    """Before anything is sent."""
    with pytest.raises(Error) as caught:
        refuse_unfit(files)
    assert (caught.value.code, caught.value.status) == ("HUB016", ExitStatus.USAGE)
    assert said in caught.value.why
