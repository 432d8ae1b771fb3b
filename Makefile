# The front door: each target sets up what it needs, and says so while it does.
# Needs only make, Python 3.11 or newer and a package index. Choose another Python with PYTHON=...

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo up down evm test check fmt bench evals faults crash monkey docs clean

BIN := .venv/bin
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | awk -F '\t' '{printf "make %-7s %s\n", $$1, $$2}'

demo: .venv/.runtime ## start everything, buy one example report, show the proofs; make down ends it
	@$(BIN)/caravan demo --keep

up: .venv/.runtime ## start the local stack in the background
	@$(BIN)/caravan up --detach

down: .venv/.runtime ## stop the local stack; its state stays in .caravan
	@$(BIN)/caravan down

evm: .venv/.runtime ## add a local EVM chain to the stack (needs npm); Solana needs nothing
	@$(PYTHON) deploy/install.py evm

test: .venv/.dev ## run all tests
	@$(BIN)/python -m pytest

check: .venv/.dev ## lint, types, import contracts, docstrings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@if $(BIN)/pyright --version >/dev/null 2>&1; then echo $(BIN)/pyright; $(BIN)/pyright; else \
		echo '*** SKIPPED: pyright cannot fetch its own program here; types were checked by mypy only ***'; fi
	$(BIN)/lint-imports
	$(BIN)/interrogate --quiet domain $$(find activities -name ports.py)

fmt: .venv/.dev ## format, and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.dev ## measure against plain Temporal, side by side
	@$(BIN)/python -m tests.bench

evals: .venv/.dev ## judge discovery and planning by labelled requests; each miss says why
	@$(BIN)/python -m tests.evals --misses

faults: .venv/.dev ## compare our payments with the plain x402 client under the same faults
	@$(BIN)/python -m tests.proofs.faults

crash: .venv/.dev ## kill the paying worker at every point of a payment and count the money
	@$(BIN)/python -m tests.proofs.crashes

monkey: .venv/.dev ## random plans under random faults and restarts, for as long as SECONDS says
	@$(BIN)/python -m tests.proofs.monkey --seconds $(or $(SECONDS),600)

docs: .venv/.dev ## write the generated reference pages
	@$(BIN)/python -m docs.generate

clean: ## delete caches and the virtual environment; never .caravan, which holds wallets
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.runtime .venv/.dev: pyproject.toml constraints.txt deploy/install.py
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer was not found. Install it (python.org,' \
		'apt install python3, brew install python), or name it: make PYTHON=/path/to/python3'; exit 1; }
	@$(PYTHON) deploy/install.py $(subst .,,$(@F))
