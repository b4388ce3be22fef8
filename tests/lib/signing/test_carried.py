"""What comes with sigstore and where it keeps things, without importing it: held to what it says itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sigstore._internal.tuf import DEFAULT_TUF_URL, STAGING_TUF_URL, _get_dirs
from sigstore._utils import read_embedded

import maximus
from maximus.signing.carried import PUBLIC_URL, carried
from maximus.signing.tuf import metadata_folder


@pytest.mark.parametrize("url", [DEFAULT_TUF_URL, STAGING_TUF_URL])
@pytest.mark.parametrize("name", ["root.json", "trusted_root.json"])
def test_the_roots_that_came_along_are_sigstores_own(name: str, url: str) -> None:
    """Byte for byte what sigstore-python reads of itself."""
    assert carried(name, url) == read_embedded(name, url)


def test_the_folders_are_those_that_sigstore_uses() -> None:
    """What one of the two has fetched, the other need not fetch again."""
    assert metadata_folder(DEFAULT_TUF_URL) == _get_dirs(DEFAULT_TUF_URL)[0]
    assert PUBLIC_URL == DEFAULT_TUF_URL


def test_a_root_is_fetched_without_sigstores_models() -> None:
    """Neither TUF nor a root that came along loads the models, which are half of a verification's start."""
    code = (
        "import sys, maximus.signing.tuf, maximus.verification.instances\n"
        "print(sorted(name for name in sys.modules if name.startswith(('pydantic', 'sigstore_models', 'sigstore.'))))"
    )
    lib = str(Path(maximus.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {lib!r})\n{code}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "[]"
