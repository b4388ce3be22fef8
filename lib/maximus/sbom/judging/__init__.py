"""What an SBOM is worth, whoever wrote it: read into one view, checked field by field, held to a profile.

view = read_view(document, "theirs.cdx.json")
answers = judge(view, profile="cisa-2026")
"""
