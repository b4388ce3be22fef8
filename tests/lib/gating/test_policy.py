"""A policy: read whole, every fault at once with its line, presets extended and overridden by id."""

from __future__ import annotations

import contextlib
import json
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maximus import documents
from maximus.errors import Error, ExitStatus
from maximus.gating import policy as policies
from maximus.gating.check import Fields
from maximus.gating.checks import TYPES, find_type
from maximus.gating.policy import PRESETS, load_policy, preset_text
from maximus.yaml import Node, load_yaml

CHECK = "  - { id: guide, type: files-present, files: [{ path: GUIDE.md }] }\n"


def _refusal(text: str | bytes) -> Error:
    with pytest.raises(Error) as caught:
        load_policy(text if isinstance(text, bytes) else text.encode(), "p.yml")
    return caught.value


def test_every_fault_is_told_at_once_with_its_line() -> None:
    """Nobody mends a policy one run at a time."""
    error = _refusal(
        "version: 2\n"
        "tittle: x\n"
        "target: 101\n"
        "checks:\n"
        "  - { id: A, type: command }\n"
        "  - id: one\n"
        "    type: comand\n"
        "  - id: two\n"
        "    type: files-present\n"
        "    files: [{ path: x, bites: 3 }]\n"
        "    group: articles\n"
        "  - { id: two, type: docs }\n"
    )
    assert (error.code, error.status) == ("GATE001", ExitStatus.USAGE)
    for said in (
        "p.yml:1: version: version 1 is the one that is known",
        "p.yml:2: tittle: unknown key: did you mean title?",
        "p.yml:3: target: a percentage above 0 and up to 100 is needed",
        "p.yml:5: checks[0].id: 'A' is no id",
        "p.yml:7: checks.one.type: there is no check type 'comand': did you mean command?",
        "p.yml:10: checks.two.files[0].bites: unknown key: did you mean bytes?",
        "p.yml:11: checks.two.group: there is no group 'articles'",
        "p.yml:12: checks[3].id: 'two' stands twice",
    ):
        assert said in error.why
    assert error.where == "p.yml:1"


def test_a_preset_is_overridden_by_id_key_by_key() -> None:
    """What the policy does not say stays the preset's, and what it leaves empty goes."""
    raw = b"version: 1\nname: mine\nextends: regra-de-ouro\nchecks:\n  - { id: no-mock, expected-min: 7, title: }\n"
    mine, preset = load_policy(raw, "p.yml"), load_policy(None, "", ("regra-de-ouro",))
    entries = {entry.id: entry for entry in mine.entries}
    before = {entry.id: entry for entry in preset.entries}
    assert list(entries) == list(before)
    assert (entries["no-mock"].expected_min, before["no-mock"].expected_min) == (7, 1)
    assert entries["no-mock"].check == before["no-mock"].check
    assert entries["no-mock"].title == "no-mock"
    assert [source.name for source in mine.sources] == ["p.yml", "preset regra-de-ouro"]


def test_another_type_starts_anew() -> None:
    """Options of the preset's type would be unknown keys of another."""
    raw = b"version: 1\nextends: regra-de-ouro\nchecks:\n  - { id: no-mock, type: command, run: [x] }\n"
    entries = {entry.id: entry for entry in load_policy(raw, "p.yml").entries}
    assert entries["no-mock"].type == "command"


def test_what_is_left_out_keeps_its_reason() -> None:
    """A check of a preset goes only with a reason, and only one that is there."""
    raw = b"version: 1\nextends: regra-de-ouro\nwithout: [{ id: no-mock, why: it is a mock }]\n"
    found = load_policy(raw, "p.yml")
    assert [(left.id, left.why) for left in found.left_out] == [("no-mock", "it is a mock")]
    assert "no-mock" not in {entry.id for entry in found.entries}
    assert "why: is required" in _refusal("version: 1\nextends: cec\nwithout: [{ id: t0 }]\n").why
    assert "there is no check 't99'" in _refusal("version: 1\nextends: cec\nwithout: [{ id: t99, why: x }]\n").why


def test_a_waiver_needs_all_its_parts() -> None:
    """Who, why, until when, and where that is followed up."""
    error = _refusal(f"version: 1\nchecks:\n{CHECK.replace(' }', ', waiver: { who: Ada, until: 2026-02-30 } }', 1)}")
    error = _refusal(
        "version: 1\nchecks:\n  - id: x\n    type: docs\n    waiver: { who: Ada, until: 2026-02-30, since: now }\n"
    )
    for said in ("why: is required", "issue: is required", "'2026-02-30' is no day", "since: unknown key"):
        assert said in error.why


def test_ten_thousand_checks_are_refused_clearly() -> None:
    """The limit is named, and so is the way around it; nothing is read for minutes."""
    error = _refusal("version: 1\nchecks:\n" + "".join(CHECK.replace("guide", f"g{n}") for n in range(10_000)))
    assert (error.code, error.status) == ("GATE002", ExitStatus.USAGE)
    assert "patterns" in error.fix


def test_more_checks_than_allowed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """However short they are written."""
    monkeypatch.setattr(policies, "MAX_CHECKS", 2)
    assert "there are more than 2" in _refusal("version: 1\nchecks:\n" + "".join(
        CHECK.replace("guide", f"g{n}") for n in range(3))).why  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &a [x,x]\nb: &b [*a,*a]\n" + "".join(f"{c}: &{c} [*{p},*{p},*{p},*{p}]\n" for p, c in zip("bcdefghij", "cdefghijk", strict=True)), "YAML001"),  # noqa: E501 - a bomb is one line
        ("x: " + "[" * 1000, "YAML001"),
        ("x: &x [*x]\n", "YAML001"),
        ("version: 1\nversion: 1\n", "YAML001"),
        ("- a\n", "GATE001"),
        ("", "GATE001"),
        (b"\xff\xfe", "GATE004"),
        ("version: 1\nextends: regra-de-ouros\n", "GATE001"),
        ("version: 1\nchecks: !python/object:os.system [x]\n", "GATE001"),
    ],
)  # fmt: skip
def test_hostile_texts_are_refused(text: str | bytes, code: str) -> None:
    """Bombs, depth, circles, two keys, other encodings and tags are errors with a code and no traceback."""
    assert _refusal(text).code == code


def test_an_unknown_preset_is_named_with_the_nearest() -> None:
    """A slip of the pen costs one run."""
    with pytest.raises(Error) as caught:
        load_policy(None, "", ("regra-de-oro",))
    assert (caught.value.code, caught.value.why) == ("GATE003", "did you mean regra-de-ouro?")


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_used_and_names_its_sources(name: str) -> None:
    """Each check with a threshold says where it comes from, and the text holds to the schema."""
    found = load_policy(None, "", (name,))
    assert found.entries
    assert [entry.id for entry in found.entries if not entry.source] == []
    assert [entry.id for entry in found.entries if entry.title == entry.id] == []
    assert documents.faults(_plain(load_yaml(preset_text(name), name)), "gate-policy") == ()


def test_the_golden_rule_has_its_six_groups() -> None:
    """As the plan names them."""
    groups = [group.id for group in load_policy(None, "", ("regra-de-ouro",)).groups]
    assert groups == [
        "no-mock", "no-placeholder", "no-todo", "quality-first", "production-ready", "consciencia-compliant"
    ]  # fmt: skip
    assert len(load_policy(None, "", ("go-no-go",)).entries) == 9


def test_a_new_preset_is_known_by_its_file() -> None:
    """PRESETS are just the files that are shipped."""
    folder = resources.files("maximus.gating") / "presets"
    assert tuple(sorted(item.name.removesuffix(".yml") for item in folder.iterdir())) == PRESETS


def _plain(node: Node) -> Any:  # noqa: ANN401 - what JSON can hold
    match node.value:
        case list():
            return [_plain(item) for item in node.value]
        case dict():
            return {key: _plain(item) for key, item in node.value.items()}
        case _:
            return node.value


@pytest.mark.parametrize("kind", TYPES)
def test_the_schema_knows_just_the_keys_that_are_read(kind: str) -> None:
    """What an editor completes from the schema is what the reader asks for, no more and no less."""
    fields = Fields(Node({}, "p.yml", 1), "checks.x", [])
    find_type(kind).read(fields)
    schema = documents.schema("gate-policy")
    common = set(schema["$defs"]["common"]["properties"])
    own = set(schema["$defs"][kind]["properties"])
    assert own == set(fields.asked)
    assert not own & common
    assert kind in schema["$defs"]["common"]["properties"]["type"]["enum"]


@settings(max_examples=60)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8),
                    lambda below: st.lists(below, max_size=3) | st.dictionaries(
                        st.sampled_from(["version", "checks", "id", "type", "run", "files", "path", "extends", "x"]),
                        below, max_size=4), max_leaves=12))  # fmt: skip
def test_no_policy_leads_to_a_traceback(value: object) -> None:
    """Whatever a file holds, it is a policy or one Error."""
    with contextlib.suppress(Error):
        assert load_policy(json.dumps(value).encode(), "p.yml").sources
