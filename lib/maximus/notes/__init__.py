"""Release notes: configuration, categories, versions and rendering. Knows no GitHub.

Where to look:

- `loading` finds a configuration and what it extends, `yaml` reads it, `configuration` gives it types;
- `settings` overrides it with what the caller asks for, `baseline` chooses the last release and the draft;
- `composition` makes the notes from the history; `local` makes the history from git;
- `labelling` decides a pull request's labels by the same file's rules;
- `sections` are ours, behind the notes; `limits` cuts a body that is too long for a server.
"""
