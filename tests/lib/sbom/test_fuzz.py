"""Every reader against damaged copies of what it reads: an Error that names the file, or something sound.

No traceback, no endless run, nothing written, nobody asked. A reader without a seed fails the first test.
"""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from maximus import documents
from maximus.errors import Error
from maximus.sbom import checking, inventory, module_zips, patience, rendering, subject
from maximus.sbom.baseline import entries_of
from maximus.sbom.comparison import compare
from maximus.sbom.facts import facts_of
from maximus.sbom.indexes import configuration_paths, indexes_of
from maximus.sbom.installed import of_metadata, of_package_json
from maximus.sbom.judging import judge as judging
from maximus.sbom.judging.view import read_view
from maximus.sbom.licence_texts import identify
from maximus.sbom.opinions import compare_opinions
from maximus.sbom.overlay import read_overlay
from maximus.sbom.overlaying import apply_overlay
from maximus.sbom.readers import READERS, reader_of
from maximus.sbom.scan import scan
from maximus.sbom.tree import Source, Tree
from maximus.verdict import Status
from tests.lib.sbom.fuzzing import COUNT, guarded, mutants
from tests.lib.sbom.more_samples import MORE_SAMPLES
from tests.lib.sbom.samples import SAMPLES, inventory_of, make

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from maximus.sbom.model import Reading

SUBJECT = subject.describe(subject.Facts("app"))
ALL = {**SAMPLES, **MORE_SAMPLES}


def seeds_of(name: str) -> dict[str, dict[str, str]]:
    """Return the trees with a file that the reader of this name reads, by that file's path."""
    return {
        f"{sample}:{path}": files
        for sample, files in ALL.items()
        for path in files
        if (reader := reader_of(path)) is not None and reader.name == name
    }


def test_every_reader_has_a_seed() -> None:
    """A new reader is fuzzed from its first day, or this fails."""
    assert [reader.name for reader in READERS if not seeds_of(reader.name)] == []


def sound(readings: list[tuple[str, Reading]]) -> None:
    """Make documents of what was read; whatever there is in them, they are valid and nothing dangles."""
    made = inventory.build(SUBJECT, readings)
    if not made.components:
        return
    both = rendering.render(made, seconds=0, tool_version="1.0.0")
    rendering.as_bytes(both.spdx)
    for verdict in (checking.judge_documents(both), checking.judge_references(both, made)):
        assert verdict.status is Status.PASS, verdict.reason


def hold(name: str, seeds: list[bytes], read: Callable[[bytes], None]) -> None:
    """Let a reader read every mutant; what it says of one that it cannot read is an Error with a place."""
    # What is imported on the way is no doing of the reader's.
    read(seeds[0])
    with guarded():
        for number, raw in enumerate(mutants(name, seeds)):
            try:
                fault = fault_of(read, raw, name)
            except BaseException as broken:
                broken.add_note(f"mutant {number} of {name}: {raw[:2000]!r}")
                raise
            if fault is not None:
                assert fault.code != "SBOM037", f"mutant {number} of {name} takes too long"
                # A line of its own could pass for a command; what else is not seen the faces write out.
                assert all(len(line.splitlines()) == 1 for line in fault.lines), f"mutant {number} of {name}"


def fault_of(read: Callable[[bytes], None], raw: bytes, name: str) -> Error | None:
    """Return what a reader says is wrong with a file; None where it read it."""
    try:
        with patience.limited(name):
            read(raw)
    except Error as fault:
        return fault
    return None


@pytest.mark.parametrize("name", [reader.name for reader in READERS])
def test_a_lock(name: str, tmp_path: Path) -> None:
    """A damaged lock among sound files."""
    found = seeds_of(name)
    chosen, files = next(iter(found.items()))
    path = chosen.partition(":")[2]
    reader = reader_of(path)
    assert reader is not None
    tree = scan(make(tmp_path, files)).tree
    seeds = [other[key.partition(":")[2]].encode() for key, other in found.items()]

    def read(raw: bytes) -> None:
        sound([(path, reader.read(Source(path, raw, Tree(tree.root, tree.locks, tree.manifests))))])

    hold(name, seeds, read)


@pytest.mark.parametrize("name", [name for name, files in ALL.items() if len(files) > 1])
def test_a_file_beside_a_lock(name: str, tmp_path: Path) -> None:
    """Manifests and included lists, which readers open themselves."""
    tree = make(tmp_path, ALL[name])
    for path, text in ALL[name].items():
        for number, raw in enumerate(mutants(f"{name} {path}", [text.encode()], max(1, COUNT // 10))):
            (tree / path).write_bytes(raw)
            found = scan(tree)
            assert [fault.code for fault in found.faults if fault.code == "SBOM037"] == [], number
            sound(list(found.readings))
        (tree / path).write_text(text, encoding="utf-8", newline="")


def documents_of(tmp_path: Path) -> list[bytes]:
    """Return what somebody's SBOMs look like: ours in every version, and those that others embed."""
    made = inventory_of(tmp_path, {**SAMPLES["uv"], **SAMPLES["npm-3"]})
    drawn = [
        rendering.render(made, seconds=0, tool_version="1.0.0", cyclonedx_version=version)
        for version in ("1.4", "1.6", "1.7")
    ]
    found = [*(rendering.as_bytes(both.cyclonedx) for both in drawn), rendering.as_bytes(drawn[0].spdx)]
    return [*found, *(text.encode() for key in ("embedded-cyclonedx", "embedded-spdx") for text in ALL[key].values())]


def test_a_foreign_document_that_is_judged(tmp_path: Path) -> None:
    """`check` says what is wrong, and nothing of what it says is a traceback."""

    def read(raw: bytes) -> None:
        document = documents.parse_json(raw, "theirs.json")
        view = read_view(document, "theirs.json")
        judging.judge_form(document, view)
        for profile in ("", "bsi-2.1", "ntia-2021"):
            judging.judge_format(view, profile)
            judging.judge(view, profile)

    hold("check", documents_of(tmp_path), read)


def test_a_foreign_document_that_is_compared_with(tmp_path: Path) -> None:
    """`base` and `cross-check` read what anybody wrote."""
    seeds = documents_of(tmp_path)
    ours = entries_of(json.loads(seeds[1]), "ours.json")

    def read(raw: bytes) -> None:
        theirs = entries_of(documents.parse_json(raw, "theirs.json"), "theirs.json")
        compare(theirs.entries, ours.entries)
        compare_opinions(ours, theirs)

    hold("base", seeds, read)


OVERLAY = b"""\
add:
  - purl: pkg:generic/openssl@3.0.13
    reason: linked statically
    licence: Apache-2.0
    producer: {name: OpenSSL, url: https://openssl.example}
    scope: runtime
    hashes: {SHA-256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef}
    needed-by: [pkg:pypi/anyio@4.4.0]
change:
  - purl: pkg:pypi/idna@3.7
    reason: its own file says so
    licence: BSD-3-Clause
remove:
  - purl: pkg:pypi/colorama@0.4.6
    reason: Windows is not delivered
"""


def test_an_overlay(tmp_path: Path) -> None:
    """What people wrote by hand, damaged."""
    made = inventory_of(tmp_path, SAMPLES["uv"])

    def read(raw: bytes) -> None:
        apply_overlay(made, read_overlay(raw, "overlay.yaml"))

    hold("overlay", [OVERLAY], read)


def test_a_facts_file() -> None:
    """What a run pinned, edited by somebody."""
    seed = json.dumps({
        "kind": "maximus-sbom-facts",
        "version": 1,
        "facts": [{
            "purl": "pkg:pypi/idna@3.7",
            "digest": "SHA-256:" + "a" * 64,
            "source": "https://registry.example/idna",
            "date": "Sat, 02 Nov 2024 00:00:00 GMT",
            "licence": {"text": "BSD-3-Clause", "expression": "BSD-3-Clause", "evidence": "License-Expression"},
            "producer": {"name": "Ada", "url": "https://ada.example", "derived": True},
        }],
    }).encode()  # fmt: skip

    def read(raw: bytes) -> None:
        document = documents.parse_json(raw, "facts.json")
        documents.validate(document, "sbom-facts", "facts.json")
        facts_of(document)

    hold("facts", [seed], read)


METADATA = b"""\
Metadata-Version: 2.4
Name: idna
Version: 3.7
Author-email: Kim Davies <kim+pypi@gumleaf.example>
License: BSD-3-Clause
Classifier: License :: OSI Approved :: BSD License
License-File: LICENSE.md
Project-URL: Source, https://github.com/kjd/idna

Text.
"""
PACKAGE = json.dumps({
    "name": "@scope/left", "version": "1.0.0", "license": {"type": "MIT"}, "author": "Ada <ada@mail.example> (https://a.example)",
    "repository": {"type": "git", "url": "git+https://github.com/octo/left.git"}, "licenses": [{"type": "MIT"}],
}).encode()  # fmt: skip
PLAIN: dict[str, tuple[list[bytes], Callable[[bytes], Any]]] = {
    "METADATA": ([METADATA], of_metadata),
    "package.json": ([PACKAGE], lambda raw: of_package_json(raw, "node_modules/@scope/left/package.json")),
    "licence text": (
        [b"Permission is hereby granted, free of charge, to any person obtaining a copy\n" * 20],
        lambda raw: identify(raw.decode("utf-8", "replace")),
    ),
    "configuration": (
        [
            b"[global]\nindex-url = https://ada:secret@registry.example/simple\n",
            b"registry=https://registry.example/\n//registry.example/:_authToken=${TOKEN}\n@a:registry=https://b.example\n",
            b'[[index]]\nurl = "https://registry.example/simple"\ndefault = true\n',
        ],
        lambda raw: [
            indexes_of({"TOKEN": "x"}, {tool: raw.decode("utf-8", "replace")})
            for tool in configuration_paths({})
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLAIN)
def test_what_installed_packages_and_configurations_say(name: str) -> None:
    """Metadata, licence texts and the configuration of package managers."""
    seeds, read = PLAIN[name]
    hold(name, seeds, read)


def test_a_module_zip() -> None:
    """The zip of a Go module in a cache that somebody else could write."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("example.org/a@v1.0.0/go.mod", "module example.org/a\n\nrequire example.org/b v1.0.0\n" * 3)
        made.writestr("example.org/a@v1.0.0/LICENSE", "Permission is hereby granted\n" * 30)
        made.writestr("example.org/a@v1.0.0/a.go", "package a\n")

    def read(raw: bytes) -> None:
        with contextlib.suppress(module_zips.UnreadableError):
            module_zips.open_zip(raw, "example.org/a", "v1.0.0")

    hold("module zip", [buffer.getvalue()], read)
