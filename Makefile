# Everything sets itself up in .venv. Needs: python3 (3.11 or later, with venv) and make; `conformance` and `bench` also Go and root.

VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo site test lint format conformance differential record bench fuzz dist clean

demo: $(VENV)/run ## render an example into out/
	$(BIN)/kgen render examples/minimal.yaml -o out
	@echo
	@echo "Look at out/: kgen.json lists every file and object, with its place on the host and its phase."
	@echo "Edit examples/minimal.yaml and run make demo again: keys are kept, and what changed is said."

site: $(VENV)/dev ## browse the tree in out/, or an example, on http://127.0.0.1:8000/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

test: $(VENV)/dev ## every test that needs no Go and no root
	$(BIN)/python -m pytest -n auto

lint: $(VENV)/dev ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/dev ## lay out the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

conformance: $(VENV)/dev ## build the real kubeadm of every minor, record again, fail on any drift; verdicts and schemas too
	PYTHONPATH=tests $(BIN)/python -m conformance.build
	PYTHONPATH=tests $(BIN)/python -m conformance.record --check
	PYTHONPATH=tests $(BIN)/python -m conformance.rootless --check
	PYTHONPATH=tests:generator $(BIN)/python -m conformance.verdicts
	PYTHONPATH=tests:generator $(BIN)/python -m conformance.differential --count 500 --seed 1
	PYTHONPATH=generator $(BIN)/python tools/gotypes/generate.py --check
	$(BIN)/python -m pytest -m real

differential: $(VENV)/dev ## 10,000 random configurations a minor against the real kubeadm; an hour or more
	PYTHONPATH=tests $(BIN)/python -m conformance.build
	PYTHONPATH=tests:generator $(BIN)/python -m conformance.differential --count 9000 --mutants 1000 --seed $(or $(SEED),1)

record: $(VENV)/dev ## take what the real kubeadm does now as the recordings
	PYTHONPATH=tests $(BIN)/python -m conformance.build
	PYTHONPATH=tests $(BIN)/python -m conformance.record
	PYTHONPATH=tests $(BIN)/python -m conformance.rootless
	PYTHONPATH=tests:generator $(BIN)/python -m config.record

bench: $(VENV)/dev ## time and memory beside the real kubeadm
	PYTHONPATH=tests $(BIN)/python -m conformance.build
	PYTHONPATH=tests:generator $(BIN)/python tests/bench/bench.py

fuzz: $(VENV)/dev ## YAML, types and patches against small Go programs
	PYTHONPATH=generator $(BIN)/python tools/goyaml/fuzz.py
	PYTHONPATH=generator $(BIN)/python tools/gotypes/compare.py
	PYTHONPATH=generator $(BIN)/python tools/gopatch/compare_patches.py

dist: $(VENV)/dev ## wheel and sdist
	$(BIN)/python -m build --outdir dist

clean: ## all that make made here, but not out/
	rm -rf $(VENV) .cache dist public

$(VENV)/run: pyproject.toml constraints.txt
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/dev: pyproject.toml constraints.txt
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/run
