"""Our own sections, and the limit on a release's body."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import cmarkgfm  # type: ignore[import-untyped]  # it has no annotations
import pytest
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]  # likewise
from hypothesis import given
from hypothesis import strategies as st

from maximus import markdown
from maximus.documents import faults
from maximus.errors import Error
from maximus.notes.documents import PUBLIC_LOG
from maximus.notes.limits import MAX_BODY, fit
from maximus.notes.sections import (
    NAMES,
    Artifact,
    Sections,
    check_names,
    list_artifacts,
    list_attachments,
    read_sections,
)

if TYPE_CHECKING:
    from pathlib import Path

RECORDING = {"name": "stream.ndjson", "sha256": "ab" * 32, "profile": "cockpit/1.0"}
METRICS: dict[str, Any] = {
    "kind": "maximus-consciousness-metrics",
    "version": 1,
    "recording": {**RECORDING, "bytes": 9, "frames": 75, "window_s": 59.0},
    "phi_proxy": {"value": 2.34, "scale": "unbounded", "source": RECORDING},
    "esgt_events": {"count": 3, "succeeded": 2, "window_s": 59.0, "basis": "streamed", "source": RECORDING},
    "arousal_range": {"min": 0.3, "max": 0.7, "samples": 60, "window_s": 59.0, "source": RECORDING},
}
DIFF: dict[str, Any] = {
    "kind": "maximus-sbom-diff",
    "version": 1,
    "base": {"kind": "tag", "name": "v1.0.0"},
    "first_release": False,
    "counts": {"added": 1, "upgraded": 0},
    "before": {"components": 1, "versions": 1, "hashes": 1, "licences": 1},
    "after": {"components": 2, "versions": 2, "hashes": 2, "licences": 2},
    "changes": [{"class": "added", "purl": "pkg:pypi/a@1", "after": "1"}],
}


def filled(folder: Path, *names: str) -> Path:
    """Write files with their name as content; a bundle is one about the file beside it, or about all."""
    plain = {name: name for name in names if not name.endswith(".sigstore.json")}
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in plain:
            path.write_text(name, encoding="utf-8")
            continue
        about = name.removesuffix(".sigstore.json")
        path.write_text(json.dumps(bundle(*([about] if about in plain else plain))), encoding="utf-8")
    return folder


def bundle(*contents: str, index: str = "42", log: str = PUBLIC_LOG) -> dict[str, Any]:
    """Return a bundle as a signer writes it: over one file's digest, or a statement over several."""
    digests = [hashlib.sha256(content.encode()).digest() for content in contents]
    about: dict[str, Any]
    if len(digests) == 1:
        digest = {"algorithm": "SHA2_256", "digest": base64.b64encode(digests[0]).decode()}
        about = {"messageSignature": {"messageDigest": digest, "signature": "AA=="}}
    else:
        statement = {"subject": [{"name": "x", "digest": {"sha256": digest.hex()}} for digest in digests]}
        about = {"dsseEnvelope": {"payload": base64.b64encode(json.dumps(statement).encode()).decode()}}
    entries = [{"logIndex": index, "logId": {"keyId": log}}] if index else []
    return {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"tlogEntries": entries},
        **about,
    }


def evidence(folder: Path, name: str, document: object) -> Path:
    """Write a document as another action leaves it."""
    path = folder / "evidence" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def verdicts(*given_ones: dict[str, Any]) -> dict[str, Any]:
    """Return the document of all verdicts."""
    return {"kind": "maximus-verdicts", "version": 1, "verdicts": list(given_ones)}


def text(folder: Path, name: str, **given_ones: Any) -> str:  # noqa: ANN401 - the reader's own
    """Return one section."""
    return read_sections(folder, today="2026-11-21", **given_ones).texts()[name]


def test_the_evidence_is_not_attached(tmp_path: Path) -> None:
    """All else is, bundles too."""
    folder = filled(tmp_path, "a.whl", "a.whl.sigstore.json", "evidence/notes.md")
    assert [path.name for path in list_attachments(folder)] == ["a.whl", "a.whl.sigstore.json"]


def test_each_file_stands_with_its_bundle(tmp_path: Path) -> None:
    """One bundle each, or the one over all of them, or none."""
    each = filled(tmp_path / "each", "a", "a.sigstore.json", "b")
    one = filled(tmp_path / "one", "a", "c", "release.sigstore.json")
    found = [(item.name, item.bundle, item.is_covered) for folder in (each, one) for item in list_artifacts(folder)]
    assert found == [
        ("a", "a.sigstore.json", True),
        ("b", "", True),
        ("a", "release.sigstore.json", True),
        ("c", "release.sigstore.json", True),
    ]


def test_the_section_has_name_size_and_digest(tmp_path: Path) -> None:
    """Read from the file itself; an unsigned one says so."""
    said = text(filled(tmp_path, "a.whl"), "artifacts")
    assert f"| `a.whl` | 5 | `{hashlib.sha256(b'a.whl').hexdigest()}` | not signed |" in said


def test_a_log_entry_is_a_link_where_the_public_log_has_it(tmp_path: Path) -> None:
    """From an integer and a fixed host; another log's index is a number, no entry is said."""
    folder = filled(tmp_path, "a", "b", "c")
    for name, made in (
        ("a", bundle("a")),
        ("b", bundle("b", log="AAAA")),
        ("c", bundle("c", index="")),
    ):
        (folder / f"{name}.sigstore.json").write_text(json.dumps(made), encoding="utf-8")
    said = text(folder, "artifacts")
    assert "| `a.sigstore.json` | [42](https://search.sigstore.dev/?logIndex=42) |" in said
    assert "| `b.sigstore.json` | 42 |" in said
    assert "| `c.sigstore.json` | not logged |" in said


@pytest.mark.parametrize("index", ["1)](https://evil.example", "-1", "1e9", ""])
def test_a_log_index_that_is_no_number_is_refused(tmp_path: Path, index: str) -> None:
    """It would become part of a link."""
    made = bundle("a")
    made["verificationMaterial"]["tlogEntries"][0]["logIndex"] = index
    filled(tmp_path, "a")
    (tmp_path / "a.sigstore.json").write_text(json.dumps(made), encoding="utf-8")
    with pytest.raises(Error, match="does not hold to bundle-notes"):
        read_sections(tmp_path)


def test_a_bundle_about_other_bytes_is_named(tmp_path: Path) -> None:
    """In the table, and among what contradicts itself."""
    folder = filled(tmp_path, "a", "a.sigstore.json")
    (folder / "a").write_text("changed since", encoding="utf-8")
    found = read_sections(folder)
    assert "❌ `a.sigstore.json` is about other bytes | not logged |" in found.texts()["artifacts"]
    assert found.mismatches == (
        f"a.sigstore.json is not about a, SHA-256 {hashlib.sha256(b'changed since').hexdigest()}",
    )


def test_the_first_entry_of_a_log_has_no_index(tmp_path: Path) -> None:
    """A protobuf's JSON leaves zeros out; nor does a bundle that names no digest contradict anything."""
    made = bundle("a")
    del made["verificationMaterial"]["tlogEntries"][0]["logIndex"]
    del made["messageSignature"]
    filled(tmp_path, "a")
    (tmp_path / "a.sigstore.json").write_text(json.dumps(made), encoding="utf-8")
    found = read_sections(tmp_path)
    assert "[0](https://search.sigstore.dev/?logIndex=0)" in found.texts()["artifacts"]
    assert found.mismatches == ()


def test_files_are_links_where_their_address_is_known(tmp_path: Path) -> None:
    """By the name that the server gives them, quoted."""
    found = read_sections(filled(tmp_path, "a b.whl"), published_name=lambda name: name.replace(" ", "."))
    said = found.texts("https://github.com/acme/app/releases/download/v1")["artifacts"]
    assert "[`a b.whl`](<https://github.com/acme/app/releases/download/v1/a.b.whl>)" in said


def test_the_command_stands_as_given(tmp_path: Path) -> None:
    """A fenced block that can be pasted."""
    assert "```sh\nmaximus verify --folder .\n```\n" in text(
        tmp_path, "verification", command="maximus verify --folder ."
    )


def test_nothing_is_not_measured(tmp_path: Path) -> None:
    """Every section says so where there is no file, and none carries a tick."""
    texts = read_sections(tmp_path / "none").texts()
    assert texts == dict.fromkeys(NAMES, "Not measured.\n")


def test_nothing_to_say_is_nothing(tmp_path: Path) -> None:
    """No folder, no name, no section: the body of a plain configuration is not touched."""
    found = read_sections(tmp_path / "none")
    assert found.behind(found.following(None)) == ""


def test_what_there_is_follows_unless_somebody_names_sections(tmp_path: Path) -> None:
    """The caller, else the configuration, else another action, else files and command; each once, not where placed."""
    found = read_sections(filled(tmp_path, "a"), command="maximus verify")
    assert found.following(None) == ("artifacts", "verification")
    assert found.following(("verdicts", "verdicts", "artifacts")) == ("verdicts", "artifacts")
    assert found.following(("verdicts", "artifacts"), {"artifacts"}) == ("verdicts",)
    assert found.following(()) == ()
    asked = read_sections(tmp_path, wanted=("sbom-diff",), fallback=("verdicts",))
    assert asked.following(("artifacts",)) == ("sbom-diff",)
    assert read_sections(tmp_path, fallback=("verdicts",)).following(None) == ("verdicts",)


def test_a_section_that_there_is_not_is_wrong_usage() -> None:
    """With the nearest name."""
    with pytest.raises(Error) as caught:
        check_names(["verdict"], "input sections")
    assert (caught.value.code, "verdicts" in caught.value.fix) == ("NOTES032", True)


# Verdicts.


def test_a_tick_stands_for_a_pass_alone(tmp_path: Path) -> None:
    """Whatever else a check answers has none."""
    waiver = {"who": "ada", "why": "old", "until": "2026-11-21"}
    evidence(
        tmp_path,
        "verdicts.json",
        verdicts(
            {"check": "a.pass", "status": "pass", "inspected": 3, "measured": 3, "threshold": 3, "unit": "files"},
            {"check": "b.fail", "status": "fail", "inspected": 3, "reason": "two | gone"},
            {"check": "c.unmeasured", "status": "unmeasured", "inspected": 0, "measured": 5},
            {"check": "d.waived", "status": "waived", "inspected": 1, "waiver": waiver},
            {"check": "e.expired", "status": "waived", "inspected": 1, "waiver": {**waiver, "until": "2026-11-20"}},
        ),
    )
    rows = text(tmp_path, "verdicts").splitlines()[2:]
    assert rows == [
        "| `a.pass` | ✅ pass | 3 files (asked: 3) |  |",
        "| `b.fail` | ❌ fail |  | two &#124; gone |",
        "| `c.unmeasured` | not measured |  |  |",
        "| `d.waived` | waived until 2026-11-21 by ada: old |  |  |",
        "| `e.expired` | ❌ waiver expired on 2026-11-20 |  |  |",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"check": "a.b", "status": "pass", "inspected": 0},
        {"check": "a.b", "status": "passed", "inspected": 1},
        {"check": "a.b", "status": "waived", "inspected": 1},
        {"check": "a.b", "status": "pass", "inspected": 1, "tick": True},
    ],
)
def test_a_verdict_that_must_not_exist_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    """A pass that inspected nothing above all: it never gets as far as a table."""
    evidence(tmp_path, "verdicts.json", verdicts(wrong))
    with pytest.raises(Error) as caught:
        read_sections(tmp_path)
    assert caught.value.code == "DOC004"


def test_a_pass_on_another_file_has_no_tick(tmp_path: Path) -> None:
    """The digest in its evidence is held against the folder's file; one that is not there says nothing."""
    filled(tmp_path, "a")
    told = {"check": "a.pass", "status": "pass", "inspected": 1}
    own = {"path": "a", "sha256": hashlib.sha256(b"a").hexdigest()}
    gone = {"path": "gone", "sha256": "0" * 64}
    outside = {"path": "../" + tmp_path.name + "/../x", "sha256": "0" * 64}
    (tmp_path.parent / "x").write_text("x", encoding="utf-8")
    evidence(tmp_path, "verdicts.json", verdicts({**told, "evidence": [own, gone, outside]}))
    assert "✅ pass" in text(tmp_path, "verdicts")
    evidence(tmp_path, "verdicts.json", verdicts({**told, "evidence": [{**own, "sha256": "0" * 64}]}))
    found = read_sections(tmp_path)
    assert "✅" not in found.texts()["verdicts"]
    assert "❌ evidence does not match" in found.texts()["verdicts"]
    assert found.mismatches[0].startswith("a.pass: a has SHA-256 ")


def test_evidence_of_the_tree_is_no_contradiction(tmp_path: Path) -> None:
    """A file of the same name in the folder is another one."""
    folder = filled(tmp_path / "release", "a")
    (tmp_path / "a").write_text("of the tree", encoding="utf-8")
    own = {"path": "a", "sha256": hashlib.sha256(b"of the tree").hexdigest()}
    evidence(folder, "verdicts.json", verdicts({"check": "a.b", "status": "pass", "inspected": 1, "evidence": [own]}))
    assert read_sections(folder, tree=tmp_path).mismatches == ()
    assert len(read_sections(folder).mismatches) == 1


def test_a_long_table_is_cut_by_rows_and_says_so(tmp_path: Path) -> None:
    """The release's body has a limit; the file has all."""
    told = [{"check": f"a.n{n}", "status": "fail", "inspected": 1, "reason": "x" * 200} for n in range(500)]
    evidence(tmp_path, "verdicts.json", verdicts(*told))
    said = text(tmp_path, "verdicts")
    assert len(said) < 13_000
    assert "of 500 shown; `verdicts.json` has all." in said


# SBOMs.


def test_an_inventory_is_told_in_numbers(tmp_path: Path) -> None:
    """Both formats, each with its digest; the described thing is no component."""
    (tmp_path / "sbom.cdx.json").write_text(
        json.dumps(
            {
                "bomFormat": "CycloneDX",
                "specVersion": "1.6",
                "components": [
                    {"name": "a", "version": "1", "components": [{"name": "b", "hashes": [DIGEST]}]},
                    {"name": "c", "externalReferences": [{"type": "distribution", "url": "x", "hashes": [DIGEST]}]},
                ],
            }
        ),
        encoding="utf-8",
    )
    (tmp_path / "sbom.spdx.json").write_text(json.dumps(SPDX), encoding="utf-8")
    digest = hashlib.sha256((tmp_path / "sbom.cdx.json").read_bytes()).hexdigest()
    rows = text(tmp_path, "sbom-summary").splitlines()[2:]
    assert rows[0] == f"| `sbom.cdx.json` | CycloneDX 1.6 | 3 | 1/3 | 0/3 | 2/3 | `{digest}` |"
    assert rows[1].startswith("| `sbom.spdx.json` | SPDX 2.3 | 1 | 1/1 | 1/1 | 0/1 |")


DIGEST = {"alg": "SHA-256", "content": "00"}
SPDX = {
    "SPDXID": "SPDXRef-DOCUMENT",
    "spdxVersion": "SPDX-2.3",
    "dataLicense": "CC0-1.0",
    "name": "app",
    "documentNamespace": "https://example.org/app",
    "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: x-1"]},
    "documentDescribes": ["SPDXRef-app"],
    "packages": [
        {"SPDXID": "SPDXRef-app", "name": "app", "downloadLocation": "NONE"},
        {"SPDXID": "SPDXRef-a", "name": "a", "downloadLocation": "NONE", "versionInfo": "1", "licenseDeclared": "MIT"},
    ],
    "relationships": [],
}


def test_a_document_that_is_no_sbom_is_refused(tmp_path: Path) -> None:
    """Its name alone makes it none."""
    (tmp_path / "sbom.cdx.json").write_text('{"components": []}', encoding="utf-8")
    with pytest.raises(Error) as caught:
        text(tmp_path, "sbom-summary")
    assert caught.value.code == "NOTES031"


def test_an_sbom_that_nobody_asks_about_may_be_any(tmp_path: Path) -> None:
    """It is attached like any other file; only its numbers cannot be told."""
    (tmp_path / "sbom.spdx.json").write_text("not JSON", encoding="utf-8")
    found = read_sections(tmp_path)
    assert "`sbom.spdx.json`" in found.behind(found.following(None))


def test_what_changed_since_the_last_release(tmp_path: Path) -> None:
    """Counted and listed; an alarm is loud."""
    changed = {"class": "hash-changed", "purl": "pkg:pypi/b@2", "before": "sha256:00", "after": "sha256:11"}
    evidence(
        tmp_path,
        "sbom-diff.json",
        {**DIFF, "counts": {"added": 1, "hash-changed": 1}, "changes": [changed, *DIFF["changes"]]},
    )
    said = text(tmp_path, "sbom-diff")
    assert said.startswith("Components since `v1.0.0`: 1 with another hash of the same version (alarm), 1 added.\n")
    assert "| **alarm: same version, other hash** | `pkg:pypi/b@2` | `sha256:00` | `sha256:11` |" in said


def test_nothing_changed_and_a_first_release_are_told_apart(tmp_path: Path) -> None:
    """Neither is "not measured"."""
    evidence(tmp_path, "sbom-diff.json", {**DIFF, "counts": {}, "changes": []})
    assert text(tmp_path, "sbom-diff") == "Nothing changed in 2 components since `v1.0.0`.\n"
    first = {"kind": "maximus-sbom-diff", "version": 1, "base": {"kind": "none", "name": "v1"}, "first_release": True}
    evidence(tmp_path, "sbom-diff.json", first)
    assert text(tmp_path, "sbom-diff").startswith("First release: ")


# Numbers of the stream.


def test_phi_stands_with_its_scale(tmp_path: Path) -> None:
    """And each number with the file that it came from."""
    assert faults(METRICS, "consciousness-metrics") == ()
    evidence(tmp_path, "consciousness-metrics.json", METRICS)
    said = text(tmp_path, "consciousness-metrics")
    source = f"`stream.ndjson`, SHA-256 `{'ab' * 8}…`"
    assert f"| Phi proxy | 2.34, scale `unbounded` (without bounds) | {source} |" in said
    assert f"| ESGT events | 3, 2 succeeded | {source} |" in said
    assert f"| Arousal | 0.3 to 0.7, 60 samples | {source} |" in said


def test_a_null_is_not_measured(tmp_path: Path) -> None:
    """A number without a file is none."""
    evidence(tmp_path, "consciousness-metrics.json", {**METRICS, "phi_proxy": None, "esgt_events": None})
    said = text(tmp_path, "consciousness-metrics")
    assert "| Phi proxy | not measured |  |" in said
    assert "| ESGT events | not measured |  |" in said


@pytest.mark.parametrize("value", ["1e999", "NaN", '"2.34"'])
def test_a_number_that_is_none_is_refused(tmp_path: Path, value: str) -> None:
    """Infinite, not a number, a text."""
    path = evidence(tmp_path, "consciousness-metrics.json", METRICS)
    path.write_text(path.read_text(encoding="utf-8").replace("2.34", value), encoding="utf-8")
    with pytest.raises(Error):
        read_sections(tmp_path)


def test_numbers_of_another_recording_are_named(tmp_path: Path) -> None:
    """Where the recording lies beside them its digest is compared; so are the numbers' own."""
    path = evidence(tmp_path, "consciousness-metrics.json", METRICS)
    (path.parent / "stream.ndjson").write_text("another", encoding="utf-8")
    found = read_sections(tmp_path)
    assert found.texts()["consciousness-metrics"].startswith("❌ stream.ndjson has SHA-256 ")
    assert len(found.mismatches) == 1
    other = {**METRICS["esgt_events"], "source": {**RECORDING, "sha256": "cd" * 32}}
    elsewhere = evidence(tmp_path / "elsewhere", "m.json", {**METRICS, "esgt_events": other})
    assert "esgt_events is from SHA-256" in read_sections(tmp_path, metrics=elsewhere).mismatches[0]


# Foreign text.


HOSTILE = st.text(st.sampled_from("ab|`\\<>[]()!*_@#$\n\r\u202e&:/-$RESOLVED_VERSION"), min_size=1, max_size=30)


@given(HOSTILE)
def test_no_foreign_text_leaves_its_cell(hostile: str) -> None:
    """One row a verdict, whatever its reason says, and no mention, comment or tag of the stranger's."""
    document = verdicts(
        {"check": "a.b", "status": "waived", "inspected": 1, "reason": hostile, "unit": hostile, "measured": hostile,
         "waiver": {"who": hostile, "why": hostile, "until": "2030-01-01"}},
    )  # fmt: skip
    said = Sections(documents={"verdicts": document}, today="2026-11-21").texts()["verdicts"]
    assert len(said.splitlines()) == 3
    shown = cmarkgfm.github_flavored_markdown_to_html(said, Options.CMARK_OPT_UNSAFE)
    assert (shown.count("<tr>"), shown.count("<td>")) == (2, 4)
    assert not re.search(r"<(a|img|em|strong|del|script)\b|<!--", shown)


def test_a_file_name_cannot_break_the_table(tmp_path: Path) -> None:
    """Its name goes through the escaping writer."""
    said = text(filled(tmp_path, "a|b`c"), "artifacts")
    assert f"| {markdown.code('a|b`c')} | 5 |" in said


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


# Limits.


@pytest.mark.parametrize(("limit", "file"), [("MAX_BUNDLE", "a.sigstore.json"), ("MAX_SBOM", "sbom.cdx.json")])
def test_a_file_beyond_its_limit_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, file: str
) -> None:
    """Each kind of document has its own."""
    filled(tmp_path, "a")
    (tmp_path / file).write_text(json.dumps(bundle("a")), encoding="utf-8")
    monkeypatch.setattr(f"maximus.notes.documents.{limit}", 10)
    with pytest.raises(Error) as caught:
        read_sections(tmp_path).texts()
    assert caught.value.code == "DOC002"


def test_components_below_the_limit_of_nesting_are_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document cannot make the count run for ever."""
    monkeypatch.setattr("maximus.notes.documents.MAX_NESTING", 2)
    part: dict[str, Any] = {"name": "deepest"}
    for _ in range(5):
        part = {"name": "a", "components": [part]}
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [part]}
    (tmp_path / "sbom.cdx.json").write_text(json.dumps(document), encoding="utf-8")
    assert "| CycloneDX 1.6 | 2 |" in text(tmp_path, "sbom-summary")


def test_many_files_are_listed_as_far_as_they_fit() -> None:
    """The list of files has more room than the other tables, and says how many it has."""
    found = Sections(artifacts=tuple(Artifact(f"app-{n}.whl", 1, "ab" * 32) for n in range(1000)))
    said = found.texts()["artifacts"]
    assert 35_000 < len(said) < 41_000
    assert "of 1,000 shown; the folder has all." in said
