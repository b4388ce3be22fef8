"""The real Sigstore services on loopback: what `sign` and `verify` are tried against.

`build` compiles the programs, `keeper` runs them, `stack` is what a test holds, `fixtures` hands it to
pytest. `python3 -m tests.stack` starts them for a person.
"""
