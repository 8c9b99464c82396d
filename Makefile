# Thin: each target says what it is for; the work is in config/embedded and in pyproject.toml.
.DEFAULT_GOAL := help
PYTHON_IN := .venv/bin/python
BESIDE := $(PYTHON_IN) -m config.embedded run --name test
SETTINGS := DJANGO_SETTINGS_MODULE=config.settings_test
ARGS ?=

.PHONY: help setup demo dev down manage test e2e check lint ci bench guards-report isolation-report nightly-tests release-tests

help: ## List the commands
	@sed -n 's/^\([a-z0-9-]*\):.*## /  make \1  /p' Makefile | awk '{printf "  %-18s", $$1 " " $$2; $$1 = $$2 = ""; print}'

setup: ## Make .venv and install the pinned packages (all others do this first)
	@config/embedded/setup.sh

demo: setup ## Everything up with demo banks: PostgreSQL, Redis, web, worker, beat; Ctrl-C stops it
	@exec $(PYTHON_IN) -m config.embedded.demo up

dev: setup ## The same, reloading when code changes
	@exec $(PYTHON_IN) -m config.embedded.demo dev

down: setup ## Stop a demo that runs elsewhere, and its servers
	@exec $(PYTHON_IN) -m config.embedded.demo down

manage: setup ## A management command on the demo's banks; ARGS="audit_ledger --all"
	@exec $(PYTHON_IN) -m config.embedded.demo manage $(ARGS)

test: setup ## The fast suite, browser tests included where a Chromium can be had; ARGS="-k name"
	@exec $(BESIDE) --browser -- $(PYTHON_IN) -m pytest tests -rs $(ARGS)

e2e: setup ## The browser tests alone
	@exec $(BESIDE) --browser -- $(PYTHON_IN) -m pytest tests -rs $(ARGS) -m browser

nightly-tests: setup ## The longer tests of each night
	@exec $(BESIDE) --browser -- $(PYTHON_IN) -m pytest tests -rs --tier=nightly $(ARGS)

release-tests: setup ## The tests before a release
	@exec $(BESIDE) --browser -- $(PYTHON_IN) -m pytest tests -rs --tier=release $(ARGS)

guards-report: setup ## What each guard reached beside its goal, kept in docs/guards.md; ARGS="G7 traps --tier fast"
	@exec $(BESIDE) --browser -- $(PYTHON_IN) -m tests.guards_report --keep $(ARGS)

isolation-report: setup ## Sweep two banks for each other's data and write the proof that ships with the product
	@exec $(BESIDE) -- $(PYTHON_IN) -m tests.isolation_report $(ARGS)

lint: setup ## Style, imports and templates
	$(PYTHON_IN) -m ruff check .
	$(PYTHON_IN) -m ruff format --check .
	.venv/bin/lint-imports
	git ls-files 'templates/*.html' | xargs .venv/bin/djhtml --check

check: lint ## lint, then types, settings and missing migrations
	$(SETTINGS) $(BESIDE) -- sh -c '$(PYTHON_IN) -m mypy . && $(PYTHON_IN) manage.py check && $(PYTHON_IN) manage.py makemigrations --check --dry-run'

ci: check test ## What the build machine runs

bench: setup ## The side-by-side measurements
	@exec $(BESIDE) -- $(PYTHON_IN) -m benchmarks $(ARGS)
