"""Worlds and configurations made from a seed: what nobody wrote by hand, for two programs to agree on.

The same seed makes the same world on every machine and every Python: chance comes from a hash, not from `random`,
whose methods may change. A world keeps clear of where both differ on purpose (a tag without a version, bare texts for
lists, a lagging index), unless the comparison knows how to take it out again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["REPOSITORY", "Dice", "Generated", "generate"]

REPOSITORY = "acme/app"
CONFIG = ".github/release-drafter.yml"
T = TypeVar("T")


class Dice:
    """Chance that is the same everywhere."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = 0

    def below(self, limit: int) -> int:
        """Return a whole number from 0 to below the limit."""
        self._count += 1
        digest = hashlib.sha256(f"{self._seed}:{self._count}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % limit

    def chance(self, percent: int) -> bool:
        """Tell whether something happens that happens so often."""
        return self.below(100) < percent

    def one(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[self.below(len(items))]

    def some(self, items: Sequence[T], most: int) -> list[T]:
        """Return up to that many of the items, each once."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in range(self.below(min(most, len(left)) + 1))]


@dataclass(frozen=True, slots=True)
class Generated:
    """A world, and what runs in it."""

    seed: int
    world: dict[str, Any]
    inputs: dict[str, str]
    env: dict[str, str]
    event: dict[str, Any]


LABELS = ("bug", "Bug", "feature", "docs", "chore", "breaking", "skip-changelog", "dependencies", "area/ui", "fix me")
LOGINS = ("ada", "bob", "Carol", "d-e_v", "zoe", "Émile", "aa", "AB", "x9")
BOTS = ("renovate", "dependabot")
NAMES = ("Ada L.", "Ångström", "nobody", "Bob B", "zed", "_x", "10 men", "O'Neil", "-dash")
PATHS = (
    "src/a.py", "src/lib/b.py", "docs/index.md", "README.md", "SRC/Upper.PY", "lib/src/c.ts", ".github/ci.yml",
    "packages/one/x.js", "packages/two/y.js", "a b/c.txt", "deep/er/est/file.go",
)  # fmt: skip
PATTERNS = (
    "src/**", "*.md", "docs/", "/src/*.py", "!docs/**", "**/src", "packages/*/x.js", "src", "[a-c]*", "*", "a b/",
    "deep/**/file.go", "README.md", "?EADME.md", "[z-a]", "packages/", "/lib", "*.{py,ts}", "src/**/b.py",
)  # fmt: skip
WORDS = (
    "Add a thing", "fix: mend it", "feat(ui)!: new colours", "feat: one (two) three", "docs(a)(b): x", "chore: `a_b` c",
    "Use *stars* and _lines_", "<b>bold</b> & more", "@ada says #12", "Ärger über Öl", "10 things", "9 things",
    "apple", "Banana", "é first", "$RESOLVED_VERSION is out", "costs $5 and $NEXT_THING", "a | b", "tail \\ slash",
    "feat!:no space", "fix(): empty scope", "refactor(core/x): y", "[link](https://example.org)", "~~gone~~ `x",
    "emoji 🎉 party", "  blanks around  ", "_x_1: y", "fix : no", "Fix: case", "build(deps): bump a from 1.0 to 2.0",
)  # fmt: skip
TAGS = (
    "v1.0.0", "v1.2.3", "1.1.0", "v2.0.0-rc.1", "v1.1.0-beta.2", "v0.9.0", "v1.2", "v3", "1.2.3.4", "v1.2.3+build5",
    "app/1.0.0", "app/v1.4.0", "release-1.5.0", "v10.0.0", "v1.10.0", "2030.01.05", "v01.02.03", "@acme/w@1.2.3",
    "v2.0.0-alpha", "v1.0.0-rc.3", "v1.x",
)  # fmt: skip
TEMPLATES = (
    "$CHANGES", "## What's changed\n\n$CHANGES\n", "# $RESOLVED_VERSION\n$CHANGES\n\n$CONTRIBUTORS",
    "$CHANGES\n\nThanks to $CONTRIBUTORS!\n\n$OWNER/$REPOSITORY/compare/$PREVIOUS_TAG...v$RESOLVED_VERSION\n",
    "$CHANGES\n\n## New\n$NEW_CONTRIBUTORS\n", "no variables at all", "$UNKNOWN $CHANGES $changes $",
    "$NEXT_MAJOR_VERSION|$NEXT_MINOR_VERSION|$NEXT_PATCH_VERSION",
    "$NEXT_PRERELEASE_VERSION|$NEXT_PRERELEASE_VERSION_PRERELEASE",
    "$NEXT_MAJOR_VERSION_MAJOR.$NEXT_MINOR_VERSION_MINOR.$NEXT_PATCH_VERSION_PATCH|$RESOLVED_VERSION_PRERELEASE",
    "$RESOLVED_VERSION_MAJOR/$RESOLVED_VERSION_MINOR/$RESOLVED_VERSION_PATCH $CHANGES",
)  # fmt: skip
CHANGE_TEMPLATES = (
    "* $TITLE (#$NUMBER) $AUTHORS", "- $TITLE @$AUTHOR (#$NUMBER)", "* #$NUMBER $TITLE [$CATEGORY]", "$TITLE$NUMBER",
    "- $TITLE by [$AUTHOR]($AUTHOR_URL) in $URL", "* $TITLE ($HEAD_REF_NAME -> $BASE_REF_NAME)", "* $TITLE\n  $BODY",
    "", "* $AUTHORS",
)  # fmt: skip
REPLACERS = (
    ("/a/g", "e"), ("thing", "THING"), ("/(\\w+) things/", "$1 \\U$1"), ("/#(\\d+)/g", "[#$1](x/$1)"), ("$", "€"),
    ("/^\\* /gm", "+ "), ("/B/i", "<$&>"), ("/a/y", "b"), ("/(x)|(y)/g", "[$1$2]"), ("/([a-z])([a-z]*)/", "\\u$1$2"),
    ("/(/", "broken"), ("@", "(at)"), ("/\\s+$/", ""), ("/[äö]/giu", "?"), ("\\n", "N"), ("/(?<w>ada)/", "$<w>$12"),
    ("/\\n{2,}/g", "\\n"), ("## ", "### "), ("/(?=c)/g", "|"), ("/./s", "\\t"),
)  # fmt: skip


def generate(seed: int) -> Generated:
    """Return the world of a seed."""
    return _Maker(Dice(seed)).make(seed)


class _Maker:
    """Makes one world, part by part."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice

    def make(self, seed: int) -> Generated:
        """Return everything of one run."""
        dice = self._dice
        ref = dice.one(("refs/heads/main",) * 8 + ("refs/heads/release/1.x", "refs/tags/v9.9.9", "refs/pull/7/merge"))
        releases = self._releases()
        commits, pulls = self._history()
        refs = {f"refs/tags/{release['tag_name']}": _sha(f"tag {release['tag_name']}") for release in releases}
        refs |= {"refs/heads/main": _sha("main"), "refs/heads/release/1.x": _sha("1.x")}
        refs |= {"refs/tags/v9.9.9": _sha("9.9.9"), "refs/pull/7/head": _sha("head 7")}
        files = self._files()
        repository = {
            "default_branch": "main",
            "files": {"*": files},
            "releases": releases,
            "refs": refs,
            "commits": commits,
            "compare": [{"base": "*", "head": "*", "commits": list(commits)}],
        }
        if "refs/pull/" in ref:
            pulls[f"{REPOSITORY}#7"] = {
                "title": "Open", "merged": False, "author": {"login": "bob"}, "potentialMergeCommit": _sha("potential")
            }  # fmt: skip
        short = ref.removeprefix("refs/").partition("/")[2]
        env = {
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_REPOSITORY_OWNER": "acme",
            "GITHUB_REF": ref,
            "GITHUB_REF_NAME": short,
            "GITHUB_REF_TYPE": "tag" if ref.startswith("refs/tags/") else "branch",
            "GITHUB_SHA": _sha("main"),
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTOR": "ada",
        }
        event = {
            "ref": ref,
            "repository": {
                "name": "app", "full_name": REPOSITORY, "owner": {"login": "acme", "name": "acme"},
                "default_branch": "main", "private": False,
            },
            "sender": {"login": "ada", "type": "User"},
        }  # fmt: skip
        world = {"repos": {REPOSITORY: repository}, "prs": pulls}
        return Generated(seed, world, self._inputs(), env, event)

    # The repository.

    def _releases(self) -> list[dict[str, Any]]:
        dice = self._dice
        found = []
        for number, tag in enumerate(dice.some(TAGS, 6)):
            is_draft = dice.chance(20)
            found.append(
                {
                    "id": 1000 + number,
                    "tag_name": tag,
                    "name": dice.one((tag, f"Release {tag}", "", "the 4.5.6 one")),
                    "body": dice.one(("", "old notes", "someone's own words\n")),
                    "draft": is_draft,
                    "prerelease": dice.chance(60) if "-" in tag else dice.chance(10),
                    "target_commitish": dice.one(("main", "main", "refs/heads/main", "release/1.x", _sha("main"))),
                    "created_at": f"2025-0{1 + dice.below(9)}-1{dice.below(10)}T00:00:00Z",
                }
            )
        return found

    def _history(self) -> tuple[dict[str, Any], dict[str, Any]]:
        dice = self._dice
        commits: dict[str, Any] = {}
        pulls: dict[str, Any] = {}
        for number in range(1, 1 + dice.below(9)):
            oid = _sha(f"commit {number}")
            key = f"{REPOSITORY}#{number}" if dice.chance(93) else f"other/fork#{number}"
            pulls[key] = self._pull(number, oid)
            keys = [key]
            if number > 1 and dice.chance(10):
                keys.append(f"{REPOSITORY}#{number - 1}")
            for part in range(dice.below(3)):
                commits[_sha(f"part {number} {part}")] = self._commit(number, keys)
            commits[oid] = self._commit(number, keys)
            if dice.chance(10):
                commits[_sha(f"direct {number}")] = self._commit(number, [])
        known = set(pulls)
        for commit in commits.values():
            commit["prs"] = [key for key in commit["prs"] if key in known]
        return commits, pulls

    def _pull(self, number: int, oid: str) -> dict[str, Any]:
        dice = self._dice
        merged = dice.chance(94)
        return {
            "title": dice.one(WORDS) + (f" {number}" if dice.chance(40) else ""),
            "body": dice.one((None, "", "A body.\nTwo lines.", "costs $5 <!-- hidden -->")),
            "author": self._author(),
            "labels": dice.some(LABELS, 3),
            "files": dice.some(PATHS, 4),
            "merged": merged,
            "mergedAt": f"2026-01-{1 + dice.below(28):02d}T0{dice.below(10)}:00:00Z" if merged else None,
            "mergeCommit": oid if merged else None,
            "headRefName": dice.one(("feature/x", "fix-$y", "main")),
            "baseRefName": dice.one(("main", "main", "main", "stack/1")),
        }

    def _author(self) -> dict[str, Any] | None:
        dice = self._dice
        kind = dice.below(20)
        if kind == 0:
            return None
        if kind < 4:
            return {"login": dice.one(BOTS), "__typename": "Bot"}
        return {"login": dice.one(LOGINS), "url": f"https://github.com/{dice.one(LOGINS)}"}

    def _commit(self, number: int, keys: list[str]) -> dict[str, Any]:
        dice = self._dice

        def signature() -> dict[str, Any]:
            if dice.chance(30):
                return {"name": dice.one(NAMES), "email": "n@example.org", "login": None}
            login = dice.one((*LOGINS, "renovate[bot]"))
            return {"name": f"The {login}", "email": f"{login}@example.org", "login": login}

        authors = [signature() for _ in range(1 + (dice.below(3) if dice.chance(30) else 0))]
        return {
            "message": f"Change {number}",
            "committedDate": f"2026-01-{1 + dice.below(28):02d}T00:00:00Z",
            "author": authors[0],
            "authors": authors,
            "prs": list(keys),
        }

    # The configuration.

    def _files(self) -> dict[str, str]:
        dice = self._dice
        keys = self._configuration()
        files: dict[str, str] = {}
        if dice.chance(15):
            base = self._configuration()
            moved = dice.some(sorted(keys), 6)
            base |= {key: keys.pop(key) for key in moved}
            strategy = {
                key: dice.one(("append", "prepend", "override"))
                for key in ("categories", "replacers", "exclude-labels")
                if key in keys and dice.chance(60)
            }
            form = dice.one(
                ("base.yml", "app:base.yml", "github:base.yml@refs/heads/main", "acme/app:/.github/base.yml")
            )
            keys["_extends"] = {"from": form, "strategy": strategy} if strategy or dice.chance(20) else form
            files[".github/base.yml"] = self._yaml(base)
        files[CONFIG] = self._yaml(keys)
        return files

    def _yaml(self, keys: dict[str, Any]) -> str:
        """Return the keys as YAML: each in flow style, or a text as a block."""
        dice = self._dice
        lines = ["# made by a generator"] if dice.chance(30) else []
        for key, value in keys.items():
            if isinstance(value, str) and "\n" in value and dice.chance(60) and not value.startswith(" "):
                mark = dice.one(("|", "|-", "|+"))
                lines.append(f"{key}: {mark}\n" + "\n".join(f"  {line}".rstrip() for line in value.split("\n")))
            elif key == "categories" and isinstance(value, list) and dice.chance(50):
                lines.append(f"{key}:\n" + "\n".join(f"  - {json.dumps(item)}" for item in value))
            else:
                lines.append(f"{key}: {json.dumps(value, ensure_ascii=dice.chance(50))}")
        return "\n".join(lines) + "\n"

    def _configuration(self) -> dict[str, Any]:
        dice = self._dice
        keys: dict[str, Any] = {"template": dice.one(TEMPLATES)} if dice.chance(95) else {}
        makers: tuple[tuple[str, int, Callable[[], Any]], ...] = (
            ("name-template", 85, self._of(("v$RESOLVED_VERSION", "$NEXT_MINOR_VERSION 🌈", "Next", "$OWNER"))),
            ("tag-template", 85, self._of(("v$RESOLVED_VERSION", "v$NEXT_PATCH_VERSION", "app/$RESOLVED_VERSION"))),
            ("tag-prefix", 12, self._of(("app/", "v", "release-", ""))),
            ("version-template", 10, self._of(("$MAJOR.$MINOR", "$MAJOR.$MINOR.$PATCH$PRERELEASE", "r$MAJOR", ""))),
            ("header", 10, self._of(("Top\n", "", "v$RESOLVED_VERSION\n", "$CONTRIBUTORS"))),
            ("footer", 10, self._of(("\nBottom", "$PREVIOUS_TAG", "\n\n"))),
            ("change-template", 60, self._of(CHANGE_TEMPLATES)),
            ("change-author-template", 10, self._of(("$AUTHOR", "by $AUTHOR_MENTION", "<$AUTHOR>", ""))),
            ("change-authors-separator", 8, self._of((" & ", "", ";"))),
            ("change-authors-final-separator", 8, self._of((" and ", ""))),
            ("change-title-escapes", 50, self._of(("\\<*_&#@`", "@", "", "[]()", "`", "a-z", "^]\\", "<@|~"))),
            ("no-changes-template", 20, self._of(("* Nothing for $OWNER", "", "  none $RESOLVED_VERSION "))),
            ("category-template", 15, self._of(("### $TITLE", "", "$TITLE", "**$TITLE** $NUMBER", "$NOTHING"))),
            ("categories", 75, self._categories),
            ("exclude-labels", 20, self._few(LABELS, 3)),
            ("include-labels", 8, self._few(LABELS, 6)),
            ("exclude-paths", 6, self._few(PATTERNS, 3)),
            ("include-paths", 8, self._few(PATTERNS, 5)),
            ("exclude-contributors", 15, self._few((*LOGINS, *BOTS, "renovate[bot]"), 4)),
            ("new-contributor-template", 10, self._of(("- $AUTHOR in #$NUMBER", "$AUTHOR_MENTION $AUTHOR_URL"))),
            ("no-contributors-template", 10, self._of(("Nobody", ""))),
            ("no-new-contributor-template", 10, self._of(("Nobody new", ""))),
            ("sort-by", 20, self._of(("merged_at", "title", "title"))),
            ("sort-direction", 25, self._of(("ascending", "descending"))),
            ("filter-by-commitish", 10, lambda: dice.chance(60)),
            ("filter-by-range", 8, self._of(("1.x", "<2", "*", "", ">=1.0.0 <1.5 || 3", "^1.2", "~1.1"))),
            ("commitish", 8, self._of(("main", "refs/heads/main", "refs/tags/v9.9.9", "release/1.x"))),
            ("latest", 8, self._of((True, False, "yes", "OFF", "n"))),
            ("prerelease", 15, self._of((True, False, "Y", "disabled", "1"))),
            ("prerelease-identifier", 10, self._of(("rc", "beta", "alpha.1", ""))),
            ("include-pre-releases", 12, self._of((True, False, "enabled"))),
            ("pull-request-limit", 5, self._of((5, 10, 1e1, 25))),
            ("history-limit", 5, self._of((15, 100, 1))),
            ("replacers", 20, self._replacers),
            ("version-resolver", 30, self._resolver),
            ("nothing-known", 5, lambda: {"a": [1, None]}),
            ("references", 4, lambda: ["main"]),
            ("autolabeler", 6, lambda: [{"label": "docs", "files": ["*.md"]}]),
        )  # fmt: skip
        for key, percent, make in makers:
            if dice.chance(percent):
                keys[key] = make()
        if dice.chance(4):
            wrong = dice.one(sorted(keys) or ["template"])
            keys[wrong] = dice.one((None, 5, [3], {"a": 1}, 1.5))
        return keys

    def _of(self, values: Sequence[Any]) -> Callable[[], Any]:
        return lambda: self._dice.one(values)

    def _few(self, values: Sequence[Any], most: int) -> Callable[[], Any]:
        return lambda: self._dice.some(values, most)

    def _replacers(self) -> list[dict[str, str]]:
        return [{"search": search, "replace": replace} for search, replace in self._dice.some(REPLACERS, 4)]

    def _categories(self) -> list[dict[str, Any]]:
        dice = self._dice
        found: list[dict[str, Any]] = []
        has_rest = False
        for number in range(dice.below(6)):
            kind = dice.one(("changelog",) * 8 + ("version-resolver", "version-resolver", "pre-exclude", "pre-include"))
            category = self._category(kind, number)
            is_open = not any(category.get(key) for key in ("label", "labels", "when"))
            if kind == "changelog" and is_open and has_rest:
                category["label"] = "bug"
            has_rest = has_rest or (kind == "changelog" and is_open)
            if dice.chance(15) and not kind.startswith("pre-"):
                category["exclusive"] = True
            if dice.chance(20):
                category["collapse-after"] = dice.one((-1, 0, 1, 2, 5))
            if dice.chance(30):
                category["semver-increment"] = dice.one(("major", "minor", "patch"))
            found.append(category)
        return found

    def _category(self, kind: str, number: int) -> dict[str, Any]:
        dice = self._dice
        category: dict[str, Any] = {} if kind == "changelog" and dice.chance(80) else {"type": kind}
        if kind == "changelog" or dice.chance(20):
            category["title"] = f"{dice.one(('Features', 'Fixes 🐛', 'Other', 'Docs & more', '$TITLE'))} {number}"
        form = dice.below(100)
        if form < 45:
            if dice.chance(50):
                category["label"] = dice.one(LABELS)
            if dice.chance(60):
                category["labels"] = dice.some(LABELS, 3)
        if form >= 40:
            conditions = [self._condition() for _ in range(1 + dice.below(2))]
            category["when"] = conditions if len(conditions) > 1 or dice.chance(30) else conditions[0]
        return category

    def _condition(self) -> dict[str, Any]:
        dice = self._dice
        made: dict[str, Any] = {}
        if dice.chance(45):
            made["labels"] = dice.some(LABELS, 3)
            made["labels-mode"] = dice.one(("any", "all", "only", "exactly"))
        if dice.chance(15):
            made["label"] = dice.one(LABELS)
        if dice.chance(30):
            made["paths"] = dice.some(PATTERNS, 3)
            made["paths-mode"] = dice.one(("any", "all", "only", "exactly"))
        if dice.chance(10):
            made["path"] = dice.one(PATTERNS)
        if dice.chance(35):
            made["conventional"] = dice.one(
                (
                    True, {"type": "fix"}, {"types": ["feat", "docs"]}, {"scope": "ui"}, {"breaking": True}, {},
                    {"type": "feat", "breaking": False}, {"scopes": ["a)(b", "deps"]}, {"types": []},
                )
            )  # fmt: skip
        return made

    def _resolver(self) -> dict[str, Any]:
        dice = self._dice
        made: dict[str, Any] = {
            name: {"labels": dice.some(LABELS, 2)} for name in ("major", "minor", "patch") if dice.chance(60)
        }
        if dice.chance(50):
            made["default"] = dice.one(("major", "minor", "patch"))
        return made

    # The call.

    def _inputs(self) -> dict[str, str]:
        dice = self._dice
        makers: tuple[tuple[str, int, Sequence[str]], ...] = (
            ("version", 6, ("3.1.4", "v2", "nothing", "5.0.0-rc.1")),
            ("tag", 6, ("v7.0.0", "v$RESOLVED_VERSION-RC1", "nightly", "app/8.1.0")),
            ("name", 6, ("Version 6.5.4", "Mine", "v$NEXT_MINOR_VERSION")),
            ("latest", 5, ("true", "false")),
            ("prerelease", 6, ("true", "false")),
            ("prerelease-identifier", 5, ("rc", "beta.3")),
            ("include-pre-releases", 5, ("true", "false")),
            ("commitish", 5, ("main", "refs/heads/release/1.x", "refs/pull/7/head")),
            ("header", 4, ("In front\n", "# $RESOLVED_VERSION")),
            ("footer", 4, ("behind $OWNER",)),
            ("filter-by-range", 4, ("1.x", "latest", "*", ">1")),
            ("publish", 6, ("true",)),
            ("dry-run", 5, ("true",)),
        )
        return {name: dice.one(values) for name, percent, values in makers if dice.chance(percent)}


def _sha(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - a commit's name, as git makes it
