"""A small GitHub runner: runs our real `action.yml` files as actions/runner 2.336 does, without GitHub.

Written after the runner's rules (reference/actions.md, section 1). `log` reads what a step prints,
`commandfiles` what it writes into the runner's files, `metadata` the `action.yml`, `step` puts them together.
"""

from __future__ import annotations

from tests.runner.commandfiles import FileFault, read_entries
from tests.runner.log import Annotation, Command, Log, read_log
from tests.runner.metadata import Metadata, MetadataFault, read_metadata
from tests.runner.step import Result, run_action

__all__ = [
    "Annotation",
    "Command",
    "FileFault",
    "Log",
    "Metadata",
    "MetadataFault",
    "Result",
    "read_entries",
    "read_log",
    "read_metadata",
    "run_action",
]
