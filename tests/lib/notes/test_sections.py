"""Our own sections, and the limit on a release's body."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from maximus import markdown
from maximus.notes.limits import MAX_BODY, fit
from maximus.notes.sections import list_artifacts, list_attachments, sections

if TYPE_CHECKING:
    from pathlib import Path


def filled(folder: Path, *names: str) -> Path:
    """Write files with their name as content."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    return folder


def test_the_evidence_is_not_attached(tmp_path: Path) -> None:
    """All else is, bundles too."""
    folder = filled(tmp_path, "a.whl", "a.whl.sigstore.json", "evidence/notes.md")
    assert [path.name for path in list_attachments(folder)] == ["a.whl", "a.whl.sigstore.json"]


def test_each_file_stands_with_its_bundle(tmp_path: Path) -> None:
    """One bundle each, or the one over all of them, or none."""
    each = filled(tmp_path / "each", "a", "a.sigstore.json", "b")
    one = filled(tmp_path / "one", "a", "release.sigstore.json")
    found = [(item.name, item.bundle) for folder in (each, one) for item in list_artifacts(folder)]
    assert found == [("a", "a.sigstore.json"), ("b", ""), ("a", "release.sigstore.json")]


def test_the_section_has_name_size_and_digest(tmp_path: Path) -> None:
    """Read from the file itself; an unsigned one says so."""
    text = sections(filled(tmp_path, "a.whl"))
    assert f"| `a.whl` | 5 | `{hashlib.sha256(b'a.whl').hexdigest()}` | not signed |" in text


def test_the_command_stands_as_given(tmp_path: Path) -> None:
    """A fenced block that can be pasted."""
    assert "```sh\nmaximus verify --folder .\n```\n" in sections(tmp_path, "maximus verify --folder .")


def test_nothing_to_say_is_nothing(tmp_path: Path) -> None:
    """No folder, no section: the body of a plain configuration is not touched."""
    assert sections(tmp_path / "none") == ""


def test_a_file_name_cannot_break_the_table(tmp_path: Path) -> None:
    """Its name goes through the escaping writer."""
    text = sections(filled(tmp_path, "a|b`c"))
    assert f"| {markdown.code('a|b`c')} | 5 |" in text


def test_a_body_within_the_limit_is_left_alone() -> None:
    """Byte for byte."""
    assert fit("x" * MAX_BODY, "") == ("x" * MAX_BODY, 0)


def test_a_longer_body_loses_whole_lines_and_keeps_our_sections() -> None:
    """The rest is counted, and an open fold is closed."""
    lines = "".join(f"line {n}\n" for n in range(30_000))
    body, cut = fit(f"<details>\n{lines}</details>\n", "SECTIONS")
    assert len(body) <= MAX_BODY
    assert body.endswith("SECTIONS")
    assert f"{cut:,} more lines" in body
    assert body.count("<details>") == body.count("</details>")


def test_characters_beyond_the_basic_plane_count_twice() -> None:
    """GitHub does not say what it counts, so the larger count holds."""
    assert fit("🚀\n" * 50_000, "")[1] > 0
