# Everything runs from .venv, which is built here from the lock files; nothing is taken from outside of it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
# Python compiles what it imports; compiling all that nobody imports (phonenumbers' geography) would take half the time.
# The lock names everything: there is nothing left to find out.
INSTALL := $(PIP) install --no-compile --no-deps --require-hashes --only-binary :all:
UV_VERSION := 0.13.9
COVERAGE_AT_LEAST := 95

# One worker more than there are processors: a test that waits for its bot leaves one idle. Each imports everything anew.
WORKERS = $$(( $$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN) + 1 ))

export PYTHONNOUSERSITE := 1
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTEST_ADDOPTS PYTEST_PLUGINS COVERAGE_FILE COVERAGE_PROCESS_START MYPYPATH
# Without compiled files each bot that the tests start would compile every library anew.
unexport PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX

.PHONY: help demo test check prove browser pictures bench simulate breaks lock clean
.DELETE_ON_ERROR:

help:
	@echo "make demo    the whole story on stand-ins of Slack and LigdiCash: no account, no key; LOCALE=fr in French"
	@echo "make test    the tests, but for the thorough ones"
	@echo "make check   ruff, mypy --strict, import-linter"
	@echo "make prove   all tests with branch coverage, the thorough ones too, and those that take longer"
	@echo "make bench   the bot beside bare baselines, as ratios"
	@echo "make simulate SEEDS=500   worlds full of trouble, each held against the laws; SEED=n plays one again"
	@echo "make breaks  the laws against deliberate breaks of the code: each must be found"
	@echo "make browser the page of the demo alone, driven in a real Chromium (part of make test)"
	@echo "make pictures  docs/pictures anew, drawn from a real run in Chromium"
	@echo "make lock    the lock files anew, from pyproject.toml"
	@echo "make clean   away with .venv and everything that tools left behind"

demo: $(VENV)/.runtime
	@$(BIN)/python -m bot demo $(if $(LOCALE),--locale $(LOCALE))

test: $(VENV)/.dev
	@$(BIN)/python -m pytest -m "not prove and not thorough" -n $(WORKERS) --dist loadfile

check: $(VENV)/.dev
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m mypy --strict bot handlers storage tests
	@$(BIN)/lint-imports

# What takes longer: first the same tests and the thorough ones with branch coverage, which costs half their time again.
prove: $(VENV)/.dev
	@rm -f .coverage .coverage.*
	@$(BIN)/python -m coverage run -m pytest -m "not prove" -n $(WORKERS) --dist loadfile
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report --fail-under=$(COVERAGE_AT_LEAST)
	@$(BIN)/python -m pytest -m prove

browser: $(VENV)/.dev
	@$(BIN)/python -m pytest tests/page/test_browser_*.py

pictures: $(VENV)/.dev
	@$(BIN)/python -m tests.page.pictures

bench: $(VENV)/.runtime
	@$(BIN)/python -m tests.bench

SEEDS ?= 500
simulate: $(VENV)/.dev
	@$(BIN)/python -m tests.laws.simulate $(if $(SEED),--seed $(SEED),--seeds $(SEEDS))

breaks: $(VENV)/.dev
	@$(BIN)/python -m tests.laws.breaks

$(VENV)/.runtime: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Payout Bot needs Python 3.11 or newer, and '$(PYTHON)' is not: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Payout Bot needs Python's venv module: apt install python3-venv"; exit 1; }
	@echo "Setting up $(VENV) ..."
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) -r requirements.txt
	@$(PIP) install --no-build-isolation --no-index --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@$(INSTALL) -r requirements-dev.txt
	@touch $@

# One lock for Python 3.11 to 3.13 and each system; with hashes, without addresses.
LOCK = $(VENV)-lock/bin/uv --no-config --quiet pip compile pyproject.toml --universal --python-version 3.11 \
	--upgrade --generate-hashes --no-annotate --no-header --no-emit-index-url
lock:
	@$(PYTHON) -m venv --clear $(VENV)-lock
	@$(VENV)-lock/bin/python -m pip --disable-pip-version-check -qq install uv==$(UV_VERSION)
	@$(LOCK) --group build --output-file requirements.txt
	@$(LOCK) --group dev --constraint requirements.txt --output-file requirements-dev.txt
	@rm -rf $(VENV)-lock

clean:
	@rm -rf $(VENV) $(VENV)-lock .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis \
		.import_linter_cache .bench-* build dist *.egg-info
	@find bot handlers storage tests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
