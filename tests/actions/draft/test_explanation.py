"""`draft --check`: a configuration explained at a desk."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from actions import draft
from actions.terminal import TerminalFace
from maximus.errors import Error

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OLD = "# ours\nexclude-labels: [skip]  # not these\ntemplate: $CHANGES\n"


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Explain a tree's configuration with no network, no token and no git in reach; return status and text."""
    monkeypatch.setattr("socket.socket.connect", _refuse)

    def run(text: str | None = None, **inputs: Any) -> tuple[int, str]:  # noqa: ANN401 - of each input's type
        if text is not None:
            (tmp_path / ".github").mkdir(exist_ok=True)
            (tmp_path / ".github" / "release-drafter.yml").write_text(text, encoding="utf-8")
        shown = io.StringIO()
        face = TerminalFace({}, "draft", as_json=False, stream=shown, errors=shown)
        draft.run(draft.Inputs(check=True, path=str(tmp_path), **inputs), face)
        return face.record.exit_status, shown.getvalue()

    return run


def _refuse(*_: object) -> None:
    raise AssertionError("a check needs no network")


def test_each_key_is_explained(check: Callable[..., tuple[int, str]]) -> None:
    """Key, line, what it does, and the modern form of what is old."""
    status, text = check(OLD)
    assert status == 0
    assert "Leaves out pull requests" in text
    assert "pre-exclude" in text
    assert "release-drafter.yml:2" in text


def test_the_modern_form_is_written_where_it_is_asked_for(
    check: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    """With its comments; the configuration itself stays as it is."""
    target = tmp_path / "modern.yml"
    _, text = check(OLD, modernised=str(target))
    assert target.read_text(encoding="utf-8").startswith("# ours\n")
    assert "pre-exclude" in target.read_text(encoding="utf-8")
    assert (tmp_path / ".github" / "release-drafter.yml").read_text(encoding="utf-8") == OLD
    assert "became a category" in text


def test_a_file_that_is_there_is_replaced_only_when_asked(
    check: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    """The configuration itself included."""
    config = tmp_path / ".github" / "release-drafter.yml"
    with pytest.raises(Error) as caught:
        check(OLD, modernised=str(config))
    assert caught.value.code == "DRAFT031"
    assert config.read_text(encoding="utf-8") == OLD
    check(OLD, modernised=str(config), overwrite=True)
    assert "pre-exclude" in config.read_text(encoding="utf-8")


def test_faults_are_told_at_once(check: Callable[..., tuple[int, str]]) -> None:
    """Each with its key and line, as a usage error."""
    with pytest.raises(Error) as caught:
        check("template: 1\nsort-by: 2\n")
    assert (caught.value.code, caught.value.status, caught.value.why.count("yml:")) == ("NOTES002", 2, 2)


def test_a_tree_without_a_configuration_is_a_usage_error(check: Callable[..., tuple[int, str]]) -> None:
    """There is nothing to explain."""
    with pytest.raises(Error) as caught:
        check()
    assert (caught.value.code, caught.value.status) == ("DRAFT030", 2)


def test_another_repositorys_file_is_left_out_with_a_warning(check: Callable[..., tuple[int, str]]) -> None:
    """It would take a network."""
    status, text = check("_extends: other\ntemplate: x\n")
    assert status == 0
    assert "left out" in text


def test_the_meanings_of_version_6_can_be_asked_for(check: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    """`compat` counts here as it does in a run."""
    text = "categories:\n  - title: A\n    label: a\n    collapse-after: 0\n"
    assert "always collapses" in check(text)[1]
    _, told = check(text, compat="v6", modernised=str(tmp_path / "new.yml"))
    assert "always collapses" not in told
    assert "collapse-after: -1" in (tmp_path / "new.yml").read_text(encoding="utf-8")
