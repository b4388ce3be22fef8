"""What every test can ask for: the real Sigstore servers and the fake GitHub."""

pytest_plugins = ["tests.fakehub.fixtures", "tests.stack.fixtures"]
