# make run: set up, then crawl the bundled small web and show the creators.   make test: set up, then all tests.
.PHONY: run test test-real worker check lint types floors setup dev lock clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PIP = .venv/bin/python -m pip --disable-pip-version-check
SCRAPY = .venv/bin/python -m scrapy
SMALLWEB = samples/smallweb
# `make run` keeps its index apart from yours, unless you name a database.
export GRAPEVINE_DATABASE_URL ?= $(if $(filter run,$(MAKECMDGOALS)),sqlite:///var/smallweb.db,)

run: setup
	@$(SCRAPY) migrate
	@$(SCRAPY) crawl blog -a seeds=$(SMALLWEB)/seeds.csv -s REPLAY=samples/smallweb.warc.gz -s LOG_FILE=var/smallweb.log \
	  || [ $$? -eq 1 ]  # 1: some sources failed, as some of the small web is made to
	@$(SCRAPY) score
	@$(SCRAPY) publish
	@$(SCRAPY) top

test: dev
	.venv/bin/python -m pytest -n 4 --dist loadfile

# Real servers (a Bluesky network, WordPress): needs npm, apt-get download, dpkg, PHP; ten minutes to set up.
test-real: dev
	.venv/bin/python -m tests.real.setup
	GRAPEVINE_REAL=$(CURDIR)/var/real .venv/bin/python -m pytest tests/real

# One of any number of workers, for a service with --jobs (PostgreSQL; docs/deploy).
worker: setup
	.venv/bin/python scheduler.py work

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
