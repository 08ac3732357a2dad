# Two commands matter: `make demo` and `make test`. Each target sets itself up in .venv; needs Python >= 3.10 and PyPI.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PACKAGES := app core mt summarize eval glossaries

.PHONY: demo test test-torch check evaluate baseline bench bench-terms dist clean docs

demo: $(STAMP)
	$(BIN)/khabar translate examples/article.ar.txt --format text
	$(BIN)/khabar brief examples/article.ar.txt --max-words 90 --cite
	@mkdir -p demo
	$(BIN)/khabar translate examples/article.ar.txt --format html --output demo/article.html
	@echo "side by side page: demo/article.html"

test: $(STAMP)
	$(BIN)/python -m pytest

# Conversions against transformers: needs torch, which the default install does not have.
TORCH ?= torch
test-torch: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$(TORCH)"
	$(BIN)/python -m pytest -m torch

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/build_help.py --check

# The gate that a model, glossary or normaliser must pass; the report is kept in reports/.
evaluate: $(STAMP)
	$(BIN)/khabar selftest --quiet --gate fast --repeats 40
	$(BIN)/khabar evaluate --quiet --gate fast --baseline eval/baseline.json -o reports

baseline: $(STAMP)
	$(BIN)/khabar baseline update eval/baseline.json --gate fast --reason "$(REASON)"

bench: $(STAMP)
	$(BIN)/python benchmarks/run.py

# Every term of the term suite: with hints, and as a model that knows none.
bench-terms: $(STAMP)
	$(BIN)/python benchmarks/bench_terms.py
	$(BIN)/python benchmarks/bench_terms.py --no-hints --limit 150

dist: $(STAMP)
	$(BIN)/python -m pip install -q build
	$(BIN)/python -m build

docs: $(STAMP)
	$(BIN)/python docs/build_help.py

# The dependencies are pinned in no lock file on purpose: CI installs what a user would get today.
$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $@

clean:
	rm -rf $(VENV) dist build demo reports .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
