"""SBOMs that anybody wrote, judged: what is told, what is a fault, and what each standard asks for."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from maximus.errors import Error
from maximus.sbom import rendering
from maximus.sbom.judging.checks import CHECKS
from maximus.sbom.judging.judge import judge, judge_form, judge_format
from maximus.sbom.judging.profiles import PROFILES
from maximus.sbom.judging.view import read_view
from maximus.verdict import Status
from tests.lib.sbom.samples import SAMPLES, inventory_of, sha256, sha512

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.sbom.judging.judge import Answer

    Document = dict[str, Any]


def full() -> Document:
    """Return a CycloneDX document that has everything that any of the standards asks for."""
    digests = [{"alg": "SHA-256", "content": sha256("a")}, {"alg": "SHA-512", "content": sha512("a")}]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "version": 1,
        "metadata": {
            "timestamp": "2026-11-21T00:00:00Z",
            "lifecycles": [{"phase": "build"}],
            "tools": {"components": [{"type": "application", "name": "made-by", "version": "1.2"}]},
            "manufacturer": {"name": "Acme", "url": ["https://acme.example"]},
            "component": {"type": "application", "bom-ref": "root", "name": "app", "version": "1.0"},
        },
        "components": [
            {
                "type": "library",
                "bom-ref": "a",
                "group": "@acme",
                "name": "a",
                "version": "2.0.0",
                "purl": "pkg:npm/%40acme/a@2.0.0",
                "supplier": {"name": "Acme"},
                "manufacturer": {"name": "Acme", "url": ["https://acme.example"]},
                "licenses": [{"license": {"id": "MIT", "acknowledgement": "concluded"}}],
                "copyright": "Acme",
                "externalReferences": [
                    {"type": "distribution", "url": "https://registry.example/a.tgz", "hashes": digests}
                ],
                "properties": [
                    {"name": "bsi:component:filename", "value": "a.tgz"},
                    {"name": "bsi:component:executable", "value": "non-executable"},
                    {"name": "bsi:component:archive", "value": "archive"},
                    {"name": "bsi:component:structured", "value": "structured"},
                ],
            }
        ],
        "dependencies": [{"ref": "root", "dependsOn": ["a"]}, {"ref": "a", "dependsOn": []}],
    }


def spdx() -> Document:
    """Return an SPDX document that has everything that the Telco guide asks for."""
    return {
        "spdxVersion": "SPDX-2.3",
        "SPDXID": "SPDXRef-DOCUMENT",
        "dataLicense": "CC0-1.0",
        "name": "app",
        "documentNamespace": "https://acme.example/spdx/1",
        "creationInfo": {
            "created": "2026-11-21T00:00:00Z",
            "creators": ["Organization: Acme", "Tool: maker-1.2"],
            "comment": "SBOM Type: Build",
        },
        "packages": [
            {"SPDXID": "SPDXRef-root", "name": "app", "downloadLocation": "NOASSERTION"},
            {
                "SPDXID": "SPDXRef-a",
                "name": "a",
                "versionInfo": "2.0.0",
                "supplier": "Organization: Acme (hello@acme.example)",
                "originator": "Person: Ada",
                "downloadLocation": "NOASSERTION",
                "licenseDeclared": "MIT",
                "licenseConcluded": "NOASSERTION",
                "copyrightText": "NOASSERTION",
                "checksums": [{"algorithm": "SHA256", "checksumValue": sha256("a")}],
                "externalRefs": [
                    {
                        "referenceCategory": "PACKAGE-MANAGER",
                        "referenceType": "purl",
                        "referenceLocator": "pkg:npm/a@2.0.0",
                    }
                ],
            },
        ],
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": "SPDXRef-root",
            },
            {"spdxElementId": "SPDXRef-a", "relationshipType": "DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-root"},
        ],
    }


def answers(document: Document, profile: str = "", minimums: dict[str, int] | None = None) -> dict[str, Answer]:
    """Return the judge's answers by the name of the check."""
    return {answer.check.name: answer for answer in judge(read_view(document, "x.json"), profile, minimums)}


def below(document: Document, profile: str = "", minimums: dict[str, int] | None = None) -> set[str]:
    """Return the names of the checks that fall short."""
    found = answers(document, profile, minimums)
    return {name for name, answer in found.items() if answer.counts and answer.verdict.status is not Status.PASS}


def test_both_formats_are_read_alike() -> None:
    """A component has the same name, version, makers, licences and digests, whichever format tells of it."""
    cdx, other = read_view(full(), "x").used[0], read_view(spdx(), "x").used[0]
    assert (cdx.name, cdx.version, cdx.supplier) == ("@acme/a", "2.0.0", "Acme")
    assert (other.name, other.version, other.supplier, other.producer) == ("a", "2.0.0", "Acme", "Ada")
    assert other.declared == cdx.concluded == ("MIT",)
    assert ("SHA-256", sha256("a")) in cdx.digests
    assert other.digests == (("SHA-256", sha256("a")),)


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "telco-1.1"])
def test_a_full_document_holds_to_every_standard(profile: str) -> None:
    """What has every field falls short of nothing."""
    assert below(full(), profile) == set()
    form = judge_format(read_view(full(), "x"), profile)
    assert form is None or form.status is Status.PASS


def test_a_full_spdx_document_holds_to_the_telco_guide() -> None:
    """Its creators, its context and its packages are told as the guide has them."""
    assert below(spdx(), "telco-1.1") == set()
    form = judge_format(read_view(spdx(), "x"), "telco-1.1")
    assert form is not None
    assert form.status is Status.PASS


@pytest.mark.parametrize(
    ("path", "check", "profile"),
    [
        ("components/0/version", "versions", "ntia-2021"),
        ("components/0/name", "names", "ntia-2021"),
        ("components/0/purl", "identifiers", "ntia-2021"),
        ("metadata/manufacturer", "author", "ntia-2021"),
        ("metadata/timestamp", "timestamp", "ntia-2021"),
        ("metadata/lifecycles", "context", "cisa-2026"),
        ("metadata/tools", "tools", "cisa-2026"),
        ("serialNumber", "serial", "cisa-2026"),
        ("components/0/manufacturer", "producers", "cisa-2026"),
        ("components/0/licenses", "licences", "cisa-2026"),
        ("components/0/externalReferences", "any-hash", "cisa-2026"),
        ("dependencies/1", "edges", "cisa-2026"),
        ("components/0/manufacturer", "contacts", "bsi-2.1"),
        ("components/0/properties/0", "filename", "bsi-2.1"),
        ("components/0/properties/2", "delivery", "bsi-2.1"),
        ("components/0/externalReferences/0/hashes/1", "delivered-sha512", "bsi-2.1"),
        ("metadata/manufacturer/url", "author-contact", "bsi-2.1"),
        ("components/0/licenses/0/license/acknowledgement", "concluded-licences", "bsi-2.1"),
    ],
)
def test_one_field_less_falls_short_of_its_check(path: str, check: str, profile: str) -> None:
    """Each field that a standard asks for is looked at: without it just that check fails, by the component's name."""
    document = full()
    *way, last = path.split("/")
    node: Any = document
    for key in way:
        node = node[int(key)] if isinstance(node, list) else node[key]
    del node[int(last) if isinstance(node, list) else last]
    assert check in below(document, profile)
    assert answers(document, profile)[check].verdict.code == "SBOM024"
    assert answers(document, profile)[check].found.missing


@pytest.mark.parametrize(
    ("name", "value"),
    [("executable", "true"), ("archive", "yes"), ("structured", "structured archive")],
)
def test_bsi_takes_the_words_of_its_taxonomy(name: str, value: str) -> None:
    """That a property is there proves nothing: its value is looked at."""
    document = full()
    for item in document["components"][0]["properties"]:
        if item["name"] == f"bsi:component:{name}":
            item["value"] = value
    assert below(document, "bsi-2.1") == {"delivery"}


def test_bsi_asks_less_of_what_is_not_delivered_and_of_what_is_no_file() -> None:
    """Of a tool of the developers, and of a commit, neither file name nor SHA-512; of the first no licence either."""
    document = full()
    extra = {
        "type": "library",
        "bom-ref": "b",
        "name": "b",
        "version": "1.0",
        "purl": "pkg:npm/b@1.0",
        "manufacturer": {"name": "Acme", "url": ["https://acme.example"]},
    }
    document["dependencies"][0]["dependsOn"].append("b")
    document["components"].append({**extra, "scope": "excluded"})
    assert below(document, "bsi-2.1") == set()
    document["components"][-1] = extra
    assert below(document, "bsi-2.1") >= {"filename", "delivery", "delivered-sha512", "concluded-licences"}
    commit = {"name": "maximus:not-applicable", "value": "Component Hash Value: a commit"}
    document["components"][-1] = {**extra, "properties": [commit]}
    assert below(document, "bsi-2.1") == {"concluded-licences", "delivered-edges"}
    document["compositions"] = [{"aggregate": "unknown", "dependencies": ["b"]}]
    assert below(document, "bsi-2.1") == {"concluded-licences"}


def test_what_is_said_to_be_unknown_is_answered_for_cisa() -> None:
    """The standard asks that the unknown be told as such; for a plain minimum it is still missing."""
    document = full()
    del document["components"][0]["licenses"]
    document["components"][0]["properties"] += [{"name": "cdx:cisa:unknown-information", "value": "Component License"}]
    assert "licences" not in below(document, "cisa-2026")
    assert "licences" in below(document, "release-plan")


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda d: d["dependencies"][0]["dependsOn"].append("gone"), "references"),
        (lambda d: d["dependencies"].__setitem__(0, {"ref": "root", "dependsOn": []}), "references"),
        (lambda d: d["components"].append(copy.deepcopy(d["components"][0])), "references"),
        (lambda d: d["components"][0].update(purl="npm/a@1"), "purls"),
        (lambda d: d["components"][0].update(purl="pkg:npm/..%2Fx@1"), "purls"),
        (lambda d: d["components"][0].update(hashes=[{"alg": "SHA-256", "content": "ab"}]), "digests"),
        (lambda d: d["components"][0]["externalReferences"][0].update(url="https://u:p@registry.example/a"), "secrets"),
        (lambda d: d["components"][0]["externalReferences"][0].update(url="https://r.example/a?token=1"), "secrets"),
    ],
)  # fmt: skip
def test_a_fault_blocks_without_any_profile(change: Any, check: str) -> None:  # noqa: ANN401 - a function of a document
    """References without an end, what nothing leads to, refs that stand twice, wrong purls, digests and secrets."""
    document = full()
    change(document)
    assert below(document) == {check}


def test_a_service_may_need_and_be_needed() -> None:
    """A dependency names a component or a service, also one inside another; what is neither stays a fault."""
    document = full()
    inner = {"bom-ref": "inner", "name": "store"}
    document["services"] = [{"bom-ref": "gateway", "name": "gateway", "services": [inner]}]
    document["dependencies"] = [
        {"ref": "root", "dependsOn": ["gateway"]},
        {"ref": "gateway", "dependsOn": ["inner", "a"]},
        {"ref": "inner", "dependsOn": []},
        {"ref": "a", "dependsOn": []},
    ]
    assert below(document) == set()
    document["dependencies"][0]["dependsOn"].append("nobody")
    assert below(document) == {"references"}


@pytest.mark.parametrize("way", ["short", "relationship", "both"])
def test_what_a_document_describes_is_said_in_two_ways(way: str) -> None:
    """By a relationship, or in `documentDescribes`, which is the same."""
    package = {"name": "app", "downloadLocation": "NOASSERTION", "versionInfo": "1.0"}
    document: Document = {
        "spdxVersion": "SPDX-2.3",
        "SPDXID": "SPDXRef-DOCUMENT",
        "dataLicense": "CC0-1.0",
        "name": "app",
        "documentNamespace": "https://acme.example/app",
        "creationInfo": {"created": "2026-11-21T00:00:00Z", "creators": ["Organization: Acme"]},
        "packages": [{**package, "SPDXID": f"SPDXRef-{name}"} for name in ("app", "lib", "tool")],
        "relationships": [
            {"spdxElementId": "SPDXRef-app", "relationshipType": "DYNAMIC_LINK", "relatedSpdxElement": "SPDXRef-lib"},
            {"spdxElementId": "SPDXRef-tool", "relationshipType": "BUILD_TOOL_OF", "relatedSpdxElement": "SPDXRef-app"},
        ],
    }
    described = {
        "spdxElementId": "SPDXRef-DOCUMENT",
        "relationshipType": "DESCRIBES",
        "relatedSpdxElement": "SPDXRef-app",
    }
    if way != "short":
        document["relationships"].append(described)
    if way != "relationship":
        document["documentDescribes"] = ["SPDXRef-app"]
    assert below(document) == set()
    document["relationships"] = [item for item in document["relationships"] if item is described]
    assert below(document) == {"references"}


def test_coverage_alone_blocks_nothing() -> None:
    """Without a profile a document that tells little is told so, and holds."""
    document = full()
    document["components"][0] = {"type": "library", "bom-ref": "a", "name": "a"}
    assert below(document) == set()
    assert answers(document)["licences"].verdict.measured == "0/1"
    assert below(document, "", {"licences": 1}) == {"licences"}


def test_a_share_is_not_rounded() -> None:
    """18 of 19 is below 95 percent."""
    document = full()
    one = document["components"][0]
    document["components"] = [{**one, "bom-ref": f"a{n}"} for n in range(19)]
    document["dependencies"] = [{"ref": "root", "dependsOn": [f"a{n}" for n in range(19)]}]
    del document["components"][0]["licenses"]
    assert below(document, "", {"licences": 95}) == {"licences"}
    assert below(document, "", {"licences": 94}) == set()


@pytest.mark.parametrize("version", ["^1.0.0", "latest", ">=1", "1.x", "main", "*"])
def test_a_range_is_no_version(version: str) -> None:
    """What can mean several versions is none."""
    document = full()
    document["components"][0]["version"] = version
    assert "versions" in below(document, "ntia-2021")


def test_a_version_that_the_document_calls_unknown_is_none() -> None:
    """A tag of an image looks like one; the count is then the same as when the document was written."""
    document = full()
    unknown = {"name": "cdx:cisa:unknown-information", "value": "Component Version"}
    document["components"][0].setdefault("properties", []).append(unknown)
    assert "versions" in below(document, "ntia-2021")


def test_the_format_is_part_of_the_standard() -> None:
    """BSI takes CycloneDX from 1.6 on and no SPDX 2; the Telco guide takes SPDX only."""
    for document, profile in (
        (spdx(), "bsi-2.1"),
        ({**full(), "specVersion": "1.5"}, "bsi-2.1"),
        (full(), "telco-1.1"),
    ):
        verdict = judge_format(read_view(document, "x"), profile)
        assert verdict is not None
        assert (verdict.status, verdict.code) == (Status.FAIL, "SBOM023")


def test_the_form_is_held_to_the_schema() -> None:
    """A document that does not hold to its format's schema is a fault, one of an unknown version is unmeasured."""
    assert judge_form(full(), read_view(full(), "x")).status is Status.PASS
    wrong = full()
    wrong["components"][0]["type"] = "thing"
    assert judge_form(wrong, read_view(wrong, "x")).status is Status.FAIL
    future = {**full(), "specVersion": "9.9"}
    assert judge_form(future, read_view(future, "x")).status is Status.UNMEASURED


@pytest.mark.parametrize("document", [[], {}, "x", None, {"bomFormat": "Other"}, {"spdxVersion": "SPDX-3.0"}])
def test_what_is_no_sbom_is_an_error(document: object) -> None:
    """It says what it is not."""
    with pytest.raises(Error) as caught:
        read_view(document, "x.json")
    assert caught.value.code == "SBOM021"


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, [None], [[]], {"a": 1}])
@pytest.mark.parametrize("base", [full, spdx])
def test_no_shape_of_a_document_ends_in_a_traceback(base: Any, value: object) -> None:  # noqa: ANN401 - a maker
    """Whatever stands in place of a field, the judge answers."""
    keys = json.loads(json.dumps(base()))
    for key in keys:
        if key in ("bomFormat", "spdxVersion"):
            continue
        document = base()
        document[key] = copy.deepcopy(value)
        judge(read_view(document, "x"), "bsi-2.1")
        for inner in ("components", "packages", "relationships", "dependencies", "metadata", "creationInfo"):
            if isinstance(document.get(inner), list) and document[inner]:
                for field in list(document[inner][0]) if isinstance(document[inner][0], dict) else []:
                    damaged = copy.deepcopy(document)
                    damaged[inner][0][field] = copy.deepcopy(value)
                    judge(read_view(damaged, "x"), "cisa-2026")


def test_our_own_documents_have_no_fault_and_agree(tmp_path: Path) -> None:
    """Both formats of one inventory, read back by the judge, tell the same shares of what both have a word for."""
    files = {f"{name}/{path}": text for name, sample in SAMPLES.items() for path, text in sample.items()}
    both = rendering.render(inventory_of(tmp_path, files), seconds=0, tool_version="1.0.0")
    cdx, other = answers(both.cyclonedx, "cisa-2026"), answers(both.spdx, "cisa-2026")
    for name in (
        "references",
        "purls",
        "digests",
        "names",
        "versions",
        "identifiers",
        "producers",
        "any-hash",
        "licences",
    ):
        assert cdx[name].verdict.status is Status.PASS, cdx[name].verdict
        assert cdx[name].found == other[name].found or name == "references", name


def test_every_profile_asks_for_checks_that_there_are() -> None:
    """A name that no check has would ask for nothing."""
    assert {name for profile in PROFILES.values() for name in profile.asks} <= set(CHECKS)
