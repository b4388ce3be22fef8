"""Start the stack in the foreground, to try things by hand: `python3 -m tests.stack`."""

from __future__ import annotations

import shlex
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from tests.stack.stack import Failed, Stack, Unmeasured

if TYPE_CHECKING:
    from types import FrameType

_UNMEASURED_STATUS = 70


def main() -> int:
    """Run the stack until Ctrl-C or SIGTERM; test runs started meanwhile share it."""
    # Explicitly: a shell's background job is started with Ctrl-C ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        with Stack() as stack:
            print(describe(stack), flush=True)  # noqa: T201 - what a person started it for
            stack.wait()
        ending, status = "the stack ended by itself", 1
    except KeyboardInterrupt:
        ending, status = "stopped", 0
    except Unmeasured as reason:
        ending, status = str(reason), _UNMEASURED_STATUS
    except Failed as reason:
        ending, status = str(reason), 1
    print(ending, file=sys.stderr)  # noqa: T201 - a program
    return status


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def describe(stack: Stack) -> str:
    """Return what a person needs: variables to export, where the trust files are, a line to begin with."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in sorted(stack.environment().items())]
    version = 2 if "rekor-v1" in stack.unmeasured else 1
    cosign = stack.bin("cosign")
    root = stack.trusted_root
    identity = f"--certificate-identity {stack.identity()} --certificate-oidc-issuer {stack.issuer_url}"
    signing = f"--signing-config {stack.signing_config(version)} --trusted-root {root}"
    return "\n".join(
        [
            "# A GitHub job, as far as tokens go. Paste into the shell you try things in.",
            *exports,
            "",
            "# Trust files, for --trust-config of `sign` and of sigstore-python",
            *(f"# {reason}" for reason in stack.unmeasured.values()),
            f"#   Rekor v1  {stack.state}/trust.v1.json",
            f"#   Rekor v2  {stack.state}/trust.v2.json",
            f"#   both      {root}",
            f"#   logs      {stack.state}/log/",
            "",
            f"python3 actions sign --files FILE --trust-config {stack.state}/trust.v{version}.json",
            f"{cosign} sign-blob --yes {signing} --bundle FILE.sigstore.json FILE",
            f"{cosign} verify-blob --trusted-root {root} {identity} --bundle FILE.sigstore.json FILE",
            "",
            "# Ctrl-C stops it, unless a test run is using it: then that run stops it.",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
