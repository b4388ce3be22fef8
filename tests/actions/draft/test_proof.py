"""Sections that prove a release, in drafts on the fake GitHub: placed, validated, held against the files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.actions.draft.drafting import REPOSITORY, configured, drafts, release_folder
from tests.fakehub.__main__ import EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.actions.draft.drafting import Run
    from tests.fakehub.fixtures import FakeHub

PLAIN = "name-template: v$RESOLVED_VERSION\ntag-template: v$RESOLVED_VERSION\n"
PASS = {"check": "verify.log", "status": "pass", "inspected": 3, "measured": 3, "threshold": 3, "unit": "files"}
ALL = "artifacts\nverification\nsbom-summary\nsbom-diff\nverdicts\nconsciousness-metrics"


def evidence(name: str, document: Any) -> Path:  # noqa: ANN401 - JSON
    """Write a document into the folder's evidence."""
    path = Path("release/evidence") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def verdicts(*given: dict[str, Any]) -> dict[str, Any]:
    """Return the document of all verdicts."""
    return {"kind": "maximus-verdicts", "version": 1, "verdicts": list(given)}


def test_named_sections_follow_the_notes(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """All six; what there is no document for is not measured."""
    hub = fakehub(EXAMPLE)
    done = draft(hub, {"sections": ALL, "verify-command": "maximus verify --folder ."})
    [made] = drafts(hub)
    assert (done.status, made["body"].count("Not measured.")) == (0, 5)
    assert "```sh\nmaximus verify --folder .\n```" in made["body"]
    assert "✅" not in made["body"]


def test_a_variable_places_a_section_in_the_template(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Where the configuration wants it, and not once more behind."""
    hub = fakehub(configured(PLAIN + "template: |\n  ### Checks\n  $VERDICTS\n\n  $CHANGES\nsections: [verdicts]\n"))
    evidence("verdicts.json", verdicts(PASS))
    draft(hub)
    [made] = drafts(hub)
    assert made["body"].startswith("### Checks\n| Check | Verdict |")
    assert made["body"].count("`verify.log`") == 1
    assert "✅ pass | 3 files (asked: 3)" in made["body"]


def test_the_input_beats_the_key(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """As everywhere."""
    hub = fakehub(configured(PLAIN + "template: $CHANGES\nsections: [verdicts]\n"))
    draft(hub, {"sections": "sbom-diff"})
    assert ("## SBOM changes" in drafts(hub)[0]["body"], "## Verdicts" in drafts(hub)[0]["body"]) == (True, False)


def test_files_are_links_to_where_they_will_be(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """By the name that GitHub gives them."""
    release_folder(app_whl="wheel")
    hub = fakehub(EXAMPLE)
    draft(hub)
    link = f"https://github.com/{REPOSITORY}/releases/download/v1.1.0/app.whl"
    assert f"| [`app.whl`](<{link}>) | 5 |" in drafts(hub)[0]["body"]


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "[]",
        json.dumps(verdicts({"check": "a.b", "status": "pass", "inspected": 0})),
        '{"kind": "maximus-verdicts", "version": 1, "version": 1, "verdicts": []}',
        "[" * 100_000,
    ],
)
def test_a_document_that_is_wrong_stops_everything(fakehub: FakeHub, draft: Callable[..., Run], document: str) -> None:
    """Nothing is written when anything in the reading failed."""
    hub = fakehub(EXAMPLE)
    evidence("verdicts.json", document)
    done = draft(hub)
    assert (done.status, hub.writes) == (1, ())
    assert done.outputs["code"] in ("DOC003", "DOC004")


def test_a_document_that_is_too_large_is_not_read(
    fakehub: FakeHub, draft: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each kind has its limit."""
    monkeypatch.setattr("maximus.notes.documents.MAX_EVIDENCE", 100)
    evidence("verdicts.json", verdicts(*[PASS] * 10))
    hub = fakehub(EXAMPLE)
    assert (draft(hub).outputs["code"], hub.writes) == ("DOC002", ())


def test_evidence_about_other_bytes_is_named_and_nothing_is_published(
    fakehub: FakeHub, draft: Callable[..., Run]
) -> None:
    """The draft shows it without a tick, the run ends with 1, and the release stays a draft."""
    release_folder(app_whl="wheel")
    evidence("verdicts.json", verdicts({**PASS, "evidence": [{"path": "app.whl", "sha256": "0" * 64}]}))
    hub = fakehub(EXAMPLE)
    done = draft(hub, {"publish": "true", "sections": "verdicts"})
    [made] = drafts(hub)
    assert (done.status, done.outputs["code"]) == (1, "DRAFT010")
    assert ("✅" in made["body"], "❌ evidence does not match" in made["body"]) == (False, True)
    assert "app.whl has SHA-256" in done.log


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"metrics": "none.json"}, "DRAFT011"),
        ({"verdicts": "none.json"}, "DRAFT011"),
        ({"sections": "artefacts"}, "NOTES032"),
        ({"mode": "undo"}, "RUN002"),
    ],
)
def test_what_is_not_there_is_wrong_usage(
    fakehub: FakeHub, draft: Callable[..., Run], inputs: dict[str, str], code: str
) -> None:
    """Told before anything is sent."""
    hub = fakehub(EXAMPLE)
    done = draft(hub, inputs)
    assert (done.status, done.outputs["code"], hub.writes) == (2, code, ())


def test_an_unknown_section_in_the_configuration_is_named_with_its_line(
    fakehub: FakeHub, draft: Callable[..., Run]
) -> None:
    """With those that there are."""
    done = draft(fakehub(configured(PLAIN + "template: x\nsections: [artifact]\n")))
    assert done.status == 2
    assert "there is no section 'artifact'" in done.log
    assert "release-drafter.yml:4" in done.log


@pytest.mark.parametrize(
    ("epoch", "shown"), [("1763683200", "waived until 2025-11-21"), ("1763856000", "❌ waiver expired")]
)
def test_a_waiver_holds_until_its_day(fakehub: FakeHub, draft: Callable[..., Run], epoch: str, shown: str) -> None:
    """By the day that SOURCE_DATE_EPOCH says, so that two runs agree."""
    waiver = {"who": "ada", "why": "old", "until": "2025-11-21"}
    evidence("verdicts.json", verdicts({"check": "a.b", "status": "waived", "inspected": 1, "waiver": waiver}))
    hub = fakehub(EXAMPLE)
    draft(hub, {"sections": "verdicts"}, SOURCE_DATE_EPOCH=epoch)
    assert shown in drafts(hub)[0]["body"]


def test_placed_sections_outlive_a_body_that_is_cut(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """They follow what is left, whole; the file has everything where the template wants it."""
    lines = "".join(f"  line {n} {'x' * 900}\n" for n in range(200))
    hub = fakehub(configured(f"{PLAIN}template: |\n  $VERDICTS\n{lines}"))
    evidence("verdicts.json", verdicts(PASS))
    done = draft(hub)
    body = drafts(hub)[0]["body"]
    assert len(body) <= 125_000
    assert body.rstrip().endswith("|")
    assert body.index("more lines do not fit") < body.index("## Verdicts") < body.index("`verify.log`")
    assert Path(done.outputs["body-file"]).read_text(encoding="utf-8").startswith("| Check |")


def test_mode_publish_is_publish(fakehub: FakeHub, draft: Callable[..., Run]) -> None:
    """Two spellings of one wish."""
    hub = fakehub(EXAMPLE)
    draft(hub, {"mode": "publish"})
    assert drafts(hub) == []
