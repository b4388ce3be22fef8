"""What every test can ask for, and one loud line about what could not be measured here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

# A machine that is busy with servers is slow now and then: how long an example takes says nothing about the code.
settings.register_profile("maximus", deadline=None)
settings.load_profile("maximus")

pytest_plugins = ["tests.actions.draft.drafting", "tests.fakehub.fixtures", "tests.stack.fixtures"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the thorough runs be asked for."""
    parser.addoption(
        "--every-mutant",
        action="store_true",
        help="change every byte of every bundle, not a fixed sample: minutes instead of seconds",
    )


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case by its argument's name where the value is bytes: an archive bears the second it was packed in.

    Each worker collects by itself, and their names must agree.
    """
    return argname if isinstance(val, bytes) else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line how many tests were not measured, and for want of what."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        place = getattr(report, "longrepr", None)
        reason = place[2] if isinstance(place, tuple) else str(place)
        if "unmeasured" in reason:
            short = reason.removeprefix("Skipped: ").strip()
            reasons[short] = reasons.get(short, 0) + 1
    if reasons:
        told = "; ".join(f"{count} x {reason}" for reason, count in sorted(reasons.items()))
        terminalreporter.write_line(f"UNMEASURED: {sum(reasons.values())} tests: {told}", red=True, bold=True)
