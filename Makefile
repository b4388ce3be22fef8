# One word a job. `make test` on a fresh machine needs Python 3.11+ and git; it sets up the rest in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What pytest is called with: as many workers as there are processors; the servers are shared.
ARGS ?= -n auto

.PHONY: all test lint types generate docs lock stack hub bench clean

all: lint test

# The environment of the developers' tools, hash-locked; made again when the lock changes.
$(VENV)/.made: requirements/develop.txt tools/environment.py
	$(PYTHON) tools/environment.py $(VENV) requirements/develop.txt
	@touch $@

test: $(VENV)/.made
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.made
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tools/generate.py --check
	$(BIN)/zizmor --offline --quiet --persona=auditor --strict-collection .
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml */action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/python tools/actionlint.py

generate: $(VENV)/.made
	$(BIN)/python tools/generate.py

docs: generate
	$(BIN)/python tools/screenshot.py
	$(BIN)/python tools/notes.py
	$(BIN)/python tools/inventory.py

# Compiles every group of pyproject.toml to requirements/<group>.txt with hashes.
lock: $(VENV)/.made
	$(BIN)/python tools/lock.py

# The real Sigstore servers, in the foreground, with what to export to try things by hand.
stack: $(VENV)/.made
	$(BIN)/python -m tests.stack

# The fake GitHub, likewise.
hub: $(VENV)/.made
	$(BIN)/python -m tests.fakehub

bench: $(VENV)/.made
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV) build dist release .pytest_cache .mypy_cache .ruff_cache
