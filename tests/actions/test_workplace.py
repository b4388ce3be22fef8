"""A tree that is there, and a repository by its whole name: the same for every action."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.workplace import check_repository, find_tree, home_of, is_repository
from maximus.errors import Error, ExitStatus


def test_a_tree_is_a_folder(tmp_path: Path) -> None:
    """A file is none, and neither is what is not there: that is a usage error which names it."""
    (tmp_path / "file").write_bytes(b"")
    assert find_tree(str(tmp_path)) == Path(tmp_path)
    for name in ("file", "nowhere"):
        with pytest.raises(Error, match=name) as caught:
            find_tree(str(tmp_path / name))
        assert (caught.value.code, caught.value.status) == ("RUN022", ExitStatus.USAGE)


@pytest.mark.parametrize("text", ["", "app", "octo/", "/app", "octo/app/more", "octo/a b", "octo/app\n"])
def test_half_a_name_is_no_repository(text: str) -> None:
    """Owner and name, with one slash between them and nothing else."""
    assert not is_repository(text)
    with pytest.raises(Error) as caught:
        check_repository(text)
    assert (caught.value.code, caught.value.where) == ("RUN023", "GITHUB_REPOSITORY")


def test_a_whole_name_is_a_repository() -> None:
    """Dots, dashes and underscores are part of names."""
    check_repository("octo-org/app.js_2")


def test_a_user_without_a_home_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may run as a number that nobody has a name for."""

    def nobody() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", nobody)
    assert home_of({"HOME": "/somewhere"}) == Path("/somewhere")
    with pytest.raises(Error) as caught:
        home_of({})
    assert (caught.value.code, caught.value.status) == ("RUN024", ExitStatus.USAGE)
