"""Proof from the outside: who signed what, where it is logged, and whether a release folder is complete.

`identity` says who must have signed and `signer` what a certificate says about who did; `trust` says which
roots are believed; `keyless` and `keyed` judge one bundle; `material` reads what there is, `folder` accounts
for every file of it, `proof` brings both together, and `facts` draws the four conclusions.
"""
