# What developers, CI and a first visitor type. Every target sets up what it needs, in this
# directory; a second call does only what is new. Needs make and Python 3.11 or newer.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$p && break; done)
JOBS ?= 2
PYTEST_ARGS ?=

BIN := .venv/bin
READY := .venv/.ready
AIRFLOW_READY := .venv-airflow/.ready
S3_READY := .venv/.s3-ready
FUZZ_READY := .venv/.fuzz-ready
AXE := tests/browser/node_modules/axe-core/axe.min.js
CHROMIUM ?= /usr/bin/chromium
# Tests of one file stay together: they share the demo that its fixture made.
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist loadfile
PIP := -m pip --disable-pip-version-check --no-input
# -qq: the pins say what is installed, and warnings of a machine's own pip settings help nobody.
INSTALL := $(PIP) install -qq --progress-bar off
# Root installs system packages itself; others need sudo without a password prompt.
AS_ROOT = $$(test "$$(id -u)" = 0 || echo sudo -n)

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all fuzz lint format bench constraints clean distclean browser nginx

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: $(READY) ## make .venv with the pinned packages and this checkout in it

# The days that `daytally demo` simulates. Exit code 3 says that something expected is missing:
# the demo leaves a log out on purpose.
DEMO_DAYS := --since 2026-03-16 --until 2026-03-29
demo: $(READY) ## simulate two weeks of logs in demo/ and report on them
	@test -e demo/truth.json || $(BIN)/daytally demo demo
	@$(BIN)/daytally --project demo run $(DEMO_DAYS) || test $$? -eq 3

test: $(READY) ## every test that needs no server, browser or system package
	@$(PYTEST) -m "not extra" $(PYTEST_ARGS)

# How many runs are killed at random moments, and a tenth as many in S3 if S3_DEATHS says nothing;
# `make test` kills six.
DEATHS ?= 60
test-all: $(READY) $(AIRFLOW_READY) $(S3_READY) browser nginx ## all tests, with Airflow, S3, nginx and a browser
	@CHROMIUM=$(CHROMIUM) DEATHS=$(DEATHS) EXAMPLES=100 $(PYTEST) $(PYTEST_ARGS)

# New random examples in each run, FUZZ times as many as in `make test-all`; a failure prints the
# line @reproduce_failure(…) that brings it back.
# Then atheris looks for GUIDED seconds for inputs that reach what no other one has reached in the kernels;
# it keeps them in .cache/fuzz, and what fails in .cache/fuzz-crash-…
FUZZ ?= 5
GUIDED ?= 600
fuzz: $(READY) $(FUZZ_READY) ## throw random lines and messages at the parser for minutes; FUZZ=50 GUIDED=6000: for hours
	@env -u CI EXAMPLES=$(FUZZ)00 $(BIN)/python -m pytest -n $(JOBS) -m "hypothesis and not extra" \
	  tests/decode tests/parse $(PYTEST_ARGS)
	@env TZ=Pacific/Chatham $(BIN)/python -m tests.fuzz.guided .cache/fuzz -max_len=600 -timeout=60 \
	  -artifact_prefix=.cache/fuzz- -print_final_stats=1 -max_total_time=$(GUIDED)

lint: $(READY) ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict etl

format: $(READY) ## let ruff put the code in order
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(READY) ## measure speed and memory (bench/)
	@for script in bench/ingest.py bench/measure.py bench/simulate.py bench/parse_kernel.py bench/peers.py; do echo "== $$script" && $(BIN)/python $$script || exit 1; done

# Pins made with the oldest Python hold on the newer ones. Only the index itself is asked, not
# what this machine's pip settings add, so that the hashes are everybody's.
COMPILE := env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null \
	.venv-constraints/bin/pip-compile --quiet --upgrade --generate-hashes --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --no-annotate

constraints: ## pin the newest versions that pyproject.toml allows
	@python3.11 -m venv --clear .venv-constraints
	@.venv-constraints/bin/python $(INSTALL) 'pip-tools>=7.5,<8'
	@$(COMPILE) --all-build-deps --all-extras -o .venv-constraints/daytally.txt pyproject.toml
	@$(COMPILE) -o .venv-constraints/airflow.txt tests/airflow/requirements.in
	@{ grep '^#' constraints.txt; cat .venv-constraints/daytally.txt; } > constraints.new
	@mv constraints.new constraints.txt
	@{ grep '^#' constraints-airflow.txt; cat .venv-constraints/airflow.txt; } > constraints.new
	@mv constraints.new constraints-airflow.txt
	@$(COMPILE) -o .venv-constraints/s3.txt tests/s3/requirements.in
	@{ grep '^#' constraints-s3.txt; cat .venv-constraints/s3.txt; } > constraints.new
	@mv constraints.new constraints-s3.txt
	@$(COMPILE) -o .venv-constraints/fuzz.txt tests/fuzz/requirements.in
	@{ grep '^#' constraints-fuzz.txt; cat .venv-constraints/fuzz.txt; } > constraints.new
	@mv constraints.new constraints-fuzz.txt

clean: ## remove the demo, caches and builds
	@rm -rf demo build dist .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find etl tests bench airflow_dags -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## also remove what was installed
	@rm -rf .venv .venv-airflow .venv-constraints tests/browser/node_modules

$(READY): constraints.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer with venv found." \
	  "Install one (Debian: apt-get install python3-venv), or: make PYTHON=/path/to/python" >&2; exit 2; }
	@$(BIN)/python -c '' 2>/dev/null || { echo "Making .venv with $(PYTHON)"; $(PYTHON) -m venv --clear .venv; }
	@echo "Installing pinned packages (about 250 MB the first time)"
	@$(BIN)/python $(INSTALL) --require-hashes -r constraints.txt
	@$(BIN)/python $(INSTALL) --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(AIRFLOW_READY): constraints-airflow.txt
	@.venv-airflow/bin/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv-airflow
	@echo "Installing Airflow into .venv-airflow"
	@.venv-airflow/bin/python $(INSTALL) --require-hashes -r constraints-airflow.txt
	@touch $@

$(FUZZ_READY): constraints-fuzz.txt $(READY)
	@$(BIN)/python $(INSTALL) --require-hashes -r constraints-fuzz.txt
	@touch $@

$(S3_READY): constraints-s3.txt $(READY)
	@echo "Installing S3 servers for the tests"
	@$(BIN)/python $(INSTALL) --require-hashes -r constraints-s3.txt
	@touch $@

browser: $(AXE)
	@test -x $(CHROMIUM) || { echo "Installing chromium"; \
	  $(AS_ROOT) apt-get update -qq && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive \
	  apt-get install -y -qq --no-install-recommends chromium >/dev/null; }

# Debian starts what it installs, unless this file says no; it goes again if it was not there.
POLICY := /usr/sbin/policy-rc.d
nginx:
	@test -x /usr/sbin/nginx -a -x /usr/sbin/logrotate || { echo "Installing nginx and logrotate"; \
	  $(AS_ROOT) apt-get update -qq && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive sh -c ' \
	  test -e $(POLICY) || { printf "#!/bin/sh\nexit 101\n" >$(POLICY); chmod +x $(POLICY); made=1; }; \
	  apt-get install -y -qq --no-install-recommends nginx-light logrotate >/dev/null; \
	  code=$$?; test -z "$$made" || rm $(POLICY); exit $$code'; }

$(AXE): tests/browser/package-lock.json
	@command -v npm >/dev/null || { echo "Installing npm"; \
	  $(AS_ROOT) apt-get update -qq && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive \
	  apt-get install -y -qq --no-install-recommends npm >/dev/null; }
	@npm ci --prefix tests/browser --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@
