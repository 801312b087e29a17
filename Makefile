# `make help` lists what there is. Everything runs from .venv, which is made as needed.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The newest Python that the locks are made for; PYTHON=... overrides.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$python; break; fi; done)
BIN := .venv/bin
TRANSLATIONS := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/django.po))

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# -- Running ------------------------------------------------------------------------------------

.PHONY: demo
demo: $(BIN)/.production $(TRANSLATIONS) ## the site with invented people and courses, at http://127.0.0.1:8000 (PORT)
	exec $(BIN)/python manage.py demo

.PHONY: demo-reset
demo-reset: $(BIN)/.production $(TRANSLATIONS) ## the same, starting again from fresh data
	exec $(BIN)/python manage.py demo --reset

.PHONY: postgres
postgres: $(BIN)/.development ## a PostgreSQL server for development, until Ctrl-C; prints its DATABASE_URL
	exec $(BIN)/python -m tests.postgres

# -- Checking -----------------------------------------------------------------------------------

.PHONY: test
test: $(BIN)/.development $(TRANSLATIONS) chromium ## everything: all tests, on SQLite and on PostgreSQL, in a real browser
	$(BIN)/python -m tests.run

.PHONY: check
check: lint $(TRANSLATIONS) ## the inner loop, under a minute: lint, Django's checks, quick tests on SQLite
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run
	env -u DATABASE_URL $(BIN)/python -m pytest -q --tb=short -m "not browser and not slow" \
	  --numprocesses=auto --maxprocesses=4 --dist=loadscope --hypothesis-profile=quick

.PHONY: lint
lint: $(BIN)/.development ## ruff and djlint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/djlint --lint --quiet templates

.PHONY: format
format: $(BIN)/.development ## put Python into its form, and mend what ruff can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: coverage
coverage: $(BIN)/.development $(TRANSLATIONS) ## which lines the quick tests leave out
	env -u DATABASE_URL $(BIN)/coverage run -m pytest -q -m "not browser and not slow"
	$(BIN)/coverage report

.PHONY: bench
bench: $(BIN)/.development $(TRANSLATIONS) ## speed beside this machine's own floor (docs/performance.md)
	$(BIN)/python manage.py bench

.PHONY: audit
audit: $(BIN)/.development ## known weaknesses in what the locks install
	$(BIN)/pip-audit --requirement requirements.txt --disable-pip --require-hashes --strict
	$(BIN)/pip-audit --requirement requirements-dev.txt --disable-pip --require-hashes --strict

# -- Writing ------------------------------------------------------------------------------------

.PHONY: messages
messages: $(BIN)/.development ## bring the catalogue of translations up to date with the sources
	$(BIN)/python -m tests.catalogue

.PHONY: privacy-docs
privacy-docs: $(BIN)/.production ## write docs/privacy.md from what the columns of people declare
	$(BIN)/python manage.py privacy_docs

.PHONY: lock
lock: $(BIN)/.development ## compile requirements*.txt from requirements*.in (UPGRADE=1 for newer versions)
	for name in requirements requirements-dev; do \
	  $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header $(if $(UPGRADE),--upgrade) \
	    --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file $$name.txt $$name.in; done

# -- Setting up ---------------------------------------------------------------------------------

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then echo "No Python 3.11 or newer found. Install one, or name it: make PYTHON=/path/to/python3"; exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than Python 3.11. Name a newer one: make PYTHON=/path/to/python3"; exit 1; }
	@if ! $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null; then \
	  package=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$package; \
	  else echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: sudo apt-get install $$package"; exit 1; fi; fi
	$(PYTHON) -m venv --clear .venv

# Stamps: made again when a lock or the Python behind .venv is newer, so a second start installs nothing.
$(BIN)/.production: requirements.txt $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.txt
	@touch $@

$(BIN)/.development: requirements-dev.txt $(BIN)/.production
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.txt
	@touch $@

%.mo: %.po | $(BIN)/.production
	$(BIN)/pybabel --quiet compile --input-file $< --output-file $@ --locale $(notdir $(patsubst %/LC_MESSAGES/,%,$(dir $<)))

.PHONY: chromium
chromium: $(BIN)/.development
	@if command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-liberation; \
	else $(BIN)/playwright install chromium; fi
