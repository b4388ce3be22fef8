"""GitHub's API as the suite uses it: a client that keeps the token where it belongs, and what is asked through it.

- `client` sends requests: time-outs, retries that leave POST out, no redirect, the token for the API's host alone;
- `queries` holds the GraphQL texts, `history` reads a range of commits with its pull requests;
- `releases` lists, makes, updates and publishes releases, `assets` uploads files and compares digests;
- `labels` lists what a pull request changes and has, adds labels and takes them away;
- `contents` reads configuration files.
"""
