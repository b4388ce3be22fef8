"""The page of an inventory, as people use it: in a real browser that can reach nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import Browser, find_browser, running_browser
from tests.lib.sbom.paging import HOSTILE, component, inventory, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.browser.chromium import Page

ROWS = "[...document.querySelectorAll('#rows .row')]"
NAMES = f"{ROWS}.map(row => row.querySelector('.name').textContent)"
COUNT = "document.getElementById('count').textContent"
NODES = "[...document.querySelectorAll('#branches [role=treeitem]')].map(item => item.querySelector('bdi').textContent)"
SELECTED = "document.querySelector('[role=tab][aria-selected=true]').id"
OPEN = "document.getElementById('detail').open"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a running browser."""
    with running_browser() as started:
        yield started


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the page of a small inventory: a needs b, b and c need each other, d has no licence."""
    made = inventory(
        [component("a"), component("b", licence="Apache-2.0"), component("c"), component("d", licence="")],
        [("a", "b"), ("b", "c"), ("c", "b"), ("app", "a"), ("app", "d")],
    )
    return write(made, tmp_path_factory.mktemp("page") / "sbom.html")


def choose(page: Page, tab: str) -> None:
    """Choose a view with the pointer."""
    page.value(f"document.getElementById('tab-{tab}').click()")


def focus(page: Page, place: str) -> None:
    """Put the focus on an element."""
    page.value(f"document.querySelector({place!r}).focus()")


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (360, True)])
def test_loads_without_a_complaint_or_a_request(browser: Browser, small: Path, width: int, *, dark: bool) -> None:
    """No error, no breach of the page's policy, nothing asked of a network, nothing wider than the screen."""
    with browser.page(small, width=width, height=700, dark=dark) as page:
        assert page.value("document.documentElement.dataset.ready") == "yes"
        assert page.value("document.title") == "app 1.0.0: software bill of materials"
        for tab in ("overview", "components", "tree", "licences", "notes"):
            choose(page, tab)
            assert page.value("document.documentElement.scrollWidth <= window.innerWidth"), tab
            assert page.value("[...document.querySelectorAll('main > section')].filter(one => !one.hidden).length") == 1
        assert page.complaints() == []


def test_an_address_that_names_a_view_begins_at_its_top(browser: Browser, small: Path) -> None:
    """A browser scrolls to the element of that id by itself, so none has one; reloaded, the page stays where it was."""
    with browser.page(small, height=300) as page:
        tabs = page.value("[...document.querySelectorAll('[role=tab]')].map(tab => tab.id.replace('tab-', ''))")
        assert tabs == ["overview", "components", "tree", "licences", "notes"]
        assert [tab for tab in tabs if page.value(f"document.getElementById('{tab}') !== null")] == []
        choose(page, "tree")
        page.value("location.hash = 'overview'")
        page.value("location.hash = 'tree'")
        page.wait("document.getElementById('panel-overview').hidden")
        assert page.value("window.scrollY") == 0


def test_the_policy_is_in_force(browser: Browser, small: Path) -> None:
    """A script, a request and markup made of text are refused: the page could not do harm if it wanted to."""
    with browser.page(small) as page:
        page.value(
            "{ const s = document.createElement('script'); s.append('window.ran = 1'); document.body.append(s); }"
        )
        assert page.value("window.ran") is None
        assert (
            page.value("try { document.body.innerHTML = '<b>x</b>'; 'done' } catch (fault) { fault.name }")
            == "TypeError"
        )
        assert page.value("fetch('https://example.org/').then(() => 'done', fault => fault.name)") == "TypeError"
        assert any("Content Security Policy" in text for text in page.complaints())
        assert not any(text.startswith("request: ") for text in page.complaints())


def test_search_and_filters_narrow_the_list(browser: Browser, small: Path) -> None:
    """By name, version, purl and licence; by what is unknown; taken away with one button."""
    with browser.page(small) as page:
        choose(page, "components")
        assert page.value(NAMES) == ["a", "b", "c", "d"]
        for text, names in (("apache", ["b"]), ("pkg:npm/c", ["c"]), ("mit 1.0.0", ["a", "c"]), ("nothing such", [])):
            page.value("document.getElementById('search').value = ''")
            focus(page, "#search")
            page.type(text)
            assert page.value(NAMES) == names, text
        assert page.value("document.getElementById('empty').hidden") is False
        page.value("document.getElementById('clear').click()")
        page.wait(f"{COUNT} === '4 components'")
        choose(page, "overview")
        page.value("document.querySelector('#unknown button').click()")
        assert page.value(SELECTED) == "tab-components"
        assert (page.value(NAMES), page.value(COUNT)) == (["d"], "1 of 4 components")
        choose(page, "licences")
        page.value("[...document.querySelectorAll('#by-name button')].find(b => /MIT/.test(b.textContent)).click()")
        assert page.value(NAMES) == ["a", "c"]
        assert page.complaints() == []


def test_the_tree_opens_lazily_and_stops_at_a_cycle(browser: Browser, small: Path) -> None:
    """A level is made when it is opened; what stands above already cannot be opened again; and the way back up."""
    with browser.page(small) as page:
        choose(page, "tree")
        assert page.value(NODES) == ["app", "a", "d"]
        for _ in range(3):
            page.value("[...document.querySelectorAll('#branches [aria-expanded=false] > .node .twist')][0].click()")
        assert page.value(NODES) == ["app", "a", "b", "c", "b", "d"]
        assert "stands above already" in page.value(
            "document.querySelectorAll('#branches [role=treeitem]')[4].textContent"
        )
        assert (
            page.value("document.querySelectorAll('#branches [role=treeitem]')[4].hasAttribute('aria-expanded')")
            is False
        )
        focus(page, "#start")
        page.type("pkg:npm/c")
        page.value("document.querySelector('#matches button').click()")
        page.value("document.querySelector('#tree-form [value=needed]').click()")
        assert page.value(NODES) == ["c", "b"]
        page.value("document.querySelector('#branches [aria-expanded=false] > .node .twist').click()")
        assert page.value(NODES) == ["c", "b", "a", "c"]
        assert page.complaints() == []


def test_everything_is_reached_with_the_keyboard(browser: Browser, small: Path) -> None:
    """Views, list, one component and the tree, without a pointer; Escape closes, and the focus returns."""
    with browser.page(small) as page:
        focus(page, "#tab-overview")
        page.press("ArrowRight")
        assert page.value(SELECTED) == "tab-components"
        focus(page, "#grid")
        page.press("ArrowDown")
        page.press("ArrowDown")
        assert page.value("document.querySelector('#rows .active .name').textContent") == "c"
        active = "document.getElementById(document.getElementById('grid').getAttribute('aria-activedescendant'))"
        assert page.value(f"{active}.className") == "row active"
        page.press("Enter")
        assert page.value(OPEN) is True
        assert page.value("document.querySelector('.purl').textContent") == "pkg:npm/c@1.0.0"
        assert "app 1.0.0" in page.value("document.querySelector('.way').textContent")
        page.press("Escape")
        page.wait(f"!{OPEN}")
        assert page.value("document.activeElement.id") == "grid"
        focus(page, "#tab-components")
        page.press("ArrowRight")
        focus(page, "#branches [tabindex='0']")
        page.press("ArrowRight")
        page.press("ArrowRight")
        assert page.value(NODES) == ["app", "a", "b", "d"]
        page.press("ArrowLeft")
        page.press("ArrowLeft")
        assert page.value("document.activeElement.querySelector('bdi').textContent") == "app"
        page.press("End")
        page.press("Enter")
        assert page.value("document.querySelector('.purl').textContent") == "pkg:npm/d@1.0.0"
        assert page.complaints() == []


def test_hostile_names_stay_text(browser: Browser, tmp_path: Path) -> None:
    """Nothing of a name becomes an element, a script or another direction, wherever it is shown."""
    made = inventory([component(name, licence=name) for name in HOSTILE])
    with browser.page(write(made, tmp_path / "sbom.html")) as page:
        choose(page, "components")
        names = page.value(NAMES)
        assert set(HOSTILE[:3]) <= set(names)
        assert "evil\\u202egnp.exe" in names
        for row in range(len(HOSTILE)):
            page.value(f"document.querySelectorAll('#rows .row')[{row}].click()")
            page.value("document.getElementById('detail').close()")
        for tab in ("tree", "licences", "notes", "overview"):
            choose(page, tab)
        assert page.value("document.querySelectorAll('img, main script, dialog script, iframe').length") == 0
        assert page.value("document.querySelectorAll('script').length") == 2
        assert page.complaints() == []


def test_ten_thousand_components_are_drawn_as_they_are_seen(browser: Browser, tmp_path: Path) -> None:
    """The list has the height of all and the rows of a screen; its end is one key away; the search sees all."""
    made = inventory([component(f"c{number:05}") for number in range(10_000)])
    with browser.page(write(made, tmp_path / "sbom.html"), width=360, height=700) as page:
        choose(page, "components")
        assert page.value(COUNT) == "10,000 components"
        assert page.value(f"{ROWS}.length") < 60
        focus(page, "#grid")
        page.press("End")
        page.wait(f"{NAMES}.includes('c09999')")
        assert page.value(f"{ROWS}.length") < 60
        focus(page, "#search")
        page.type("c04999")
        assert page.value(NAMES) == ["c04999"]
        choose(page, "tree")
        assert page.value("document.querySelectorAll('#branches [role=treeitem]').length") == 1 + 200 + 1
        page.value("document.querySelector('#branches .more-node .node').click()")
        assert page.value("document.querySelectorAll('#branches [role=treeitem]').length") == 1 + 400 + 1
        assert page.complaints() == []


def test_is_printed_whole(browser: Browser, small: Path) -> None:
    """On paper all views stand one below the other, with every row of the list."""
    with browser.page(small) as page:
        page.call("Emulation.setEmulatedMedia", media="print")
        page.value("window.dispatchEvent(new Event('beforeprint'))")
        hidden = (
            "[...document.querySelectorAll('main > section')].filter(one => getComputedStyle(one).display === 'none')"
        )
        assert page.value(f"{hidden}.length") == 0
        assert page.value(NAMES) == ["a", "b", "c", "d"]
        assert page.value(NODES) == ["app", "a", "d"]
        assert page.printed().startswith(b"%PDF-")
        assert page.complaints() == []


@pytest.mark.parametrize(("required", "outcome"), [("0", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_without_a_browser_it_is_unmeasured(
    required: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A machine without one says so and passes nothing; where every real part is required that is a failure."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("MAXIMUS_REQUIRE_STACK", required)
    with pytest.raises(outcome, match="no chromium"):
        find_browser()


def test_a_browser_leaves_nothing_behind(small: Path) -> None:
    """When it ends, its process and its profile are gone."""
    with running_browser() as browser:
        process, home = browser.process, browser.home
        with browser.page(small) as page:
            assert page.value("1 + 1") == 2
        assert home.is_dir()
    assert process.returncode is not None
    assert not home.exists()
