"""The notes themselves, from settings and history."""

from __future__ import annotations

import pytest

from maximus.changes import Change, Person, RangeCommit, Release
from maximus.notes.composition import History, Notes, compose
from maximus.notes.configuration import read_configuration
from maximus.notes.escapes import escape_title
from maximus.notes.sections import Artifact, Sections
from maximus.notes.settings import Request, settle
from maximus.yaml import load_yaml

LAST = Release("v1.0.0", id=1)


def change(number: int, title: str = "", **fields: object) -> Change:
    """Return a merged pull request."""
    basic = {"author": Person(login="ada"), "merged_at": f"2026-01-{number:02}T00:00:00Z"}
    return Change(title or f"Change {number}", number=number, repository="acme/app", **(basic | fields))  # type: ignore[arg-type]  # the fields of a change


def made(configuration: str, *changes: Change, commits: tuple[RangeCommit, ...] = (), **facts: object) -> Notes:
    """Return the notes for a configuration and changes."""
    request = facts.pop("request", Request())
    assert isinstance(request, Request)
    settings = settle(read_configuration(load_yaml(configuration, "f.yml")), request, "refs/heads/main")
    history = History("acme/app", "https://github.com", LAST, changes, commits)
    from dataclasses import replace  # noqa: PLC0415 - the only use

    return compose(settings, replace(history, **facts))  # type: ignore[arg-type]  # the fields of a history


def test_header_template_and_footer_stand_without_a_separator() -> None:
    """`H`, `T` and `F` give `HTF`."""
    assert made("header: H\ntemplate: T\nfooter: F\n").body == "HTF"


def test_the_newest_comes_first_by_default() -> None:
    """By merge time, descending."""
    assert made("template: $CHANGES\nchange-template: $NUMBER\n", change(1), change(3), change(2)).body == "3\n2\n1"


def test_titles_are_sorted_by_code_unit() -> None:
    """`10` before `9` before `B` before `a` before `é`."""
    titles = ["é", "a", "B", "9", "10"]
    text = "template: $CHANGES\nchange-template: $TITLE\nsort-by: title\nsort-direction: ascending\n"
    body = made(text, *(change(n, title) for n, title in enumerate(titles, start=1))).body
    assert body.split("\n") == ["10", "9", "B", "a", "é"]


def test_what_was_never_merged_comes_first_when_descending() -> None:
    """Nothing sorts as the latest."""
    text = "template: $CHANGES\nchange-template: $NUMBER\n"
    assert made(text, change(1), change(2, merged_at=None)).body == "2\n1"


def test_unmatched_changes_stand_in_front_without_a_heading() -> None:
    """Then each category with its heading, blank lines between, the whole trimmed."""
    text = "template: '<$CHANGES>'\nchange-template: $TITLE\ncategories: [{title: A, label: a}, {title: B, label: b}]\n"
    assert made(text, change(1), change(2, labels=("a",))).body == "<Change 1\n\n## A\n\nChange 2>"


def test_a_heading_that_renders_to_nothing_takes_its_blank_line_along() -> None:
    """An empty category-template leaves the lines alone."""
    text = "template: $CHANGES\nchange-template: $TITLE\ncategory-template: ''\ncategories: [{title: A}]\n"
    assert made(text, change(1)).body == "Change 1"


@pytest.mark.parametrize(("after", "collapsed"), [(-1, False), (0, True), (1, True), (2, False)])
def test_long_categories_collapse(after: int, collapsed: bool) -> None:  # noqa: FBT001 - what is compared
    """More than n changes collapse; 0 is always, -1 never."""
    text = f"template: $CHANGES\nchange-template: $NUMBER\ncategories: [{{title: A, collapse-after: {after}}}]\n"
    body = made(text, change(1), change(2)).body
    inside = "<details>\n<summary>2 changes</summary>\n\n2\n1\n</details>" if collapsed else "2\n1"
    assert body == f"## A\n\n{inside}"


def test_without_changes_their_template_stands_untrimmed() -> None:
    """Its own tokens stay, but version variables are filled in behind it."""
    text = "template: $CHANGES\nno-changes-template: ' none by $OWNER for $RESOLVED_VERSION '\n"
    assert made(text).body == " none by $OWNER for 1.0.1 "


def test_a_title_is_rendered_once_and_never_expanded() -> None:
    """Neither variables nor versions in a stranger's title are filled in; those of templates are."""
    text = "template: '$CHANGES|$RESOLVED_VERSION'\nchange-template: $TITLE\n"
    title = "$OWNER $RESOLVED_VERSION $TITLE"
    assert made(text, change(1, title)).body == f"{title}|1.0.1"


def test_unknown_tokens_and_missing_values_stay() -> None:
    """A token is the longest run of capitals and underscores."""
    text = "template: '$CHANGES $NOPE $OWNERS'\nchange-template: '$TITLE $BODY $NUMBERS'\n"
    assert made(text, change(1, "t")).body == "t $BODY $NUMBERS $NOPE $OWNERS"


@pytest.mark.parametrize(
    ("author", "shown"),
    [
        (Person(login="ada"), "ada @ada"),
        (
            Person(login="renovate", url="https://x/apps/renovate", is_bot=True),
            "[renovate[bot]](https://x/apps/renovate) [@renovate[bot]](https://x/apps/renovate)",
        ),
        (None, "ghost @ghost"),
    ],
)
def test_how_authors_are_shown(author: Person | None, shown: str) -> None:
    """Logins, bots with their page, and the ghost of a deleted account."""
    text = "template: $CHANGES\nchange-template: '$AUTHOR $AUTHORS'\n"
    assert made(text, change(1, author=author)).body == shown


def test_authors_come_from_the_commits_that_belong_to_the_change() -> None:
    """The pull request's author first, then people by name, then bots."""
    commits = (
        RangeCommit("1" * 40, (Person(login="zed"), Person(name="Ada L")), ("acme/app#1",)),
        RangeCommit("2" * 40, (Person(login="dependabot[bot]"),), ()),
        RangeCommit("3" * 40, (Person(login="other"),), ("acme/app#9",)),
    )
    text = "template: $CHANGES\nchange-template: $AUTHORS\nchange-authors-final-separator: ' & '\n"
    body = made(text, change(1, author=Person(login="bob"), commit="2" * 40), commits=commits).body
    assert body == "@bob, Ada L, @zed & [@dependabot[bot]](https://github.com/apps/dependabot)"


def test_contributors_are_ordered_as_icu_does() -> None:
    """Punctuation, digits, letters whatever their case, accents behind the plain letter."""
    names = ("Ärger", "alpha", "Beta", "_x", "9", "-y", "Alpha")
    commits = (RangeCommit("1" * 40, tuple(Person(name=name) for name in names), ("acme/app#1",)),)
    body = made("template: $CONTRIBUTORS\n", change(1, author=None), commits=commits).body
    assert body == "_x, -y, 9, alpha, Alpha, Ärger and Beta"


def test_excluded_contributors_are_left_out_with_their_bot() -> None:
    """Of `$CONTRIBUTORS`; a bare name cannot be excluded."""
    commits = (RangeCommit("1" * 40, (Person(login="x[bot]"), Person(name="x")), ("acme/app#1",)),)
    text = "template: $CONTRIBUTORS\nexclude-contributors: [x, ada]\n"
    assert made(text, change(1), commits=commits).body == "x"


def test_new_contributors_are_listed_by_their_first_change() -> None:
    """Where the earliest one in the range is filtered out, the login is not listed."""
    text = "template: $NEW_CONTRIBUTORS\nexclude-labels: [skip]\n"
    changes = (
        change(2, author=Person(login="new", url="u")),
        change(1, author=Person(login="hidden"), labels=("skip",)),
        change(3, author=Person(login="hidden")),
    )
    body = made(text, *changes, new_logins=frozenset({"new", "hidden"})).body
    assert body == "* @new made their first contribution in #2"


def test_without_a_release_a_warning_stands_between_template_and_footer() -> None:
    """It names the repository."""
    body = made("template: T\nfooter: F\n", last=None).body
    assert body.startswith("T\n---\n> [!WARNING]\n")
    assert body.endswith("\n---\nF")
    assert "acme/app" in body


@pytest.mark.parametrize(
    ("request_", "version"),
    [
        (Request(version="3.1.4"), "3.1.4"),
        (Request(tag="v$RESOLVED_VERSION-RC1"), "1.0.0"),
        (Request(version="none", tag="v5.0.0"), "1.0.1"),
        (Request(prerelease=True, prerelease_identifier="rc"), "1.0.1-rc.0"),
        (Request(prerelease=True), "1.0.1"),
    ],
)
def test_which_version_is_resolved(request_: Request, version: str) -> None:
    """The first input that is not empty gives it; one without a version leaves it to the last release."""
    assert made("template: T\n", request=request_).version == version


def test_the_version_template_decides_how_it_is_written() -> None:
    """Outputs and variables hold what it renders."""
    notes = made(
        "template: $RESOLVED_VERSION\nversion-template: '$MAJOR.$MINOR'\ntag-template: 'v$NEXT_MINOR_VERSION'\n"
    )
    assert (notes.body, notes.version, notes.tag) == ("1.0", "1.0", "v1.1")


def test_replacers_work_on_the_whole_body_before_the_version() -> None:
    """In order, over names and titles too."""
    text = "template: '$CHANGES v$RESOLVED_VERSION'\nreplacers: [{search: ada, replace: A}, {search: v, replace: V}]\n"
    assert made(text, change(1, "t")).body == "* t (#1) @A V1.0.1"


@pytest.mark.parametrize(
    ("characters", "title", "escaped"),
    [
        ("", "*a* @b `c`", "*a* @b `c`"),
        ("\\<*_&@#", "*a* @b #1 <i> `*c*` _d_", "\\*a\\* @<!---->b #<!---->1 \\<i> `*c*` \\_d\\_"),
        ("*`", "`*`", "\\`\\*\\`"),
        ("a-c", "abc-", "\\ab\\c\\-"),
        ("^]", "^]", "\\^\\]"),
    ],
)
def test_title_escapes_are_a_set_of_characters(characters: str, title: str, escaped: str) -> None:
    """No ranges, no classes; code between backticks stays unless the backtick is in the set."""
    assert escape_title(title, characters) == escaped


def test_a_lone_surrogate_becomes_a_replacement_character() -> None:
    """JSON may hold one and UTF-8 cannot; half an emoji must not end the run."""
    assert made("template: $CHANGES\nchange-template: $TITLE\n", change(1, "a\ud800b")).body == "a\ufffdb"


# Our own sections.


TAGGED = "template: x\ntag-template: app/v$RESOLVED_VERSION\n"
SECTIONS = Sections(artifacts=(Artifact("a.whl", 5, "ab" * 32),), command="maximus verify")


def with_sections(configuration: str, *changes: Change, title: str = "x") -> Notes:
    """Return notes whose sections were read."""
    settings = settle(read_configuration(load_yaml(configuration, "f.yml")), Request(), "main")
    history = History("acme/app", "https://github.com", LAST, changes or (change(1, title),))
    return compose(settings, history, SECTIONS)


def test_a_variable_places_a_section_and_the_rest_follows() -> None:
    """Without its heading where a template has it; behind the body with one."""
    notes = with_sections("template: |\n  $CHANGES\n  ### Files\n  $ARTIFACTS\n  end\n")
    assert "### Files\n| File |" in notes.body
    assert notes.body.endswith("|\nend\n")
    assert (notes.behind.count("## Verification"), notes.behind.count("## Artifacts")) == (1, 0)


def test_every_section_has_a_variable() -> None:
    """What was not measured says so in its place."""
    names = "$ARTIFACTS $VERIFICATION $SBOM_SUMMARY $SBOM_DIFF $VERDICTS $CONSCIOUSNESS_METRICS"
    notes = with_sections(f"template: '{names}'")
    assert (notes.body.count("Not measured."), "$" in notes.body, notes.behind) == (4, False, "")


def test_the_configuration_names_what_follows() -> None:
    """In its order; an empty list means none."""
    notes = with_sections("template: $CHANGES\nsections: [verdicts, artifacts]\n")
    assert notes.behind.startswith("\n## Verdicts\n\nNot measured.\n\n## Artifacts\n\n| File |")
    assert with_sections("template: $CHANGES\nsections: []\n").behind == ""


def test_a_variable_in_a_title_places_nothing() -> None:
    """It is a stranger's text."""
    notes = with_sections("template: $CHANGES", title="see $ARTIFACTS")
    assert "* see $ARTIFACTS (#1)" in notes.body
    assert "## Artifacts" in notes.behind


def test_no_replacer_touches_a_digest() -> None:
    """Sections go in behind the replacers, and no token in them is expanded."""
    notes = with_sections("template: '$CHANGES $ARTIFACTS'\nreplacers: [{search: ab, replace: cd}]\n", title="ab")
    assert "* cd (#1)" in notes.body
    assert "ab" * 32 in notes.body


def test_where_no_section_was_read_nothing_changes() -> None:
    """A plain call knows no such variable: it stays as 7.7.0 leaves it."""
    assert made("template: $ARTIFACTS").body == "$ARTIFACTS"


def test_sections_stay_where_the_body_has_to_be_cut() -> None:
    """A body that places them itself lets go of them first: they follow it then, whole."""
    notes = with_sections("template: '$ARTIFACTS $CHANGES'", change(1, "x" * 2000))
    assert notes.within(1_000_000) == notes
    apart = notes.within(1_000)
    assert ("a.whl" in apart.body, "a.whl" in apart.behind) == (False, True)
    assert apart.behind.startswith("\n## Artifacts\n")


def test_files_lead_to_where_the_release_will_have_them() -> None:
    """Once the tag is known."""
    sections = Sections(artifacts=SECTIONS.artifacts, published_name=str)
    settings = settle(read_configuration(load_yaml(TAGGED, "f.yml")), Request(), "main")
    notes = compose(settings, History("acme/app", "https://github.com", LAST, (change(1),)), sections)
    assert "(<https://github.com/acme/app/releases/download/app%2Fv1.0.1/a.whl>)" in notes.behind
