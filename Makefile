# make demo     open the app on bundled data      make test    run the tests
# make check    format, lint, types, layers       make bench   measure against other tools
# make format   put the code in order             make clean   remove what was made
#
# Needs Python 3.11 or newer with its venv module, git and make. PYTHON=… chooses another Python,
# ARGS=… is passed on to the demo, the tests and the benchmarks.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test check bench format clean

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable

# The stamps say that pyproject.toml is installed as it is now: tusk alone, or with everything.
APP := $(VENV)/tusk-app.stamp
DEV := $(VENV)/tusk-dev.stamp

help:
	@sed -n 's/^# \{0,1\}//p; /^$$/q' Makefile

demo: $(APP)
	@$(BIN)/tusk demo $(ARGS)

test: $(DEV)
	$(BIN)/python -m tests $(ARGS)

check: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --quiet tests/test_imports.py tests/test_project.py

bench: $(DEV)
	$(BIN)/python -m benchmarks $(ARGS)

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(APP): pyproject.toml | $(BIN)/python
	@echo "Installing tusk into $(VENV) …" >&2
	@$(INSTALL) .
	@touch $@

# pip before 25.1 cannot read dependency groups, so the one list in pyproject.toml is read here.
$(DEV): pyproject.toml | $(BIN)/python
	@echo "Installing tusk and the development tools into $(VENV) …" >&2
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")' > $(VENV)/requirements-dev.txt
	@$(INSTALL) '.[all]' --requirement $(VENV)/requirements-dev.txt
	@touch $(APP) $@

# The first Python that is new enough and can make a virtual environment.
$(BIN)/python:
	@for python in $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python); do \
	    if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        echo "Making $(VENV) with $$($$python --version) …" >&2; \
	        $$python -m venv $(VENV) && exit 0; \
	        rm -rf $(VENV); \
	        exit 1; \
	    fi; \
	done; \
	echo "No Python 3.11 or newer with its venv and ensurepip modules was found." >&2; \
	echo "Install one (Debian and Ubuntu: apt install python3-venv), or say make PYTHON=/path/to/python3." >&2; \
	exit 1
