# Everything a person does with a checkout. `make help` lists it.

# The first of these that is new enough; `make PYTHON=... setup` names another.
PYTHON := $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
BIN := .venv/bin
CONNECTIONS ?= 3000
MODULE ?= kernel.money
EVERY ?= 1
PURE := src/hydria/kernel $(wildcard src/hydria/*/domain)

.DEFAULT_GOAL := help
.PHONY: help setup demo test ci lint types contracts unit tests browser format messages assets bench chaos docs mutation clean chromium

help: ## List what can be made
	@sed -nE 's/^([a-z]+):.*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: ## Prepare everything (seconds when nothing changed)
	@test -n "$(PYTHON)" || { echo "Hydria needs Python 3.11 or newer. Debian, Ubuntu: apt-get install python3"; exit 1; }
	@$(PYTHON) tools/setup.py

demo: setup ## Bill a demo town and open the desk [CONNECTIONS=3000] [FRESH=1]
	@exec $(BIN)/hydria demo --connections $(CONNECTIONS) $(if $(FRESH),--fresh)

test: setup lint types contracts chromium tests ## Lint, check types and contracts, run every test

ci: ## Run exactly what the integration server runs
	@bash .ci/run

lint: ## Check style and format
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet

types: ## Check the types: strictly in the kernel, every domain and the configuration
	$(BIN)/mypy $(PURE) src/hydria/config src/hydria/cli.py

contracts: ## Check who may import whom
	@$(BIN)/lint-imports > build/contracts.log || { cat build/contracts.log; exit 1; }

tests: ## Run the tests: the fast ones first, the browser last
	$(BIN)/pytest --numprocesses auto --dist worksteal --quiet

unit: ## Run only what needs no database
	$(BIN)/pytest tests/unit tests/golden src --quiet

browser: chromium ## Run only the browser tests
	$(BIN)/pytest -m browser --quiet

chromium:
	@$(BIN)/python tools/chromium.py

format: ## Format the Python and mend what can be mended
	$(BIN)/ruff check --fix --quiet
	$(BIN)/ruff format --quiet

messages: ## Bring the message catalogues up to date with the source
	$(BIN)/python -m hydria.config.translations update
	$(BIN)/python -m hydria.config.translations compile

assets: ## Build scripts, styles and icons anew
	@rm -f .stamps/assets && $(PYTHON) tools/setup.py

bench: setup ## Measure billing against this machine's floor [CONNECTIONS=3000]
	$(BIN)/hydria bench billing --connections $(CONNECTIONS)

chaos: setup ## Kill workers, server and database at random moments and verify
	$(BIN)/pytest -m chaos tests/chaos

docs: setup chromium ## Check the documents' links and worked tables; make the pictures of the guide
	$(BIN)/pytest tests/architecture tests/golden tests/browser/test_guide_pictures.py --quiet

mutation: setup ## Change a module in small ways and see which change no test notices [MODULE=kernel.money] [EVERY=1]
	@$(BIN)/python tools/mutation.py $(MODULE) --every $(EVERY)

clean: ## Remove what the tools made; the data folder stays
	rm -rf .venv .stamps build node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
