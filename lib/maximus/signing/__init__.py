"""Signatures as the suite makes them: Sigstore bundles by a job's identity or by a managed key."""
