# make run: set up, then crawl the bundled small web and show the creators.   make test: set up, then all tests.
.PHONY: run test check lint types floors setup dev lock clean

PYTHON ?= python3.11
PIP = .venv/bin/python -m pip --disable-pip-version-check
RUN_DATABASE = var/smallweb.db

run: setup
	@GRAPEVINE_DATABASE_URL=sqlite:///$(RUN_DATABASE) .venv/bin/python -m benchmarks.smallweb

test: dev
	.venv/bin/python -m pytest

check: dev lint types floors test

lint: dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: dev
	.venv/bin/mypy

floors: dev
	.venv/bin/lint-imports

setup: .venv/.run
dev: .venv/.dev

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.run: .venv/bin/python requirements.txt
	$(PIP) install --quiet --require-hashes -r requirements.txt
	@touch $@

.venv/.dev: .venv/.run requirements-dev.txt
	$(PIP) install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

lock: dev
	$(PIP) install --quiet uv
	.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements.txt requirements.in
	.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements-dev.txt requirements-dev.in

clean:
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache
