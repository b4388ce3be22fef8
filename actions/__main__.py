"""Runs an action: `python3 actions NAME`, and `python3 -I .../actions NAME` in a job.

This file must be readable by every Python 3, because it is what tells an old one that it is too old.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - ubuntu-22.04's own Python is 3.10
    sys.stderr.write(
        "maximus needs Python 3.11 or newer, this is %s (RUN000)\n"  # noqa: UP031 - readable by any Python 3
        "  In a job, put actions/setup-python before this step; elsewhere install a newer python3.\n"
        % sys.version.split()[0]
    )
    raise SystemExit(2)


def start() -> int:
    """Arrange the import path and the byte-code cache, then hand over; return the exit status."""
    import os  # noqa: PLC0415 - after the version check
    from pathlib import Path  # noqa: PLC0415 - after the version check

    here = Path(__file__).resolve().parent
    if here.parent.name == "maximus":
        from maximus.actions.command import main  # noqa: PLC0415 - the wheel's own package

        return main(sys.argv[1:], os.environ)

    # A checkout. Python has put actions/ first on the path, where its modules would shadow packages of
    # the same name: lib/ and the root take its place.
    sys.dont_write_bytecode = True
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != here]
    sys.path[:0] = [str(here.parent / "lib"), str(here.parent)]
    from actions.cache import keep_bytecode  # noqa: PLC0415 - importable from here on

    keep_bytecode()
    from actions.command import main  # noqa: PLC0415 - importable from here on

    return main(sys.argv[1:], os.environ)


if __name__ == "__main__":
    raise SystemExit(start())
