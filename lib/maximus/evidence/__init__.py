"""What was judged, kept so that anybody can check it later.

Deterministic bundles with a manifest, comparison of runs by their claims, and an append-only log that is a chain and
a Merkle tree at once. Knows files and documents, and nothing of where they came from.
"""
