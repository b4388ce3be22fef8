"""What workflows, actions, Dockerfiles and compose files take from elsewhere."""

from __future__ import annotations

import pytest

from maximus.gating.references import (
    Kind,
    Reference,
    of_action,
    of_compose,
    of_dockerfile,
    of_workflow,
    permissions_fault,
)
from maximus.yaml import load_yaml

SHA = "8e8c483db84b4bee98b60c0593521ed34d9990e8"
DIGEST = "sha256:" + "ab" * 32


def workflow(text: str) -> list[Reference]:
    """Return what a workflow's text takes."""
    return list(of_workflow(load_yaml(text, "w.yml")))


@pytest.mark.parametrize(
    ("uses", "fault"),
    [
        (f"actions/checkout@{SHA}", ""),
        (f"github/codeql-action/init@{SHA}", ""),
        (f"acme/flows/.github/workflows/x.yml@{SHA}", ""),
        ("actions/checkout@v4", "`v4` can be moved"),
        ("actions/checkout@main", "`main` can be moved"),
        (f"actions/checkout@{SHA[:7]}", "a shortened or capital commit can be spoofed"),
        (f"actions/checkout@{SHA.upper()}", "a shortened or capital commit can be spoofed"),
        ("actions/checkout", "it is not `owner/name@commit`"),
        (f"docker://alpine@{DIGEST}", ""),
        ("docker://alpine:3", "the image has no digest"),
    ],
)
def test_an_action_is_pinned_by_all_forty_digits(uses: str, fault: str) -> None:
    """A tag, a branch and a shortened commit can be moved or spoofed."""
    [found] = workflow(f"jobs: {{a: {{steps: [{{uses: '{uses}'}}]}}}}")
    assert found.fault == fault


def test_what_lies_in_the_same_repository_is_pinned_by_its_own_commit() -> None:
    """A local action or workflow is no reference to elsewhere."""
    assert workflow("jobs: {a: {uses: ./.github/workflows/x.yml}, b: {steps: [{uses: ./x}, {uses: ../y}]}}") == []


def test_jobs_take_workflows_containers_and_services() -> None:
    """Each with the line it stands on; an empty container is none, an expression is not told."""
    text = f"""\
jobs:
  a:
    uses: acme/x/.github/workflows/y.yml@v1
  b:
    container: node:20
    services:
      db:
        image: postgres@{DIGEST}
      cache: redis
  c:
    container:
      image: ${{{{ matrix.image }}}}
  d:
    container: ''
"""
    assert [(found.kind, found.line, found.fault) for found in workflow(text)] == [
        (Kind.ACTION, 3, "`v1` can be moved"),
        (Kind.IMAGE, 5, "the image has no digest"),
        (Kind.IMAGE, 8, ""),
        (Kind.IMAGE, 9, "the image has no digest"),
        (Kind.IMAGE, 12, "which image it is stands in no file"),
    ]


@pytest.mark.parametrize(
    "text", ["", "jobs: 1", "jobs: [a]", "jobs: {a: 1}", "jobs: {a: {steps: 1}}", "- a", "on: push"]
)
def test_a_file_of_another_form_takes_nothing(text: str) -> None:
    """Nothing is assumed of what stands in it."""
    assert workflow(text) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("permissions: {}", ""),
        ("permissions: {contents: read}", ""),
        ("permissions: read-all", ""),
        ("permissions: write-all", "the top-level `permissions` are `write-all`"),
        ("jobs: {a: {permissions: {}}}", "the workflow has no top-level `permissions`"),
    ],
)
def test_permissions_stand_at_the_top(text: str, fault: str) -> None:
    """A job's own do not limit the next job that somebody adds."""
    found = permissions_fault(load_yaml(text, "w.yml"))
    assert found.startswith(fault)
    assert bool(found) == bool(fault)


def test_an_action_takes_what_its_steps_and_its_image_do() -> None:
    """A Dockerfile beside it is looked at as such."""
    composite = load_yaml(
        f"runs: {{using: composite, steps: [{{uses: a/b@{SHA}}}, {{run: x}}, {{uses: c/d@v1}}]}}", "a"
    )
    assert [found.fault for found in of_action(composite)] == ["", "`v1` can be moved"]
    assert [found.fault for found in of_action(load_yaml("runs: {image: 'docker://a:1'}", "a"))] == [
        "the image has no digest"
    ]
    assert list(of_action(load_yaml("runs: {image: Dockerfile}", "a"))) == []


def test_a_service_that_is_built_takes_no_image() -> None:
    """Its image is the name of what is built; a variable's default counts, one without a default is open."""
    text = f"""\
services:
  a: {{image: redis:7}}
  b: {{image: mine, build: .}}
  c: {{image: 'redis@{DIGEST}'}}
  d: {{image: '${{REDIS:-redis@{DIGEST}}}'}}
  e: {{image: '${{REDIS}}'}}
"""
    assert [(found.line, bool(found.fault)) for found in of_compose(load_yaml(text, "c.yml"))] == [
        (2, True),
        (4, False),
        (5, False),
        (6, True),
    ]


def test_a_dockerfile_takes_bases_and_what_it_copies_from() -> None:
    """Stages of its own and `scratch` are none; arguments have defaults; here-documents and comments hold no base."""
    text = f"""\
# syntax=docker/dockerfile:1
ARG BASE=python@{DIGEST}
ARG OTHER
# FROM commented:1
FROM --platform=$BUILDPLATFORM ${{BASE}} AS build
RUN <<EOF
FROM heredoc:1
EOF
FROM golang:1.24 \\
  # a comment between
  as tools
FROM $OTHER
FROM scratch
COPY --from=build /a /b
COPY --from=0 /a /b
COPY --from=nginx:1 /a /b
FROM build
"""
    assert [(found.text, found.line, found.fault) for found in of_dockerfile(text)] == [
        ("docker/dockerfile:1", 1, "the image has no digest"),
        ("${BASE}", 5, ""),
        ("golang:1.24", 9, "the image has no digest"),
        ("$OTHER", 12, "the image has no digest"),
        ("nginx:1", 16, "the image has no digest"),
    ]


def test_a_dockerfile_of_windows_continues_lines_with_its_own_sign() -> None:
    """The directive says which; a backslash is then a part of a path."""
    text = "# escape=`\nFROM a:1 `\n  AS b\nCOPY c:\\x\\\nFROM d:2\n"
    assert [found.text for found in of_dockerfile(text)] == ["a:1", "d:2"]


@pytest.mark.parametrize("text", ["", "FROM", "FROM --platform=x", "\\", "RUN <<EOF\n", "COPY --from= a b", "ARG"])
def test_a_dockerfile_that_is_cut_takes_nothing(text: str) -> None:
    """No traceback for half a line."""
    assert list(of_dockerfile(text)) == []
