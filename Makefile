# The two commands of the README are `make demo` and `make test`; `make help` lists all.
# Needs only make and a Python of at least 3.11; everything else goes into .venv.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_ROOT_USER_ACTION = ignore

.DEFAULT_GOAL := help
.PHONY: help demo up test format format-check lint types contracts tests coverage venv fossils requirements reference clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

demo: $(VENV)/.runtime ## a made-up city lives one year; then it serves until Ctrl-C
	@$(BIN)/hub demo

up: $(VENV)/.runtime ## start the hub: PostgreSQL, NATS, API, projections
	@$(BIN)/hub up

test: format-check lint types contracts tests ## format, lint, types, contracts, tests: all that must be green

venv: $(VENV)/.dev ## make .venv with everything the tests need

format: $(VENV)/.dev ## rewrite the files in the house format
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

format-check: $(VENV)/.dev ## check the format
	@$(BIN)/ruff format --check

lint: $(VENV)/.dev ## check the rules of style
	@$(BIN)/ruff check

types: $(VENV)/.dev ## check the types, twice
	@$(BIN)/mypy
	@$(BIN)/pyright --pythonpath $(BIN)/python

contracts: $(VENV)/.dev ## check who may import whom
	@$(BIN)/lint-imports

tests: $(VENV)/.dev ## run the tests on real PostgreSQL and NATS
	@$(BIN)/pytest -n $(WORKERS)

coverage: $(VENV)/.dev ## run the tests and say which lines none of them reached
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -n $(WORKERS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

reference: $(VENV)/.runtime ## rewrite docs/reference from the code
	@$(BIN)/python -m adapters.reference

fossils: $(VENV)/.dev ## write the missing samples of events into tests/fossils
	@$(BIN)/python -m tests.house.fossils

requirements: ## pin the dependencies anew, with hashes (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --custom-compile-command 'make requirements' \
	  --extra server --group build -o requirements.txt pyproject.toml
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --custom-compile-command 'make requirements' \
	  --extra server --extra sm --extra hsm --group build --group dev -c requirements.txt \
	  -o requirements-dev.txt pyproject.toml

clean: ## remove .venv and what tools left behind (the hub's home stays)
	@rm -rf $(VENV) .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache \
	  .pytest_cache .ruff_cache

$(VENV)/.runtime: requirements.txt pyproject.toml
	@sh .ci/venv $(VENV) requirements.txt $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml
	@sh .ci/venv $(VENV) requirements-dev.txt $@ $(VENV)/.runtime
