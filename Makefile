# Everything sets itself up in .venv. Needs: python3 (3.11 or later, with venv) and make; `conformance` and `bench` also Go and root,
# e2e more (tests/e2e/README.md).

VENV := .venv
BIN := $(VENV)/bin
MINORS := 1.34 1.35 1.36 1.37

.PHONY: demo site test slow browser lint format conformance differential record bench fuzz dist clean
.PHONY: apply-test e2e e2e-processes e2e-lab e2e-conformance e2e-bench

demo: $(VENV)/run ## render an example into out/
	$(BIN)/kgen render examples/minimal.yaml -o out
	@echo
	@echo "Look at out/: kgen.json lists every file and object, with its place on the host and its phase."
	@echo "Edit examples/minimal.yaml and run make demo again: keys are kept, and what changed is said."

site: $(VENV)/dev ## browse the tree in out/, or an example, on http://127.0.0.1:8000/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

test: $(VENV)/dev ## the quick tests, which need no Go and no root
	$(BIN)/python -m pytest -n auto

browser: $(VENV)/browser ## the site in Chromium, as mkdocs serves it, and built by zensical; needs npm
	test -x /usr/bin/chromium || { apt-get update && apt-get install --yes --no-install-recommends chromium; }
	$(BIN)/python -m pytest -m browser tests/browser

slow: $(VENV)/dev ## more that needs no Go and no root: commands on the pages, whole sites, kills at every step, perturbation
	$(BIN)/python -m pytest -n auto -m slow

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
	PYTHONPATH=generator $(BIN)/python tools/roles/record.py --check
	$(BIN)/python -m pytest -m real

differential: $(VENV)/dev ## 10,000 random configurations a minor against the real kubeadm; an hour or more
	PYTHONPATH=tests $(BIN)/python -m conformance.build
	PYTHONPATH=tests:generator $(BIN)/python -m conformance.differential --count 9000 --mutants 1000 --seed $(or $(SEED),1)

record: $(VENV)/dev ## take what the real kubeadm does now as the recordings
	PYTHONPATH=tests $(BIN)/python -m conformance.build
	PYTHONPATH=tests $(BIN)/python -m conformance.record
	PYTHONPATH=tests $(BIN)/python -m conformance.rootless
	PYTHONPATH=tests:generator $(BIN)/python -m config.record

bench: $(VENV)/dev ## time and memory beside the real kubeadm; time of the site
	PYTHONPATH=tests $(BIN)/python -m conformance.build
	PYTHONPATH=tests:generator $(BIN)/python tests/bench/bench.py
	$(BIN)/python tests/bench/site.py

fuzz: $(VENV)/dev ## YAML, types and patches against small Go programs
	PYTHONPATH=generator $(BIN)/python tools/goyaml/fuzz.py
	PYTHONPATH=generator $(BIN)/python tools/gotypes/compare.py
	PYTHONPATH=generator $(BIN)/python tools/gopatch/compare_patches.py

apply-test: $(VENV)/dev ## kgen apply on machines of namespaces, with real SSH and real servers, and what goes wrong there
	PYTHONPATH=tests $(BIN)/python -m e2e.programs.build processes@1.37
	$(BIN)/python -m pytest -m lab tests/apply

e2e: e2e-processes e2e-lab ## boot real clusters from rendered trees

e2e-processes: $(VENV)/dev ## the rendered control plane as processes, MINORS of it
	PYTHONPATH=tests $(BIN)/python -m e2e.programs.build $(MINORS:%=processes@%)
	$(BIN)/python -m pytest -m e2e tests/e2e/test_processes.py -k "$$(echo $(MINORS) | sed 's/ / or /g')"

e2e-lab: $(VENV)/dev ## kgen apply over SSH to whole hosts, beside kubeadm init; the upstream suites
	PYTHONPATH=tests $(BIN)/python -m e2e.programs.build conformance
	$(BIN)/python -m pytest -m e2e tests/e2e/test_cluster.py tests/e2e/test_upstream.py tests/e2e/test_reset.py

e2e-conformance: $(VENV)/dev ## every upstream conformance spec that these hosts can run
	PYTHONPATH=tests $(BIN)/python -m e2e.programs.build conformance
	$(BIN)/python -m pytest -m e2e tests/e2e/test_conformance.py

e2e-bench: $(VENV)/dev ## time of kgen apply beside kubeadm init
	PYTHONPATH=tests $(BIN)/python -m e2e.programs.build conformance
	PYTHONPATH=tests $(BIN)/python -m e2e.bench

dist: $(VENV)/dev ## wheel and sdist
	$(BIN)/python -m build --outdir dist

clean: ## all that make made here, but not out/
	rm -rf $(VENV) .cache dist public tests/browser/node_modules

$(VENV)/run: pyproject.toml constraints.txt
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/dev: pyproject.toml constraints.txt
	test -x $(BIN)/python || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/run

$(VENV)/browser: $(VENV)/dev tests/browser/requirements.txt tests/browser/zensical.txt tests/browser/package-lock.json
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement tests/browser/requirements.txt
	test -x .cache/zensical/bin/python || python3 -m venv .cache/zensical
	.cache/zensical/bin/python -m pip install --quiet --disable-pip-version-check --requirement tests/browser/zensical.txt
	NODE_EXTRA_CA_CERTS=$${NODE_EXTRA_CA_CERTS-/etc/ssl/certs/ca-certificates.crt} npm ci --prefix tests/browser --no-audit --no-fund --loglevel error
	@touch $@
