"""A stateful fake GitHub on loopback, held to GitHub's own descriptions of its API."""
