"""Draft, update and publish a release; reads an existing release-drafter.yml unchanged.

In a job with `contents: write` it makes or updates one draft release, uploads the release folder's files,
reads the list of assets back and compares digests. Without a token it writes `notes.md` and nothing else.
"""

from .action import run
from .inputs import Inputs, Outputs

__all__ = ["Inputs", "Outputs", "run"]
