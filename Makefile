# Every job of the project; `make` alone lists them.  ARGS goes to the command: make build ARGS=-q
# No GNU make newer than 3.81 and no GNU tool is needed, so that macOS will do.

PYTHON =
ARGS =
page =

PY = .venv/bin/python
QUIET = $(filter -q --quiet,$(ARGS))
SETUP = PYTHON='$(PYTHON)' sh tools/setup.sh $(QUIET)

.PHONY: help serve build offline check test new bench setup lock clean distclean

help: ## this list
	@echo 'Youju 有据: a deep-learning reference in Chinese and English, every result computed'
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'Each sets up .venv first, where that is missing or out of date.'
	@echo 'Options: ARGS="..." for the command (make build ARGS=-q), PYTHON=... for another Python.'

serve: ## build the site and serve it on http://127.0.0.1:8000, renewed at each change
	@$(SETUP)
	@$(PY) -m gen serve $(ARGS)

build: ## build the site with its PDFs into site/
	@$(SETUP)
	@$(PY) -m gen build $(ARGS)

offline: ## build the site and pack it for reading from a folder: build/youju-offline.zip
	@$(SETUP)
	@$(PY) -m gen offline $(ARGS)

check: ## lint, types, unbound numbers, parity, links: fast, each failure says its fix
	@$(SETUP) --dev
	@$(PY) -m gen check $(ARGS)

test: ## run every test; a part of them: make test ARGS="tests/gen -k stitch"
	@$(SETUP) --dev
	@$(PY) -m tools.chromium --install
	@$(PY) -m pytest -n auto --maxprocesses=2 --durations=15 $(ARGS)

new: ## begin a concept, its snippet, test and two pages: make new page=<topic>/<slug>
	@$(SETUP)
	@$(PY) -m gen new '$(page)' $(ARGS)

bench: ## time the build against three others, and print the table
	@$(SETUP)
	@$(PY) -m gen bench $(ARGS)

setup: ## only set up .venv and node_modules, with what the tests need
	@$(SETUP) --dev

lock: ## write the requirement files anew from their .in files (newest: ARGS=--upgrade)
	@$(SETUP)
	@$(PY) -m tools.lock $(ARGS)

clean: ## remove build/ and site/
	rm -rf build site

distclean: clean ## remove also .venv and node_modules
	rm -rf .venv node_modules
