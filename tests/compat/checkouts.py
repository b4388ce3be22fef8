"""Git repositories out of the shared cases' worlds: the same commits, people and pull requests, as real objects."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.compat.cases import load_cases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["comparing_cases", "make_checkout"]

_TRAILER = re.compile(r"(?im)^Co-authored-by:.*$")


def comparing_cases() -> list[dict[str, Any]]:
    """Return the cases that compare a branch with a release and do not fail."""
    return [
        case
        for case in load_cases()
        if any(entry["commits"] for repository in case["world"]["repos"].values() for entry in repository["compare"])
        # In some worlds the tag or the pull request that started the run leads nowhere; in a repository it does.
        and case["env"].get("GITHUB_REF", "").startswith("refs/heads/")
        and not case["expected"]["failed"]
    ]


def make_checkout(case: Mapping[str, Any], folder: Path) -> dict[str, Any] | None:
    """Make the repository of a case in a folder and return the case with the ids that git gave its commits.

    None where the case compares nothing, or compares more than one pair: one line of commits cannot be both.
    """
    made: dict[str, Any] = copy.deepcopy(dict(case))
    name = case["env"]["GITHUB_REPOSITORY"]
    home = made["world"]["repos"].get(name)
    compared = [entry for entry in (home or {}).get("compare", ()) if entry["commits"]]
    if home is None or len(compared) != 1 or len(home["compare"]) != 1:
        return None
    order = compared[0]["commits"]
    written = [_commit(home["commits"].get(oid) or {}, number) for number, oid in enumerate(order)]
    ids = dict(zip(order, _import(folder, written, name), strict=True))
    tip, root = ids[order[-1]], _git(folder, "rev-list", "--max-parents=0", "main").strip()
    for oid, commit in zip(order, written, strict=True):
        home["commits"][oid] = {**(home["commits"].get(oid) or {}), **commit}
    branches = {case["env"].get("GITHUB_REF", ""), f"refs/heads/{home['default_branch']}"}
    branches |= {ref for ref in home["refs"] if not ref.startswith("refs/tags/")}
    tags = {ref for ref in home["refs"] if ref.startswith("refs/tags/")}
    # Ids stand in many places of a world: commits, merge commits, comparisons.
    text = json.dumps(made["world"])
    made["world"] = json.loads(re.sub(r'"([0-9a-f]{40})"', lambda found: f'"{ids.get(found[1], found[1])}"', text))
    home = made["world"]["repos"][name]
    home["refs"] = dict.fromkeys(tags, root) | {ref: tip for ref in branches if ref and ref not in tags}
    home["commits"][root] = {"message": "Begin"}
    return made


def _commit(given: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return a commit with an address for everybody, and everybody but its author in its trailers."""
    authors = given.get("authors") or [given.get("author") or {}]
    people = [{**person, "name": person.get("name") or "", "email": _address(person, number)} for person in authors]
    message = _TRAILER.sub("", given.get("message") or "").rstrip()
    trailers = "".join(f"\nCo-authored-by: {person['name']} <{person['email']}>" for person in people[1:])
    return {
        "message": (message or "(nothing)") + ("\n" + trailers if trailers else ""),
        "author": people[0],
        "authors": people,
        "committedDate": given.get("committedDate") or "2000-01-01T00:00:00Z",
    }


def _address(person: Mapping[str, Any], number: int) -> str:
    """Return an address: GitHub's own for every other account, so that the rest has to be asked for."""
    login = person.get("login")
    if login and number % 2:
        return f"{number}+{login}@users.noreply.github.com"
    plain = re.sub(r"[^A-Za-z0-9]", "-", login or person.get("name") or "nobody")
    return f"{plain}@{'accounts' if login else 'nowhere'}.example"


def _import(folder: Path, commits: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    """Write the commits behind a first one, in one line, and return their ids."""
    folder.mkdir(parents=True, exist_ok=True)
    _git(folder, "init", "-q", "-b", "main")
    _git(folder, "remote", "add", "origin", f"https://github.com/{name}.git")
    stream = [_entry({"message": "Begin", "committedDate": "1999-01-01T00:00:00Z"}, {"name": "A", "email": "a@x"})]
    stream += [_entry(commit, commit["author"]) for commit in commits]
    _git(folder, "fast-import", "--quiet", given=b"".join(stream))
    return _git(folder, "rev-list", "--reverse", "main").split()[1:]


def _entry(commit: Mapping[str, Any], author: Mapping[str, Any]) -> bytes:
    when = int(datetime.fromisoformat(commit["committedDate"]).timestamp())
    # Git takes neither angle brackets nor line ends in a name.
    name = re.sub(r"[<>\n]", "", author["name"]).strip()
    who = f"{name} <{author['email']}> {when} +0000"
    text = str(commit["message"]).encode("utf-8", "replace")
    return (
        f"commit refs/heads/main\nauthor {who}\ncommitter {who}\ndata {len(text)}\n".encode("utf-8", "replace")
        + text
        + b"\n"
    )


def _git(folder: Path, *arguments: str, given: bytes | None = None) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        input=given,
        capture_output=True,
        check=False,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(folder)},
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()
