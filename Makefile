# Tanggap: everything a newcomer needs, from a checkout with Python 3.11 or later, make and a package index.
.DEFAULT_GOAL := help
.PHONY: help install run test test-slow test-containers test-all lint format bench docs lock clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ENTIRE := tests
# Most tests wait for servers and processes, so three workers share two cores well.
PYTEST := $(BIN)/python -m pytest -q -n 3 --dist loadfile

# make run's options: ONCE=1 SCALE=0.05 SEED=7 FAULTS=1 HOME_DIR=.tanggap
RUN := --demo $(if $(ONCE),--once) $(if $(SCALE),--scale $(SCALE)) $(if $(SEED),--seed $(SEED)) \
       $(if $(FAULTS),--faults) $(if $(HOME_DIR),--home "$(HOME_DIR)")

help: ## say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

install: $(STAMP) ## make .venv with exactly the locked packages

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

run: $(STAMP) ## start everything and play a flood (ONCE=1 SCALE=0.05 SEED=7 FAULTS=1)
	$(BIN)/tanggap up $(RUN)

test: $(STAMP) ## run the tests, all but the slow ones (about seven minutes on two cores)
	$(PYTEST) -m "not slow" $(ENTIRE)

test-slow: $(STAMP) ## run the tests that take longer
	$(BIN)/python -m pytest -q -n 3 --dist load -m "slow and not docker" $(ENTIRE)

test-containers: $(STAMP) ## build the images, bring them up, play and check a flood on them
	$(BIN)/python -m pytest -q -m docker $(ENTIRE)

test-all: $(STAMP) ## run every test once
	$(PYTEST) $(ENTIRE)

lint: $(STAMP) ## check format, style, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP) ## format and sort imports
	$(BIN)/ruff check --quiet --select I --fix .
	$(BIN)/ruff format .

bench: $(STAMP) ## measure this machine against a floor and the usual way
	$(BIN)/tanggap bench

docs: $(STAMP) ## write the pages and schemas that are made from code
	$(BIN)/python -m shared.contracts.schemas
	$(BIN)/python -m shared.contracts.docs docs/events.md
	$(BIN)/python -m shared.kit.settings > docs/settings.md.new && mv docs/settings.md.new docs/settings.md

# A throwaway environment resolves the locks, so that the tool is no part of what it locks.
COMPILE := $(VENV)-lock/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
           --no-emit-index-url --no-header --quiet
lock: ## resolve the packages anew and write both locks
	test -x $(VENV)-lock/bin/uv || ($(PYTHON) -m venv $(VENV)-lock && $(VENV)-lock/bin/python -m pip install --quiet uv)
	$(COMPILE) --all-extras --output-file requirements.lock $(if $(UPGRADE),--upgrade)
	$(COMPILE) --constraint requirements.lock --output-file requirements-runtime.lock
	rm -rf $(VENV)-lock

clean: ## remove what can be made again; the home .tanggap stays
	rm -rf build dist *.egg-info $(VENV)-lock .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find shared services tanggap tests -name __pycache__ -type d -prune -exec rm -rf {} +
