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
    """Do what the command line and the environment ask for; return the exit status."""
    import gc  # noqa: PLC0415 - after the version check
    import os  # noqa: PLC0415 - likewise

    # Whoever closed a stream (`>&-`) wants to hear nothing on it; Python has None in its place.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - as below; till the end

    status = _run()
    # Python looks through all there is for cycles before it ends: 45 ms of `sign`, which give nothing but memory
    # that goes with the process anyway.
    if hasattr(gc, "freeze"):  # CPython's alone
        gc.freeze()
    return status


def _run() -> int:
    """Arrange the import path and the byte-code cache, then hand over; return the exit status."""
    import os  # noqa: PLC0415 - after the version check

    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib costs 8 ms
    root = os.path.dirname(here)  # noqa: PTH120 - likewise
    if os.path.basename(root) == "maximus":  # noqa: PTH119 - likewise
        # In the wheel this file lies in the package: its neighbours are found by their relative names.
        from .command import main as installed_main  # noqa: PLC0415 - the wheel's own package

        return installed_main(sys.argv[1:], os.environ)

    # A checkout. Python has put actions/ first on the path, where its modules would shadow packages of
    # the same name: lib/ and the root take its place.
    sys.dont_write_bytecode = True
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry or ".") != os.path.realpath(here)]
    sys.path[:0] = [os.path.join(root, "lib"), root]  # noqa: PTH118 - likewise
    from actions.cache import keep_bytecode  # noqa: PLC0415 - importable from here on
    from actions.overview import overview  # noqa: PLC0415 - likewise

    keep_bytecode()
    shown = None if "MAXIMUS_INPUTS" in os.environ else overview(sys.argv[1:])
    if shown is not None:
        # Answered here, because what an action needs takes longer to import than to say this.
        try:
            sys.stdout.write(shown)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader went away (`| head`); Python's own last flush goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 3
        return 0
    from actions.command import main  # noqa: PLC0415 - importable from here on

    return main(sys.argv[1:], os.environ)


if __name__ == "__main__":
    raise SystemExit(start())
