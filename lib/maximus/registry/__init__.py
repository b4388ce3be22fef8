"""Container registries as the OCI distribution specification has them: images by digest, and what refers to them.

`references` parses what people write, `credentials` finds what a registry wants to see, `wire` sends one request
within bounds, `client` reads and writes manifests, blobs and referrers. Everything read by digest is held to it.
Every area may use it; it knows nothing of signatures.
See: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
"""
