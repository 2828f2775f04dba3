# `make demo` and `make test` need Python 3.11 or newer and the package index; they make what they need in .venv.
# A different Python: make PYTHON=python3.12 test

PYTHON ?= python3
VENV ?= .venv
DEMO ?= asa-postfix-swaks
PYTEST ?=
PAIR := fixtures/pcaps/$(DEMO)/outside.pcap fixtures/pcaps/$(DEMO)/inside.pcap

BIN := $(VENV)/bin
BASE := $(VENV)/.base
DEV := $(VENV)/.dev
SETUP := setup.cfg pyproject.toml tools/environment.py

.DEFAULT_GOAL := help
.PHONY: help demo test lint types suite wheel heavy fuzz lowest bench fixtures docs clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

demo: $(BASE)  ## compare a shipped pair of captures and print the verdict
	@$(BIN)/pcapsleuth compare $(PAIR); case $$? in \
	0) echo "Exit status 0: nothing of severity warning or above. This pair should have some."; exit 1 ;; \
	1) echo "Exit status 1: something was changed, as told above. 0 would be nothing, 2 trouble." ;; \
	*) exit 2 ;; esac

test: lint types suite wheel  ## everything that takes minutes: lint, types, tests, the wheel and the demo from it

lint: $(DEV)  ## ruff
	$(BIN)/ruff check
	$(BIN)/ruff format --check --quiet

types: $(DEV)  ## mypy, strict
	$(BIN)/mypy

suite: $(DEV)  ## the tests; make suite PYTEST="-k name" for some of them
	$(BIN)/pytest $(PYTEST)

wheel: $(DEV)  ## build the wheel, install it into a clean environment, run the demo from it
	$(BIN)/pytest -m heavy tests/test_install.py

heavy: $(DEV)  ## the long tests, and the recording laboratory where it can run (root, Linux)
	$(BIN)/pytest -m heavy --ignore tests/test_install.py $(PYTEST)

fuzz: $(DEV)  ## a million damaged captures, and the property tests with thousands of examples each
	$(BIN)/python tools/fuzz.py 1000000
	HYPOTHESIS_PROFILE=fuzz $(BIN)/pytest -m hypothesis $(PYTEST)

lowest:  ## the tests with the oldest dependencies that setup.cfg admits
	@$(PYTHON) tools/environment.py $(VENV)-lowest dev,lab,notebook lowest
	$(VENV)-lowest/bin/pytest $(PYTEST)

bench: $(DEV)  ## how fast: decoding beside tcpdump on CAPTURE=file, pairing on made-up worlds
	$(if $(CAPTURE),$(BIN)/python benchmarks/decode.py $(CAPTURE))
	$(BIN)/python -m benchmarks.pairing

fixtures: $(DEV)  ## record every capture in fixtures/pcaps again (root, Linux)
	$(BIN)/python -m lab record --all

docs: $(DEV)  ## write the generated pages again
	$(BIN)/python tools/pages.py
	$(BIN)/python tools/device_pages.py

clean:  ## remove what make made
	rm -rf $(VENV) $(VENV)-lowest build dist out *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BASE): $(SETUP)
	@$(PYTHON) tools/environment.py $(VENV)
	@touch $@

$(DEV): $(BASE)
	@$(PYTHON) tools/environment.py $(VENV) dev,lab,notebook
	@touch $@
