# Every target first makes the one environment, .venv, from requirements.lock.
PYTHON ?= python3
BIN := .venv/bin
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test soak lint bench dist clean lock

# In a home of its own and without the user's own settings of darwinflow: the user's data is never touched, and the daemon
# is stopped whatever happens.
run: export DARWINFLOW_HOME := $(CURDIR)/build/run/home
run: .venv/.ready
	@$(BIN)/darwinflow daemon stop >/dev/null 2>&1 || true
	@rm -rf build/run && mkdir -p build/run
	@trap '$(BIN)/darwinflow daemon stop >/dev/null' EXIT; \
	  unset $$(env | sed -n 's/^\(DARWINFLOW_[A-Za-z0-9_]*\)=.*/\1/p' | grep -vx DARWINFLOW_HOME); \
	  $(BIN)/darwinflow demo build/run/workspace

# One process more than cores, for tests that wait.
test: lint
	$(BIN)/pytest -q -n $$($(BIN)/python -c 'import os; print(min(4, (os.cpu_count() or 1) + 1))') --dist worksteal

soak: .venv/.ready
	$(BIN)/python -m tests.soak

lint: .venv/.ready
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.ready
	$(BIN)/python -m tests.bench

dist: .venv/.ready
	$(BIN)/python -m build --no-isolation --outdir dist

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: $$($(PYTHON) --version) is too old; Python 3.11 or newer is needed"; \
	  echo "try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes --no-deps -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

# Writes requirements.lock anew from pyproject.toml; needs `pip install uv` first.
lock:
	uv pip compile --universal --generate-hashes --python-version 3.11 --group dev pyproject.toml \
	  --no-header --no-emit-index-url --no-annotate -o requirements.lock

clean:
	rm -rf .venv build dist
