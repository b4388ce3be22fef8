"""The inventory of a tree: read its locks, merge what they say, write it as CycloneDX and SPDX.

    scanned = scan(Path("."), leave_out=[Path("release")])
    inventory = build(describe(facts), scanned.readings, scanned.tree.skipped)
    rendered = render(inventory, seconds=commit_time, tool_version=__version__)

Knows nothing of GitHub Actions, prints nothing, reads no environment and no network.
"""
