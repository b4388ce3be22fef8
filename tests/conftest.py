"""What holds for all tests: property tests leave nothing behind and are not judged by a busy machine's clock."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("suite", database=None, deadline=None, print_blob=True)
settings.load_profile("suite")
