"""Runs the benchmarks and prints one line for each: `make bench`, or `python -m bench NAME ...`."""

from __future__ import annotations

import sys

from bench.evidence import evidence_append, evidence_pack, evidence_prove, evidence_verify
from bench.gate import gate_words
from bench.notes import draft_categories
from bench.reading import draft_checkout, draft_many, draft_requests, draft_start
from bench.release import release
from bench.sbom import SBOM_BENCHMARKS
from bench.sign import (
    sign_cosign,
    sign_large,
    sign_large_memory,
    sign_many,
    sign_many_memory,
    sign_start,
    sign_statement,
    sign_v1,
    sign_v2,
)
from bench.starts import first_start_pip, first_start_uv, help_text, second_start
from bench.verify import verify_each, verify_many, verify_memory, verify_one, verify_statement

BENCHMARKS = {
    "help": help_text,
    "second-start": second_start,
    "first-start-uv": first_start_uv,
    "first-start-pip": first_start_pip,
    "release": release,
    "gate-words": gate_words,
    "evidence-pack": evidence_pack,
    "evidence-verify": evidence_verify,
    "evidence-append": evidence_append,
    "evidence-prove": evidence_prove,
    "draft-requests": draft_requests,
    "draft-checkout": draft_checkout,
    "draft-many": draft_many,
    "draft-start": draft_start,
    "draft-categories": draft_categories,
    **SBOM_BENCHMARKS,
    "sign-v1": sign_v1,
    "sign-v2": sign_v2,
    "sign-cosign": sign_cosign,
    "sign-statement": sign_statement,
    "sign-start": sign_start,
    "sign-many": sign_many,
    "sign-many-memory": sign_many_memory,
    "sign-large": sign_large,
    "sign-large-memory": sign_large_memory,
    "verify-one": verify_one,
    "verify-memory": verify_memory,
    "verify-each": verify_each,
    "verify-statement": verify_statement,
    "verify-many": verify_many,
}


def main() -> int:
    """Run what is named, or all; exit 1 when an aim is missed, 70 when something could not be measured."""
    wanted = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in wanted if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    missed = unmeasured = False
    for name in wanted:
        result = BENCHMARKS[name]()
        if isinstance(result, str):
            print(f"unmeasured  {name}: {result}", flush=True)
            unmeasured = True
            continue
        print(result.line(), flush=True)
        missed = missed or not result.is_reached
    return 1 if missed else 70 if unmeasured else 0


if __name__ == "__main__":
    raise SystemExit(main())
