"""Dockerfiles, compose files and kustomizations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from maximus.sbom.model import Kind, Scope
from maximus.sbom.readers import containers, reader_of, references
from maximus.sbom.readers.references import Image
from tests.lib.sbom.more_samples import MORE_SAMPLES
from tests.lib.sbom.samples import inventory_of, sha256

if TYPE_CHECKING:
    from pathlib import Path


DEFAULT = ".".join(references._DEFAULT)


def test_a_dockerfile_s_bases(tmp_path: Path) -> None:
    """Stages, `scratch` and numbers are no images; variables with a value are filled in."""
    made = inventory_of(tmp_path, MORE_SAMPLES["dockerfile"])
    found = {item.name: item for item in made.components}
    assert {name: item.scopes for name, item in found.items()} == {
        "golang": (Scope.BUILD,),
        "tools/upx": (Scope.BUILD,),
        "python": (Scope.RUNTIME,),
    }
    assert found["python"].version == "3.12-slim"
    assert found["tools/upx"].purl == "pkg:docker/tools/upx@4.2?repository_url=registry.example/tools/upx"
    assert {item.kind for item in found.values()} == {Kind.CONTAINER}


@pytest.mark.parametrize("written", ['ubuntu:"${version}"', "'ubuntu:24.04'", 'ubuntu:"24.04"', '"ubuntu":$version'])
def test_quotes_of_a_dockerfile_are_no_part_of_a_name(tmp_path: Path, written: str) -> None:
    """They may stand in the middle of a word, as in a shell."""
    made = inventory_of(tmp_path, {"Dockerfile": f"ARG version=24.04\nFROM {written}\n"})
    assert [item.purl for item in made.components] == ["pkg:docker/ubuntu@24.04"]


def test_an_empty_argument_is_nothing(tmp_path: Path) -> None:
    """A prefix that is empty unless a mirror is named; one without a default is known to who builds it."""
    made = inventory_of(tmp_path, {"Dockerfile": "ARG MIRROR=\nFROM ${MIRROR}alpine:3.20\n"})
    assert [item.purl for item in made.components] == ["pkg:docker/alpine@3.20"]
    made = inventory_of(tmp_path, {"Dockerfile": "ARG MIRROR\nFROM ${MIRROR}alpine:3.20\n"})
    assert [item.kind for item in made.findings] == ["unresolved"]
    made = inventory_of(tmp_path, {"Dockerfile": "ARG TAG\nFROM alpine:${TAG:-3.20}\n"})
    assert [item.purl for item in made.components] == ["pkg:docker/alpine@3.20"]


def test_the_default_registry_may_be_written_or_not(tmp_path: Path) -> None:
    """One image, in two spellings and two files, is one component."""
    compose = f"services: {{db: {{image: '{DEFAULT}/redis:7'}}, web: {{image: '{DEFAULT}/library/redis:7'}}}}\n"
    made = inventory_of(tmp_path, {"Dockerfile": "FROM redis:7\n", "compose.yaml": compose})
    assert [item.purl for item in made.components] == ["pkg:docker/redis@7"]


def test_a_variable_may_say_which_stage(tmp_path: Path) -> None:
    """What fits stages of the file is one of them; a variable alone is anything."""
    text = "FROM alpine:3.20 AS runtime_a\nFROM runtime_${PACKAGE}\nCOPY --from=runtime_$OTHER /x /x\n"
    made = inventory_of(tmp_path, {"Dockerfile": text})
    assert [item.purl for item in made.components] == ["pkg:docker/alpine@3.20"]
    assert [item.kind for item in made.findings] == ["unpinned"]
    made = inventory_of(tmp_path, {"Dockerfile": "FROM alpine:3.20 AS base\nFROM ${BASE}\n"})
    assert [item.kind for item in made.findings] == ["unpinned", "unresolved"]
    many = "-".join(f"${{A{number}}}" for number in range(containers._MAX_VARIABLES))
    made = inventory_of(tmp_path, {"Dockerfile": f"FROM alpine:3.20 AS a-b-c-d-e\nFROM {many}\n"})
    assert [item.kind for item in made.findings] == ["unpinned", "unresolved"]


@pytest.mark.parametrize("begin", ["RUN <<EOF", "RUN <<-'EOF'", 'COPY <<"EOF" /query', "RUN cat <<EOF && \\\n  true"])
def test_a_here_document_is_no_instruction(tmp_path: Path, begin: str) -> None:
    """A query in it begins with FROM as well."""
    text = f"FROM alpine:3.20\n{begin}\nFROM customers\nARG X=1 \\\nEOF\nCOPY --from=busybox:1.36 /x /x\n"
    made = inventory_of(tmp_path, {"Dockerfile": text})
    assert {str(item.purl) for item in made.components} == {"pkg:docker/alpine@3.20", "pkg:docker/busybox@1.36"}
    shifted = inventory_of(
        tmp_path, {"Dockerfile": "FROM alpine:3.20\nRUN echo $((1<<N)) <<<EOF\nCOPY --from=busybox:1 / /\n"}
    )
    assert {item.name for item in shifted.components} == {"alpine", "busybox"}


def test_only_a_digest_is_exact(tmp_path: Path) -> None:
    """A tag can be pushed again; with a digest the tag is a note."""
    made = inventory_of(tmp_path, MORE_SAMPLES["dockerfile"])
    found = {item.name: item for item in made.components}
    assert found["golang"].version == f"sha256:{sha256('golang')}"
    assert found["golang"].notes == (("image:tag", "1.22"),)
    assert [item.name for item in made.components if item.is_exact] == ["golang"]
    assert [item.text for item in made.findings if item.kind == "unresolved"] == [
        "'${UNSET}' is known only when it is built or run"
    ]


def test_compose_runs_what_it_does_not_build(tmp_path: Path) -> None:
    """A service with `build` names what is made here; a variable's default is filled in."""
    made = inventory_of(tmp_path, MORE_SAMPLES["compose"])
    assert {item.name: item.version for item in made.components} == {
        "postgres": "16", "redis": f"sha256:{sha256('redis')}"
    }  # fmt: skip


def test_services_of_a_composition_share_what_an_anchor_names(tmp_path: Path) -> None:
    """By `<<` or as an alias, from outside the services; a service's own image or build counts more."""
    text = """x-app: &app
  image: registry.example/app:1
  restart: always
x-tag: &tag postgres:16
x-made: &made {build: ., image: made-here}
services:
  web: {<<: *app, command: web}
  worker:
    image: registry.example/worker:2
    <<: [*app]
  other: *app
  db: {image: *tag}
  own: {<<: *made}
"""
    made = inventory_of(tmp_path, {"compose.yaml": text})
    assert {(item.name, item.version): [place.line for place in item.locations] for item in made.components} == {
        ("app", "1"): [2], ("worker", "2"): [9], ("postgres", "16"): [4]
    }  # fmt: skip


def test_kustomize_names_images_by_parts(tmp_path: Path) -> None:
    """New names, tags and digests stand in fields of their own."""
    made = inventory_of(tmp_path, MORE_SAMPLES["kustomize"])
    assert {item.name: item.version for item in made.components} == {
        "nginx": "1.27.0", "acme/app": f"sha256:{sha256('app')}"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("debian", Image("", "debian", "", "")),
        ("library/debian:12", Image("", "debian", "12", "")),
        (f"{DEFAULT}/library/debian:12", Image("", "debian", "12", "")),
        (f"index.{DEFAULT}/acme/app:1", Image("", "acme/app", "1", "")),
        ("registry.example/library/debian:12", Image("registry.example", "library/debian", "12", "")),
        ("acme/app:1.0", Image("", "acme/app", "1.0", "")),
        ("localhost/app", Image("localhost", "app", "", "")),
        ("registry.example:5000/a/b:c", Image("registry.example:5000", "a/b", "c", "")),
        (f"a@sha256:{'A' * 64}", Image("", "a", "", f"sha256:{'a' * 64}")),
    ],
)
def test_references_are_taken_apart_as_docker_does(text: str, expected: Image) -> None:
    """The first part is a host only where it has a dot, a colon, or is `localhost`."""
    assert references.image(text) == expected


@pytest.mark.parametrize("text", ["", "a b", "a:b:c", "a@b", "http://a/b"])
def test_what_is_no_reference_is_none(text: str) -> None:
    """Nothing is made of it."""
    assert references.image(text) is None


@pytest.mark.parametrize(
    ("path", "name"),
    [("Dockerfile", "dockerfile"), ("a/Containerfile.prod", "dockerfile"), ("a/web.Dockerfile", "dockerfile"),
     ("Dockerfile.dockerignore", ""), ("compose.yaml", "compose"), ("a/docker-compose.override.yml", "compose"),
     ("decompose.yml", ""), ("Dockerfile.md", "")],
)  # fmt: skip
def test_files_are_known_by_their_names(path: str, name: str) -> None:
    """Only the names that docker itself reads."""
    reader = reader_of(path)
    assert (reader.name if reader else "") == name
