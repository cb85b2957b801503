# Everything a person needs, by name. `make` alone lists it.
PYTHON ?= python3
# How many tests at once. Each has a whole product of its own, and waits for it now and then: one more than the cores of CI.
WORKERS ?= 3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.run
DEV_STAMP := $(VENV)/.dev
NODE_STAMP := tests/node/node_modules/.stamp
# In the order of the folders: by default the files with the fewest tests come last, and they are the longest.
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# Compiled code is kept, wherever make itself is run: the tests start the product some thirty times.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run demo test test-full check attack bench requirements openapi migrate lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

run: $(RUN_STAMP) ## the whole product: embedded database, synthetic persons, simulated sources
	@exec ./samrad run

demo: $(RUN_STAMP) ## the main story end to end, on a fresh instance of its own
	@exec ./samrad demo

test: $(DEV_STAMP) $(NODE_STAMP) ## the tests, on samples; four to five minutes on two cores
	@$(PYTEST)

test-full: $(DEV_STAMP) $(NODE_STAMP) ## the same tests at the sizes that acceptance lines name
	@SAMRAD_TEST_FULL=1 $(PYTEST)

check: $(DEV_STAMP) $(NODE_STAMP) ## format, lint, types, import contracts, OpenAPI, then tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@./samrad openapi --check
	@$(PYTEST)

attack: $(DEV_STAMP) $(NODE_STAMP) ## only the tests that try to break in
	@$(PYTEST) -m attack

bench: $(DEV_STAMP) ## measure beside peers; writes var/bench.json
	@$(BIN)/python -m tests.bench

requirements: $(DEV_STAMP) $(NODE_STAMP) ## run the tests and write which requirement rows they show
	@$(BIN)/python -m tests.requirements

openapi: $(RUN_STAMP) ## write the OpenAPI files from the code
	@./samrad openapi

migrate: $(RUN_STAMP) ## bring the databases named in the environment to the newest version
	@./samrad migrate

lock: $(DEV_STAMP) ## pin every dependency with hashes, without addresses
	@$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links -q -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra dev -c requirements.lock --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url --no-emit-find-links -q -o requirements-dev.lock

clean: ## remove what the targets above have made, the sandbox's data included
	rm -rf $(VENV) var tests/node/node_modules .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): requirements.lock | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(DEV_STAMP): requirements-dev.lock $(RUN_STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(NODE_STAMP): tests/node/package-lock.json
	@cd tests/node && npm ci --silent --no-audit --no-fund && touch node_modules/.stamp
