# Needs Python 3.11+, git and make; everything else is put into .venv by the first target.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.PHONY: help demo stories test lint format bench lock docs clean

help:
	@echo "make demo     the main job on embedded local clouds"
	@echo "make stories  five stories from the chip's side: CSR, fleet provisioning, tokens, logs, DPS"
	@echo "make test     all tests"
	@echo "make lint     ruff and mypy"
	@echo "make bench    speed, memory and start-up against their limits"
	@echo "make lock     resolve the dependencies anew into requirements.lock"
	@echo "make docs     write the generated pages of docs/ anew"

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: Python 3.11 or newer is needed (set PYTHON=python3.12, say)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)
	$(BIN)/python examples/demo.py

stories: $(READY)
	$(BIN)/python examples/stories/run.py

# Four processes on two cores: many tests wait for emulators and clocks.
test: $(READY)
	$(BIN)/python -m pytest -n 4 --dist worksteal -m "not slow" $(PYTEST_ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	$(BIN)/python -m bench $(BENCH_ARGS)
	$(BIN)/python -m bench.pages
	$(BIN)/python -m bench.simulation.pages

lock:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
		--python-version 3.11 --extra dev --output-file requirements.lock pyproject.toml

docs: $(READY)
	$(BIN)/python -m tng.findings.pages > docs/checks.md
	$(BIN)/python -m tng.cli.pages > docs/commands.md
	$(BIN)/python -m tng.report.schemas docs/schemas
	$(BIN)/python -m bench.pages
	$(BIN)/python -m bench.simulation.pages

clean:
	rm -rf $(VENV) demo
