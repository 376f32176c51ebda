# Needs only Python 3.11, make and git. `make` lists the targets.

PYTHON := .venv/bin/python
UV := $(PYTHON) -m uv pip
ARGS ?=
PARALLEL := --dist loadscope --no-loadscope-reorder
IMAGE ?= kuvaka

# Without cached bytecode of our own code, every process starts half a second later.
unexport PYTHONDONTWRITEBYTECODE

# What mypy's Django plugin and makemigrations need to import the settings; they connect to nothing.
CHECK_ENV := env ENV_FILE=/dev/null DEBUG=true SECRET_KEY=checks-checks-checks-checks-checks \
	JWT_SIGNING_KEY=other-checks-other-checks-other-checks \
	DATABASE_URL=postgresql://none@127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1/0
OPENAPI := $(PYTHON) manage.py spectacular --skip-checks --validate --fail-on-warn

.PHONY: help run demo manage newman test faults mutants fuzz bench soak check schema openapi postman clients translations format vendor sbom audit requirements image image-test clean venv-run venv-dev
.DEFAULT_GOAL := help

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "  %-18s %s\n", $$1, $$2 }'

run: venv-run ## Start everything on this machine: http://127.0.0.1:8000, or PORT=8001 make run
	@exec $(PYTHON) -m config.dev.run

demo: ## Run a sample conversation against the running stack, over HTTP
	@test -e .venv/complete-requirements-run.txt || { echo "Kuvaka is not installed here yet; make run does that first." >&2; exit 1; }
	@exec $(PYTHON) -m config.dev.demo_client

manage: ## Run a management command on the running stack: make manage ARGS="check_stack" (see docs/commands.md)
	@test -e .venv/complete-requirements-run.txt || { echo "Kuvaka is not installed here yet; make run does that first." >&2; exit 1; }
	@exec $(PYTHON) -m config.dev.manage $(ARGS)

newman: venv-dev ## Run the Postman collection against the running stack (needs Node.js)
	@exec $(PYTHON) -m config.dev.postman --run

test: venv-dev ## Run the tests (about a quarter of an hour); make test ARGS="-k word" runs some of them
ifeq ($(ARGS),)
	@exec $(PYTHON) -m pytest -m "not faults" -n 3 $(PARALLEL)
else
	@exec $(PYTHON) -m pytest -m "not faults" $(ARGS)
endif

faults: venv-dev ## Run the slow tests: repeated kills and races, real timeouts, all migrations
	@exec $(PYTHON) -m pytest -m faults -n 2 $(PARALLEL) $(ARGS)

mutants: venv-dev ## Break one line at a time in a copy, and check that its tests fail (more than an hour)
	@exec $(PYTHON) -m tests.mutants $(ARGS)

fuzz: venv-dev ## Send tens of thousands of odd requests to a separate stack (about twenty minutes)
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-700} $(PYTHON) -m pytest -s -m faults tests/flows/test_any_input.py

soak: venv-dev ## Run an hour at twice the expected load, with a process killed every two minutes
	@exec $(PYTHON) -m bench.soak

bench: venv-dev ## Run the benchmarks: hot path, keys, replies, first token, rooms, the admin, outages, scrapes, the page, memory, an upgrade, streams (forty minutes, on an idle machine)
	@$(PYTHON) -m bench.hot_path
	@$(PYTHON) -m bench.keys
	@$(PYTHON) -m bench.replies
	@$(PYTHON) -m bench.first_token
	@$(PYTHON) -m bench.rooms
	@$(PYTHON) -m bench.admin
	@$(PYTHON) -m bench.outages
	@$(PYTHON) -m bench.scrape
	@$(PYTHON) -m bench.page
	@$(PYTHON) -m bench.page_answer
	@$(PYTHON) -m bench.memory
	@$(PYTHON) -m bench.upgrade
	@exec $(PYTHON) -m bench.streams

check: venv-dev ## Run the static checks: format, lint, layers, types (of Python and of the page), missing migrations, the OpenAPI document
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	.venv/bin/lint-imports --no-logo --no-cache
	$(CHECK_ENV) $(PYTHON) -m mypy .
	$(PYTHON) -m config.dev.check_page
	@# Its warnings about the missing database are shown only if it fails.
	@$(CHECK_ENV) $(PYTHON) manage.py makemigrations --check --dry-run 2>.venv/check.log \
		|| { cat .venv/check.log >&2; exit 1; }
	@$(CHECK_ENV) $(OPENAPI) --file .venv/openapi.yaml
	@diff -u docs/openapi.yaml .venv/openapi.yaml \
		|| { echo "docs/openapi.yaml is not up to date: run make openapi and make postman, and commit what they change." >&2; exit 1; }

schema: venv-run ## Update the schema snapshot after adding a migration (minutes)
	@exec $(CHECK_ENV) $(PYTHON) -m config.dev.schema

openapi: venv-dev ## Update docs/openapi.yaml after a change of the API
	@$(CHECK_ENV) $(OPENAPI) --file docs/openapi.yaml

postman: venv-dev ## Update the Postman collection in docs/postman from the API
	@$(CHECK_ENV) $(PYTHON) -m config.dev.postman

clients: venv-dev ## Make the clients of docs/clients from docs/openapi.yaml, and pack them: a wheel, and a tarball for npm
	@exec $(PYTHON) -m config.dev.clients

translations: venv-dev ## Collect the texts of the chat page into locale/, and compile their translations
	@exec $(PYTHON) -m config.dev.translations

format: venv-dev ## Format the code
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

vendor: ## Fetch the chat page's libraries again, at their pinned versions; make vendor ARGS=--update for the newest (needs npm)
	@exec python3 config/dev/vendor_page.py $(ARGS)

sbom: venv-dev ## List the packages of the image and the page, with their licences, in sbom.json (CycloneDX)
	@exec $(PYTHON) -m config.dev.sbom

audit: sbom ## Ask PyPI for known vulnerabilities of the image's packages (needs its advisories: a mirror may have none)
	@exec .venv/audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.txt

requirements: venv-dev ## Pin the requirements from the .in files, and resolve them for the other platforms
	@for name in requirements-uv requirements requirements-run requirements-dev requirements-audit bench/load/requirements bench/load/requirements-litellm; do \
		echo "Compiling $$name.txt"; \
		$(UV) compile -q --generate-hashes --no-strip-markers --python-version 3.11 --no-emit-index-url --no-header \
			$$name.in -o $$name.txt || exit 1; \
	done
	@for platform in x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu aarch64-apple-darwin; do \
		echo "Resolving for $$platform"; \
		$(UV) install -q --dry-run --require-hashes --only-binary :all: --python-platform $$platform \
			--target .venv/$$platform -r requirements-dev.txt || exit 1; \
	done

image: ## Build the container image
	docker build --tag $(IMAGE) .

image-test: venv-dev ## Build the image without Docker, and run all its processes (needs root, buildah, debootstrap, runc)
	@exec $(PYTHON) -m tests.image $(ARGS)

clean: ## Remove the virtual environment and the data of `make run` and `make test`
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m config.dev.embedded; fi
	rm -rf .venv .data staticfiles tests/newman/node_modules tests/openapi/node_modules tests/page/javascript/node_modules tests/ui_stream/node_modules tests/client_packages/fetch/node_modules docs/clients/typescript/node_modules sbom.json .mypy_cache .pytest_cache .ruff_cache .hypothesis

# See config/dev/install.py; an environment that is up to date costs nothing.
venv-run venv-dev:
	@for python in python3.11 python3 python; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then \
			exec "$$python" config/dev/install.py $(@:venv-%=requirements-%.txt); \
		fi; \
	done; \
	echo "Kuvaka needs Python 3.11; there is no python3.11 on the PATH, and python3 is not one." >&2; exit 1
