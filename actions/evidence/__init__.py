"""Keep what was judged: bundles anybody can check again, runs compared, an append-only log.

Packs a folder into a bundle with the same bytes on every machine, checks one without writing anything, compares runs
by their claims, and keeps a log whose entries can be proved and whose end cannot be cut off unseen.
"""

from .action import run
from .inputs import Inputs, Outputs

__all__ = ["Inputs", "Outputs", "run"]
