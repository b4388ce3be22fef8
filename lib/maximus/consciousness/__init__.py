"""The MAXIMUS consciousness stream: a recording read within bounds, checked frame by frame, turned into numbers.

Two profiles are known and never mixed: `cockpit/1.0`, what the protocol promises, and `maximus-core/observed`,
what the backend sends. A number comes from a file or there is none.
"""
