"""Gates: a policy's checks, judged on a tree, a release folder and the verdicts that lie in it."""
