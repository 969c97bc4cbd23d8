# Everything happens in .venv. Targets: demo test check check-newest check-servers promises servers benchmark clean
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
NO_INDEX := { echo "the installation failed (pip says why, above); the first run needs a package index" >&2; exit 1; }
PINNED := -c constraints.txt
WORKERS ?= 2

.PHONY: demo test check check-newest check-servers promises servers lint types layers coverage benchmark clean

demo: $(VENV)/.package
	@$(BIN)/python docs/examples/streaming.py

test: $(VENV)/.test
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup

check: lint types layers coverage

lint: $(VENV)/.lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.lint $(VENV)/.test
	$(BIN)/mypy
	$(BIN)/mypy tests/typing tests/server docs/examples examples benchmarks

layers: $(VENV)/.lint
	$(BIN)/lint-imports --no-cache

# The whole suite, and which lines it runs; what measures memory and time does so without.
coverage: $(VENV)/.test
	@rm -f .cache/coverage*
	@mkdir -p .cache
	@$(BIN)/coverage run -m pytest -q -m 'not measures' -n $(WORKERS) --dist loadgroup
	@$(BIN)/python -m pytest -q -m measures -n $(WORKERS) --dist loadgroup
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

# The suite on the newest release of everything, in an environment of its own.
check-newest:
	@$(MAKE) --no-print-directory test VENV=.venv-newest PINNED=--upgrade

# Against servers that nobody here wrote: installs aimock from npm and talks to it on loopback, on
# each wire.
check-servers: $(VENV)/.test
	@tests/servers/run $(BIN)/python

# Plays every fault to the client, and writes docs/explanation/promises.md from what was seen.
promises: $(VENV)/.test
	@$(BIN)/python -m tests.faults.report

# Writes docs/reference/servers.md from the rows of the servers.
servers: $(VENV)/.test
	@$(BIN)/python -m tests.docs.servers

benchmark: $(VENV)/.package
	@$(BIN)/python benchmarks/import.py
	@$(BIN)/python benchmarks/stream.py

$(VENV)/.created:
	@command -v $(PYTHON) >/dev/null || \
	  { echo "there is no '$(PYTHON)': install Python 3.11 or newer, or name it: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "llm-connectivity needs Python 3.11 or newer as '$(PYTHON)'; name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.package: $(VENV)/.created pyproject.toml constraints.txt
	@echo "installing llm-connectivity into $(VENV) ..." >&2
	@$(PIP) $(PINNED) -e . || $(NO_INDEX)
	@touch $@

$(VENV)/.test: $(VENV)/.package
	@echo "installing what the tests need ..." >&2
	@$(PIP) $(PINNED) -e '.[test]' || $(NO_INDEX)
	@touch $@

$(VENV)/.lint: $(VENV)/.package
	@echo "installing what the checks need ..." >&2
	@$(PIP) $(PINNED) -e '.[lint]' || $(NO_INDEX)
	@touch $@

clean:
	rm -rf .venv .venv-newest .cache build dist
