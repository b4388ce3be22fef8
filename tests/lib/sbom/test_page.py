"""The page of an inventory, as a file: what is in it, what cannot get out of it, and how large it may grow."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maximus.sbom import page
from maximus.sbom.coverage import measure
from maximus.sbom.model import Finding, Location, Skipped
from tests.lib.sbom.paging import HOSTILE, SERIAL, component, inventory, page_of
from tests.lib.sbom.samples import SAMPLES, inventory_of

if TYPE_CHECKING:
    from pathlib import Path


class Elements(html.parser.HTMLParser):
    """Keeps every element with its attributes, and the texts of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.found.append((tag, dict(attrs)))
        self._inside = tag
        if tag in {"script", "style", "title"}:
            self.texts.append((tag, ""))

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        self._inside = "" if tag == self._inside else self._inside

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        if self._inside in {"script", "style", "title"}:
            tag, before = self.texts[-1]
            self.texts[-1] = (tag, before + data)

    def all(self, tag: str) -> list[str]:
        """Return the texts of the elements of a name."""
        return [text for name, text in self.texts if name == tag]


def data_of(text: str) -> dict[str, Any]:
    """Return what the page's own script reads."""
    found: dict[str, Any] = json.loads(Elements(text).all("script")[0])
    return found


@pytest.mark.parametrize("name", ["npm-3", "uv", "go"])
def test_lists_every_component_with_what_the_table_says(name: str, tmp_path: Path) -> None:
    """Names, versions, purls and needs are the inventory's, and the coverage has the same numbers as anywhere."""
    made = inventory_of(tmp_path / "app", SAMPLES[name])
    data = data_of(page_of(made))
    everything = (made.root, *made.members, *made.components, *made.inner)
    assert data["columns"]["purl"] == [item.purl for item in everything]
    assert data["columns"]["version"] == [item.version for item in everything]
    refs = [item.ref for item in everything]
    drawn = {(refs[source], refs[target]) for source, targets in enumerate(data["edges"]) for target in targets}
    assert drawn == {(edge.source, edge.target) for edge in made.edges}
    whole = measure(made.components)
    assert data["coverage"][-1] == [
        "", whole.components, whole.direct, whole.distributed, whole.versions,
        whole.hashes, whole.sha256, whole.sha512, whole.licences, whole.edges,
    ]  # fmt: skip


def test_the_same_inventory_gives_the_same_bytes() -> None:
    """Nothing of the page depends on when or where it is made."""
    made = inventory([component("a"), component("b", licence="")], [("a", "b")])
    assert page_of(made) == page_of(made)
    assert "\r" not in page_of(made)


def test_the_serial_number_tells_whose_page_it_is() -> None:
    """A page is known by the number that its documents bear; any other file is not."""
    assert page.serial_in(page_of(inventory([component("a")]))) == SERIAL
    assert page.serial_in("<!DOCTYPE html><title>sbom</title>") is None
    assert page.serial_in(" " * page.BEGINNING + page_of(inventory([component("a")]))) is None


def test_the_policy_allows_the_own_script_and_style_and_nothing_else() -> None:
    """The hashes are those of what stands there; nothing inline beside, no connection, no form, no base."""
    found = Elements(page_of(inventory([component("a")])))
    policy = next(a["content"] or "" for tag, a in found.found if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))

    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == source(found.all("script")[1])
    assert rules["style-src"] == source(found.all("style")[0])
    assert "unsafe" not in policy
    assert "connect-src" not in rules


def test_the_page_refers_to_nothing_outside() -> None:
    """No address in any attribute, and no inline handler or style: only texts name addresses."""
    found = Elements(page_of(inventory([component("a")])))
    for tag, attributes in found.found:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name != "style", tag
            if name in {"href", "src", "action", "data", "srcset"}:
                assert (value or "").startswith(("#", "data:image/svg+xml,")), (tag, value)
    style, script = found.all("style")[0], found.all("script")[1]
    assert "url(" not in style
    assert "@import" not in style
    assert not re.search(r"(?:inner|outer|Adjacent)HTML|document\.write|\beval\b|new Function|fetch\(", script)


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb`, as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [("ink", "ground"), ("soft", "ground"), ("soft", "tint"), ("soft", "accent-tint"), ("accent", "ground"),
     ("accent", "accent-tint"), ("ink", "warn-tint"), ("ground", "accent")],
)  # fmt: skip
def test_every_text_has_the_contrast_that_people_need(ink: str, ground: str, scheme: str) -> None:
    """At least 4.5 to 1 between a text and what it stands on, in light and in dark (WCAG 2, AA)."""
    style = Elements(page_of(inventory([component("a")]))).all("style")[0]
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", light if scheme == "light" else dark))
    darker, lighter = sorted((luminance(colours[ink]), luminance(colours[ground])))
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_foreign_text_ends_no_element() -> None:
    """Names, versions, licences, paths and the subject's own name stay within the data, and read as they are."""
    made = inventory([component(name, licence=name) for name in HOSTILE])
    made = replace(
        made,
        subject=replace(made.subject, name=HOSTILE[0], version=HOSTILE[1], repository=HOSTILE[2]),
        findings=(Finding(HOSTILE[0], HOSTILE[1], Location(HOSTILE[2], 1)),),
        skipped=(Skipped(HOSTILE[0], HOSTILE[1]),),
        locks=HOSTILE,
    )
    text = page_of(made)
    plain = Elements(page_of(inventory([component("a")])))
    assert [tag for tag, _ in Elements(text).found] == [tag for tag, _ in plain.found]
    shown = data_of(text)["columns"]["name"]
    assert HOSTILE[0] in shown
    assert HOSTILE[1] in shown
    assert "evil\\u202egnp.exe" in shown
    assert "\u202e" not in text
    assert "\u2028" not in text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_embedded_text_is_read_back_as_it_was(text: str) -> None:
    """Whatever stands in it, the JSON holds no sign with which HTML begins or ends anything."""
    data = page.embedded({"text": text})
    assert json.loads(data) == {"text": text}
    assert not set("<>&\u2028\u2029") & set(data.decode())


def test_a_page_is_bounded_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """More components, needs, findings and places than a page holds are counted, and those that fit are listed."""
    places = tuple(Location(f"{number:02}.json") for number in range(page.MAX_PLACES + 5))
    made = inventory([component(f"c{n}", locations=places) for n in range(6)], [("c1", "c0"), ("c2", "c0")])
    made = replace(made, findings=made.findings * 4, locks=("a", "b", "c", "d"))
    for name, value in (("MAX_COMPONENTS", 4), ("MAX_EDGES", 3), ("MAX_FINDINGS", 2)):
        monkeypatch.setattr(page, name, value)
    data = data_of(page_of(made))
    assert len(data["columns"]["name"]) == 1 + 4
    assert data["totals"] == {
        "components": 6, "inner": 0, "edges": 7, "edgesListed": 3, "findings": 4, "unread": 0, "skipped": 1,
        "locks": 4,
    }  # fmt: skip
    assert len(data["findings"]) == len(data["locks"]) == 2
    assert data["coverage"][-1][1] == 6
    assert len(data["columns"]["place"][1]) == page.MAX_PLACES
    assert data["columns"]["places"][1] == page.MAX_PLACES + 5


def test_one_text_does_not_fill_the_page() -> None:
    """A text that is longer than anybody reads is cut, and the cut is seen."""
    shown = data_of(page_of(inventory([component("a", licence="x" * 50_000)])))["tables"]["licences"]
    assert shown == [["x" * page.MAX_TEXT + "…", 0]]


def test_what_is_installed_here_is_not_in_the_page() -> None:
    """Whether a folder of installed packages is there is a matter of the machine: the bytes do not depend on it."""
    made = inventory([component("a")])
    there = replace(made, skipped=(*made.skipped, Skipped("node_modules", "installed", is_source=False)))
    assert page_of(there) == page_of(made)


def test_several_actions_of_one_repository_are_told_apart() -> None:
    """The folder behind the `#` of a purl is part of what people call it."""
    made = inventory([component("codeql-action", purl="pkg:github/github/codeql-action@v3#upload%20x")])
    assert data_of(page_of(made))["columns"]["name"][1] == "codeql-action/upload x"
