"""Checkpoints: what must agree with the inclusion proof beside them."""

from __future__ import annotations

import base64

import pytest

from maximus.verification.checkpoint import check_checkpoint

ROOT = bytes(range(32))
LOG = b"\x01\x02\x03\x04" + bytes(28)
SIGNATURE = base64.b64encode(LOG[:4] + bytes(64)).decode()
WITNESS = base64.b64encode(b"\x09\x09\x09\x09" + bytes(64)).decode()
NOTE = f"log.example - 7\n5\n{base64.b64encode(ROOT).decode()}\n\n\N{EM DASH} log.example {SIGNATURE}\n"


def test_accepts_a_checkpoint_that_agrees() -> None:
    """Size, root and the log's own name are as they must be."""
    check_checkpoint(NOTE, 5, ROOT, LOG)


def test_accepts_a_witness_beside_the_log() -> None:
    """Others may sign a checkpoint too."""
    check_checkpoint(NOTE + f"\N{EM DASH} witness.example {WITNESS}\n", 5, ROOT, LOG)


@pytest.mark.parametrize(
    ("note", "size", "root", "words"),
    [
        (NOTE, 6, ROOT, "of a tree of 5 entries"),
        (NOTE, 5, bytes(32), "another root"),
        (NOTE.replace("\n5\n", "\n05\n"), 5, ROOT, "of a tree of 05"),
        (NOTE.replace("\n5\n", "\n 5\n"), 5, ROOT, "of a tree of"),
        (NOTE.replace("\N{EM DASH} log.example", "\N{EM DASH} evil.example"), 5, ROOT, "not signed once in that name"),
        (NOTE.replace(SIGNATURE, WITNESS), 5, ROOT, "not signed once"),
        (NOTE + f"\N{EM DASH} log.example {SIGNATURE}\n", 5, ROOT, "not signed once"),
        (NOTE + "something\n", 5, ROOT, "is none"),
        (NOTE.replace(SIGNATURE, SIGNATURE[:-3] + "!=="), 5, ROOT, "is none"),
        (NOTE.replace(SIGNATURE[-2:], "B="), 5, ROOT, "not base64"),
        (NOTE[:-1], 5, ROOT, "malformed"),
        (NOTE.replace("\n\n", "\n"), 5, ROOT, "malformed"),
        ("", 5, ROOT, "malformed"),
        ("a\n\n", 5, ROOT, "malformed"),
    ],
)
def test_refuses_a_checkpoint_that_disagrees(note: str, size: int, root: bytes, words: str) -> None:
    """Each disagreement is a fault in words."""
    with pytest.raises(ValueError, match=words):
        check_checkpoint(note, size, root, LOG)
