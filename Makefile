# The few commands that people and .ci/run use alike. Each one sets up what it needs and fails with a non-zero exit.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

# Laws are tested on the machine code that users get; the others on code that is ready in a quarter of the time.
AS_SHIPPED := tests/laws tests/train
QUICKLY := --xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1

.DEFAULT_GOAL := help
.PHONY: help setup demo check test web test-web format lock clean

help:            ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY)  ## make .venv from the locked requirements (instant when up to date)

$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "shoal needs Python 3.11 or newer; this is %s. Choose another one: make setup PYTHON=python3.12" % sys.version.split()[0])'
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: setup      ## train on a real table of the repository, and say where model and report lie
	$(BIN)/shoal train examples/data/penguins.csv --target species

check: setup     ## format, lint, types, walls between the rooms, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/mkdocs build --strict --quiet --site-dir build/site

test: setup      ## every test, the examples of docs and docstrings included
	$(BIN)/python -m pytest -n 2 -q $(AS_SHIPPED)
	XLA_FLAGS="$(QUICKLY)" $(BIN)/python -m pytest -n 2 -q $(AS_SHIPPED:%=--ignore=%)
	@if command -v node >/dev/null && command -v npm >/dev/null; then $(MAKE) --no-print-directory test-web; \
	else echo "web/: not tested, there is no node here"; fi

web: web/node_modules/.ready   ## build the script of the pages into the package (needs node)
	cd web && npm run --silent check && npm run --silent build

test-web: web/node_modules/.ready
	cd web && npm run --silent check && node build.mjs --check && npm run --silent test

web/node_modules/.ready: web/package-lock.json
	cd web && npm ci --silent --ignore-scripts
	@touch $@

format: setup    ## put the source in the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup      ## resolve the dependencies anew (needs uv)
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --no-emit-index-url \
	    --no-annotate --generate-hashes --quiet --upgrade --custom-compile-command 'make lock' --output-file requirements/dev.txt

clean:           ## remove what was built, runs and caches included
	rm -rf $(VENV) build dist runs web/node_modules .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
