"""What every test can ask for: the real Sigstore servers and the fake GitHub.

Property tests leave nothing behind and are not judged by a busy machine's clock.
"""

from __future__ import annotations

from hypothesis import settings

pytest_plugins = ["tests.fakehub.fixtures", "tests.stack.fixtures"]

settings.register_profile("suite", database=None, deadline=None, print_blob=True)
settings.load_profile("suite")
