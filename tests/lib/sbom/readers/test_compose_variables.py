"""What the `.env` beside a compose file puts in the place of variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.git import find_checkout
from maximus.sbom import past, rendering
from maximus.sbom.readers.compose_variables import MAX_FILLED, MAX_ROUNDS, variables_in
from tests.lib.sbom.samples import inventory_of, make
from tests.trees import commit_all, git

if TYPE_CHECKING:
    from pathlib import Path

COMPOSE = "services:\n  db:\n    image: {}\n"


@pytest.mark.parametrize(
    ("image", "env", "purl"),
    [
        ("${DB_IMAGE}", "DB_IMAGE=postgres:18.4\n", "pkg:docker/postgres@18.4"),
        ("postgres:$TAG", "export TAG = '18.4' # why\n", "pkg:docker/postgres@18.4"),
        ("postgres:${TAG:?say which}", 'TAG="18.4"\n', "pkg:docker/postgres@18.4"),
        ("postgres:${TAG:-17}", "TAG=18.4 # the newest\n", "pkg:docker/postgres@18.4"),
        ("postgres:${TAG:-17}", "TAG=\n", "pkg:docker/postgres@17"),
        ("postgres:${TAG:-${OTHER}}", "OTHER=18.4\n", "pkg:docker/postgres@18.4"),
        ("${DB}", "NAME=postgres\nDB=${NAME}:18.4\n", "pkg:docker/postgres@18.4"),
        ("postgres:${TAG}", "TAG=17\nTAG: 18.4\n", "pkg:docker/postgres@18.4"),
    ],
)
def test_a_variable_has_the_value_that_stands_beside(tmp_path: Path, image: str, env: str, purl: str) -> None:
    """As docker compose reads it, where nothing else is said."""
    made = inventory_of(tmp_path, {"app/compose.yaml": COMPOSE.format(image), "app/.env": env})
    assert [item.purl for item in made.components] == [purl]
    assert [item.kind for item in made.findings] == ["unpinned"]


def test_only_what_lies_beside_counts(tmp_path: Path) -> None:
    """The file of another folder is of another project; a variable without a value stays a finding."""
    files = {
        "compose.yaml": COMPOSE.format("${DB_IMAGE}"),
        "app/.env": "DB_IMAGE=postgres:18\n",
        ".env": "# DB_IMAGE=a\n",
    }
    made = inventory_of(tmp_path, files)
    assert made.components == ()
    assert [item.text for item in made.findings] == ["'${DB_IMAGE}' is known only when it is built or run"]


def test_no_secret_is_told(tmp_path: Path) -> None:
    """Only what an image names is used; the file is named where something of it was."""
    compose = COMPOSE.format("postgres:${TAG}") + "    environment:\n      PASSWORD: ${PASSWORD}\n"
    made = inventory_of(tmp_path, {"compose.yaml": compose, ".env": "TAG=18\nPASSWORD=correct-horse\n"})
    both = rendering.render(made, seconds=1, tool_version="0.1.0")
    told = rendering.as_bytes(both.cyclonedx) + rendering.as_bytes(both.spdx) + repr(made).encode()
    assert b"correct-horse" not in told
    assert made.locks == (".env", "compose.yaml")
    unused = inventory_of(tmp_path / "b", {"compose.yaml": COMPOSE.format("postgres:18"), ".env": "TAG=18\n"})
    assert unused.locks == ("compose.yaml",)


def test_values_end(tmp_path: Path) -> None:
    """MAX_FILLED and MAX_ROUNDS: a value that names itself, or another hundreds of times, becomes no reference."""
    assert len(variables_in(b"A=" + b"a" * 9_000)["A"]) == MAX_FILLED
    assert variables_in(b"\xff\xfe\xff") == {}
    env = "A=$A\nB=${C}${C}\nC=" + "${B}" * 400 + "\n"
    made = inventory_of(tmp_path, {"compose.yaml": COMPOSE.format("$A$B"), ".env": env})
    assert made.components == ()
    assert MAX_ROUNDS < 100
    assert all(len(item.text) < 300 for item in made.findings)


def test_a_tag_s_compose_file_is_read_with_its_own_values(tmp_path: Path) -> None:
    """Otherwise each image would be shown as added."""
    make(
        tmp_path, {"app/compose.yaml": COMPOSE.format("postgres:${TAG}"), "app/.env": "TAG=17\n", "other/.env": "X=1\n"}
    )
    git(tmp_path, "init", "-q")
    commit_all(tmp_path, "a release")
    (tmp_path / "app" / ".env").write_text("TAG=18\n", encoding="utf-8")
    checkout = find_checkout(tmp_path)
    assert checkout is not None
    found = past.scan_at(checkout, checkout.head() or "", "", "v1")
    assert [item.version for _, reading in found.readings for item in reading.packages] == ["17"]
