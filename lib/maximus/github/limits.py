"""GitHub's limits, and those that we set ourselves."""

from __future__ import annotations

from typing import Final

__all__ = ["MAX_PAGE", "MAX_PULL_REQUEST_PAGES", "MAX_RELEASES", "REQUEST_TIMEOUT", "TRIES", "WAITING"]

MAX_PAGE: Final = 100
"""Entries of a page, REST and GraphQL alike."""
MAX_RELEASES: Final = 1_000
"""How many releases are listed: the API fails beyond."""
MAX_PULL_REQUEST_PAGES: Final = 200
"""How many pages of merged pull requests are read back in time."""
LOOKUPS: Final = 250
"""How many pull requests or commits one query asks for by name; a page's limit is none for names."""
MAX_ASKED_COMMITS: Final = 100
"""How many commits or releases are asked about one by one, where GraphQL is refused."""
MAX_COMMITS: Final = 20_000
"""How many commits of a range are read."""
MAX_CHANGED_FILES: Final = 3_000
"""How many files of a pull request GitHub lists."""
MAX_LABELS: Final = 100
"""How many labels GitHub takes on a pull request."""
MAX_LABEL_PAGES: Final = 5
"""How many pages of a pull request's labels are read; GitHub takes 100 labels, which is one."""
REQUEST_TIMEOUT: Final = 30
"""Seconds without a byte before a request is given up."""
UPLOAD_TIMEOUT: Final = 120
"""Seconds without a byte before an upload is given up."""
TRIES: Final = 4
"""How often a request is sent that may be sent again."""
WAITING: Final = 120.0
"""Seconds that a run waits in all between tries, rate limits included."""
