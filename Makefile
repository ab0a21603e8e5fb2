# waconsole: `make demo` to look, `make test` to check. Each sets up what it needs.
# Written for GNU make 3.81, which is the one macOS has.

VENV ?= .venv
NEEDS := waconsole needs Python 3.11 or newer with its venv module: install one, or name it with PYTHON=/path/to/python3.
CAN := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))

# The newest Python that answers and is new enough; shims without a version behind them do not answer.
PYTHON ?= $(shell for python in python3.14 python3.13 python3.12 python3.11 python3; do \
	if $$python -c '$(CAN)' >/dev/null 2>&1; then echo $$python; break; fi; done)

IN_VENV := $(VENV)/bin/python
INSTALL := $(IN_VENV) -m pip install --disable-pip-version-check --no-input
CODE = $(wildcard waconsole tests benchmarks sample_db)
TYPES = $(IN_VENV) -m mypy $(CODE)
TESTS = $(IN_VENV) -m pytest -n 3 --dist worksteal

# Starts are quick where Python may keep what it compiled; empty means that it may.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help demo test slow crash sim bench check form format lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo     open the console on a private copy of the sample ledger"
	@echo "make test     lint, types and tests"
	@echo "make check    form and types only"
	@echo "make slow     the tests that take minutes"
	@echo "make crash    500 kills while messages leave, judged by WhatsApp's own record"
	@echo "make sim      thousands of simulated nights: a virtual clock, a hostile network"
	@echo "make bench    measure, each figure beside its baseline"
	@echo "make format   bring the code into the house's form"
	@echo "make lock     resolve requirements/*.txt again (LOCK=--upgrade for newer releases)"
	@echo "make clean    remove what the other commands made"
	@echo "PYTHON=...    which Python to build $(VENV) with; VENV=... where"

demo: $(VENV)/.run
	@$(VENV)/bin/waconsole demo

# Types are checked on one core while the tests begin on the other, and what they say comes last. In a tree
# that never ran, one process compiles what the tests load: three at once would each compile all of it.
test: form
	@$(TYPES) >$(VENV)/.types 2>&1 & types=$$!; \
	trap 'kill $$types 2>/dev/null; exit 130' INT TERM; \
	test -d tests/__pycache__ || $(IN_VENV) -m pytest --collect-only -qq >/dev/null; \
	echo "$(TESTS)"; $(TESTS); tested=$$?; \
	echo "$(TYPES)"; wait $$types; checked=$$?; cat $(VENV)/.types; \
	test $$tested -eq 0 && test $$checked -eq 0

check: form
	$(TYPES)

form: $(VENV)/.test
	$(IN_VENV) -m ruff check
	$(IN_VENV) -m ruff format --check

slow: $(VENV)/.test
	$(IN_VENV) -m pytest -m slow

crash: $(VENV)/.test
	$(IN_VENV) -m benchmarks.crash

sim: $(VENV)/.test
	$(IN_VENV) -m benchmarks.simulate

bench: $(VENV)/.test
	$(IN_VENV) -m pytest -m bench -s
	$(IN_VENV) -m benchmarks

format: $(VENV)/.test
	$(IN_VENV) -m ruff check --fix
	$(IN_VENV) -m ruff format

# One resolution for every Python from 3.11 on: run.txt is a part of test.txt, never another answer.
UV = $(IN_VENV) -m uv pip compile --no-config --universal --python-version 3.11 \
	--generate-hashes --default-index https://pypi.org/simple --custom-compile-command "make lock" \
	--no-annotate --quiet $(LOCK)

lock: $(VENV)/.made
	test ! -s requirements/lock.txt || $(INSTALL) --quiet --require-hashes -r requirements/lock.txt
	$(UV) pyproject.toml --group build --group test --output-file requirements/test.txt
	$(UV) pyproject.toml --group build --constraint requirements/test.txt --output-file requirements/run.txt
	$(UV) --group lock --output-file requirements/lock.txt

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find waconsole tests benchmarks sample_db -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# --- set-up: a stamp each, so that the second run is instant

# An environment that still works is kept; one whose Python is gone is made again.
$(VENV)/.made:
	@if ! $(IN_VENV) -c '$(CAN)' >/dev/null 2>&1; then \
		if test -z "$(PYTHON)" || ! "$(PYTHON)" -c '$(CAN)' >/dev/null 2>&1; then echo "$(NEEDS)" >&2; exit 1; fi; \
		echo "Making $(VENV) with $(PYTHON)"; \
		if test -f $(VENV)/pyvenv.cfg; then clear=--clear; fi; \
		"$(PYTHON)" -m venv $$clear $(VENV) || exit 1; \
	fi
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements/run.txt pyproject.toml
	$(INSTALL) --quiet --require-hashes -r requirements/run.txt
	$(INSTALL) --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# All of run.txt stands in test.txt, too: one round of pip does for both. Compiling all of it takes pip as
# long again; Python compiles the part that is loaded when it is.
$(VENV)/.test: $(VENV)/.made requirements/run.txt requirements/test.txt pyproject.toml
	$(INSTALL) --quiet --no-compile --require-hashes -r requirements/test.txt
	$(INSTALL) --quiet --no-deps --no-build-isolation --editable .
	@touch $(VENV)/.run $@
