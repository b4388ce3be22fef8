"""`budget`: a number of a JSON report, or the size of files, held against a bound or a stored baseline.

- id: p95
  type: budget
  file: k6-summary.json
  pointer: /metrics/http_req_duration/values/p(95)
  threshold: "< 200"
  unit: ms
  source: plan I, performance
- id: bundle
  type: budget
  paths: ["web/dist/**/*.js"]
  measure: gzip
  threshold: "< 500000"
  unit: bytes
- id: no-slower
  type: budget
  file: k6-summary.json
  pointer: /metrics/http_req_duration/values/p(95)
  baseline: { file: .github/baseline.json, pointer: /p95, tolerance: 5, better: lower }
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from maximus.documents import MAX_DOCUMENT
from maximus.errors import Error
from maximus.gating.bounds import Bound, read_bound, shown
from maximus.gating.check import Evidence, Finding, Status, read_number
from maximus.gating.lookup import confined, hash_of

if TYPE_CHECKING:
    from pathlib import Path

    from maximus.gating.check import Context, Fields

__all__ = ["Baseline", "Budget", "read"]

_MEASURES = ("size", "gzip")
_BETTER = ("lower", "higher")
_WINDOW = 31
"""A window of 32 KiB with gzip's header, as gzip itself writes."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Baseline:
    """An earlier measurement to compare with."""

    file: str
    pointer: str
    tolerance: Fraction
    """Percent of the baseline by which it may be worse."""
    better: str
    """`lower` or `higher`."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The options: either `file` and `pointer`, or `paths` and `measure`."""

    file: str
    pointer: str
    paths: tuple[str, ...]
    measure: str
    bound: Bound | None
    baseline: Baseline | None
    unit: str

    def judge(self, context: Context) -> Finding:
        """Measure, and hold it against the bound and the baseline."""
        root = context.tree.root
        evidence: list[Evidence] = []
        if self.file:
            path = confined(root, self.file)
            if path is None:
                return Finding(Status.UNMEASURED, 0, reason=f"there is no file {self.file}")
            value, inspected = _number_in(path, self.file, self.pointer), 1
            evidence.append(hash_of(path, self.file))
        else:
            files = [path for pattern in self.paths if not pattern.startswith("!") for path in _globbed(root, pattern)]
            dropped = {
                path for pattern in self.paths if pattern.startswith("!") for path in _globbed(root, pattern[1:])
            }
            chosen = sorted(set(files) - dropped)
            if not chosen:
                return Finding(Status.UNMEASURED, 0, reason=f"no file matches {', '.join(self.paths)}")
            value, inspected = Fraction(sum(_size(path, self.measure) for path in chosen)), len(chosen)
        if value is None:
            return Finding(
                Status.UNMEASURED, 0, reason=f"{self.file} has no number at {self.pointer}", evidence=tuple(evidence)
            )
        return self._compared(value, inspected, evidence, root)

    def _compared(self, value: Fraction, inspected: int, evidence: list[Evidence], root: Path) -> Finding:
        bounds = [self.bound] if self.bound else []
        if self.baseline:
            path = confined(root, self.baseline.file)
            before = _number_in(path, self.baseline.file, self.baseline.pointer) if path else None
            if path is None or before is None:
                where = f"{self.baseline.file} has no number at {self.baseline.pointer}"
                why = where if path else f"there is no baseline {self.baseline.file}"
                return Finding(Status.UNMEASURED, 0, shown(value), unit=self.unit, reason=why, evidence=tuple(evidence))
            evidence.append(hash_of(path, self.baseline.file))
            slack = abs(before) * self.baseline.tolerance / 100
            is_lower = self.baseline.better == "lower"
            bounds.append(Bound("<=" if is_lower else ">=", before + slack if is_lower else before - slack))
        broken = [bound for bound in bounds if not bound.holds(value)]
        return Finding(
            Status.FAIL if broken else Status.PASS,
            inspected,
            measured=shown(value),
            threshold=" and ".join(str(bound) for bound in bounds),
            unit=self.unit,
            reason=f"{shown(value)} is not {' and '.join(str(bound) for bound in broken)}" if broken else "",
            hint="Make it better, or change the budget where its source is, and say so there.",
            evidence=tuple(evidence),
        )


def _globbed(root: Path, pattern: str) -> list[Path]:
    """Return the regular files that a pattern names on disk: what was built is mostly not tracked."""
    found = (path for path in root.glob(pattern.rstrip("/") + ("/**/*" if pattern.endswith("/") else "")))
    here = root.resolve()
    return [path for path in found if path.is_file() and not path.is_symlink() and path.resolve().is_relative_to(here)]


def _size(path: Path, measure: str) -> int:
    if measure == "size":
        return path.stat().st_size
    packed, total = zlib.compressobj(9, zlib.DEFLATED, _WINDOW), 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            total += len(packed.compress(chunk))
    return total + len(packed.flush())


def _number_in(path: Path, name: str, pointer: str) -> Fraction | None:
    """Return the number that a JSON pointer (RFC 6901) names in a file, with its own digits; None for none.

    Raises Error GATE011 (fail) where the file is no JSON: a report that is cut short says nothing in its favour.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_DOCUMENT + 1)
        if len(raw) > MAX_DOCUMENT:
            raise _no_report(name, f"it is larger than {MAX_DOCUMENT} bytes")
        # A float would lose the digits that were written, and NaN compares with nothing.
        found: Any = json.loads(raw, parse_float=_Digits, parse_int=_Digits, parse_constant=lambda _text: None)
    except (ValueError, RecursionError) as fault:
        raise _no_report(name, str(fault) or "it nests too deep") from fault
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(key)
        elif isinstance(found, list) and key.isdigit() and len(key) < 10 and int(key) < len(found):  # noqa: PLR2004 - no list is that long
            found = found[int(key)]
        else:
            return None
    return _exactly(found) if isinstance(found, _Digits) else None


class _Digits(str):
    """A JSON number as it was written."""

    __slots__ = ()


def _exactly(text: str) -> Fraction | None:
    base, _, exponent = text.lower().partition("e")
    number = read_number(base)
    if number is None or not exponent:
        return number
    power = int(exponent) if len(exponent) <= 4 else None  # noqa: PLR2004 - as far as a float goes
    return None if power is None else number * Fraction(10) ** power


def _no_report(name: str, why: str) -> Error:
    return Error("GATE011", f"{name} is no JSON", why=why[:200], fix="Write the report anew.", where=name)


def read(fields: Fields) -> Budget:
    """Take a budget's options out of a policy's entry."""
    file, pointer = fields.text("file", ""), fields.text("pointer", "")
    paths = fields.paths("paths", ())
    measure = fields.choice("measure", _MEASURES, "size")
    bound, baseline = read_bound(fields), _baseline(fields.nested("baseline"))
    unit = fields.text("unit", "bytes" if paths else "")
    if bool(file) == bool(paths):
        fields.fault("", "either `file` with `pointer` or `paths` is needed")
    if bool(file) != bool(pointer):
        fields.fault("pointer", "`file` and `pointer` go together")
    if pointer and not pointer.startswith("/"):
        fields.fault("pointer", f"{pointer!r} is no JSON pointer: it begins with `/`")
    if bound is None and baseline is None:
        fields.fault("threshold", "a `threshold` or a `baseline` is needed")
    return Budget(file, pointer, paths, measure, bound, baseline, unit)


def _baseline(fields: Fields | None) -> Baseline | None:
    if fields is None:
        return None
    return Baseline(
        fields.text("file"),
        fields.text("pointer"),
        fields.exact("tolerance", Fraction(0)),
        fields.choice("better", _BETTER, "lower"),
    )
