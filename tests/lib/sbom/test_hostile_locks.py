"""Locks that somebody damaged or made to do harm: an error that names them, or an inventory, and nothing else."""

# ruff: noqa: E501 - texts stand as they are written

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maximus.errors import Error
from maximus.sbom import checking, inventory, parsing, rendering, scan, subject
from maximus.verdict import Status
from tests.lib.sbom.more_samples import MORE_SAMPLES
from tests.lib.sbom.samples import SAMPLES, make

ALL = {**SAMPLES, **MORE_SAMPLES}

FRAGMENTS = (
    "", "\n", "\0", "\u202e", "é", '"', "'", "\\", "[", "]", "{", "}", "(", ")", ":", "=", "==", ",", "@", "/", "..", "#",
    "[[package]]\n", "- ", "&a ", "*a", "null", "true", "1e999", "2020-99-99", "9" * 30, "a" * 9000, "../../../..",
    "npm:", "workspace:../..", "file:", "link:", "git+ssh://", "https://u:p@h/x?token=1#f", "-r ", "-c ", "=>", "h1:",
)  # fmt: skip
TEXTS = frozenset({
    "requirements", "go", "yarn-1", "bundler", "mix", "rebar", "packages-config", "paket", "gradle", "maven", "workflows",
    "dockerfile", "compose", "kustomize", "terraform", "conda-explicit", "conda-environment", "submodules",
})  # fmt: skip
"""Formats that none of the three parsers of documents reads."""
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 1, 1.5, "", "x", [], {}, [1], [None], [[]], {"a": 1}, {"": ""}, {"a": {"b": "c"}}, ["x"], "../../x",
     "npm:@a/b@1.0.0", "git+ssh://git@h.example/x.git#" + "a" * 40, "file:x", "link:..", "workspace:^", "\u202e@x", "a" * 9000]
)  # fmt: skip


def take_in(root: Path) -> None:
    """Inventory a tree; whatever comes out is sound, and whatever goes wrong is an Error."""
    found = scan.scan(root)
    try:
        made = inventory.build(subject.describe(subject.Facts("app")), found.readings, found.tree.skipped)
    except Error:
        return
    both = rendering.render(made, seconds=0, tool_version="1.0.0")
    rendering.as_bytes(both.spdx)
    for verdict in (checking.judge_documents(both), checking.judge_references(both, made)):
        assert verdict.status is Status.PASS, verdict.reason


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_damaged_text(name: str, data: st.DataObject) -> None:
    """Bytes cut out, put in or doubled anywhere lead to no traceback and to no unsound document."""
    files = dict(ALL[name])
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(sorted(files)))
        text = files[path]
        start = data.draw(st.integers(0, len(text)))
        end = start + data.draw(st.sampled_from([0, 0, 1, 5, 80, 400]))
        files[path] = text[:start] + data.draw(st.sampled_from(FRAGMENTS)) + text[end:]
    with tempfile.TemporaryDirectory() as folder:
        take_in(make(Path(folder), files))


def damaged(value: Any, data: st.DataObject) -> Any:  # noqa: ANN401 - any document
    """Return the document, which was parsed just now, with some of its values put in place of others of any type."""
    for _ in range(data.draw(st.integers(1, 3))):
        node = value
        for _ in range(data.draw(st.integers(0, 5))):
            keys = sorted(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if not isinstance(node[key], dict | list) or data.draw(st.booleans()):
                # A copy: what is put in may be damaged in its turn, and the samples are shared by all examples.
                node[key] = copy.deepcopy(data.draw(VALUES))
                break
            node = node[key]
    return value


@pytest.mark.parametrize("name", [name for name in ALL if name not in TEXTS])
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_document_of_another_shape(name: str, data: st.DataObject) -> None:
    """Valid syntax with other types in it leads to no traceback and to no unsound document."""
    toml, json, yaml = parsing.parse_toml, parsing.parse_json, parsing.parse_yaml
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        make(Path(folder), ALL[name])
        patch.setattr(parsing, "parse_toml", lambda raw, where: damaged(toml(raw, where), data))
        patch.setattr(parsing, "parse_json", lambda raw, where: damaged(json(raw, where), data))
        patch.setattr(parsing, "parse_yaml", lambda raw, where: [damaged(one, data) for one in yaml(raw, where)])
        take_in(Path(folder))


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        ("pnpm-lock.yaml", b"a: " + b"[" * 100_000),
        ("yarn.lock", b"__metadata:\n  version: 8\na: " + b"{b: " * 100_000),
        ("package-lock.json", b'{"dependencies":{"a":' * 20_000),
        ("uv.lock", b"a = " + b"[" * 100_000),
        ("Cargo.lock", b"a." * 50_000 + b"b = 1"),
        ("pnpm-lock.yaml", b"a: &a [1]\nb: *a\n"),
        ("yarn.lock", b'"' + b"a" * 1_000_000),
        ("go.mod", b"require (\n" * 10_000),
        ("requirements.txt", b"a==" + b"1" * 1_000_000),
        ("requirements.txt", b"\\\n" * 200_000),
        ("requirements.txt", b"a " + b"[" * 200_000),
        ("requirements.txt", b"a" + b" " * 100_000 + b"!"),
        ("requirements.txt", b"a" + b" " * 7_000 + b"!"),
        ("requirements.txt", b"a @ https://h.example/" + b"#" * 8_000),
        ("requirements.txt", b"a==" + b"1." * 4_000 + b"!"),
        ("poetry.lock", b'a = {x = """\n""", ' + b"a." * 50_000 + b'b = "c"}'),
        ("go.mod", b"require " + b"a/" * 100_000 + b"( v1.0.0\n"),
        ("mix.lock", b"%{" * 100_000),
        ("mix.lock", b'%{"a": ' + b'"' + b"\\a" * 200_000),
        ("rebar.lock", b"<<" * 100_000),
        ("pom.xml", b"<a>" * 100_000),
        ("pom.xml", b'<!DOCTYPE a [<!ENTITY b "cc">]><a>&b;</a>'),
        ("packages.config", b"<packages" + b' a="1"' * 100_000),
        ("action.yml", b"a: &a [*a, *a]\n" + b"- " * 100_000),
        ("compose.yaml", b"a: " + b"[" * 100_000),
        ("Dockerfile", b"FROM a\\\n" * 200_000),
        ("Dockerfile", b"ARG A=${A}${A}\n" * 10_000 + b"FROM $A\n"),
        ("Gemfile.lock", b"GEM\n  specs:\n" + b"    a (1" + b"(" * 200_000),
        ("gradle.lockfile", b"a:" * 200_000),
        ("bun.lock", b"{" + b"/*" * 200_000),
        ("bun.lock", b'{"a": ' + b"[" * 200_000),
        ("flake.lock", b'{"nodes": {"root": {"inputs": {"a": ["a", "a"]}}}}'),
        (".gitmodules", b'[submodule "' + b"\\a" * 200_000),
    ],
)
def test_a_bomb_ends_soon(tmp_path: Path, path: str, raw: bytes) -> None:
    """Nesting, aliases and endless lines end in an error or in nothing, while the rest of the tree is read."""
    make(tmp_path, {"good/requirements.txt": "a==1\n"})
    (tmp_path / path).write_bytes(raw)
    found = scan.scan(tmp_path)
    assert "good/requirements.txt" in {lock for lock, _ in found.readings}
    take_in(tmp_path)


def test_no_secret_reaches_a_document(tmp_path: Path) -> None:
    """User, password and token of an address in any lock are in neither document."""
    files = {
        f"{name}/{path}": text.replace("https://registry.example", "https://ada:hunter2@registry.example").replace(
            ".tgz", ".tgz?token=hunter2"
        )
        for name, sample in ALL.items()
        for path, text in sample.items()
    }
    found = scan.scan(make(tmp_path, files))
    made = inventory.build(subject.describe(subject.Facts("app")), found.readings, found.tree.skipped)
    both = rendering.render(made, seconds=0, tool_version="1.0.0")
    assert b"hunter2" not in rendering.as_bytes(both.cyclonedx) + rendering.as_bytes(both.spdx)
    assert all("hunter2" not in str(fault) for fault in found.faults)
