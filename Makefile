# Every target does its own set-up: on Debian and Ubuntu, git and make are enough to begin.
#   make demo SCENE=...             which scene the demo shows
#   make install PROFILE_DIR=...    which QGIS profile gets the plugin
#   make figures DATA=...           the folder of real data that some figures need
#   make ... PYTHON=...             the Python that can 'import qgis'
#   make test TORCH_INDEX=https://download.pytorch.org/whl/cpu    small, CPU-only PyTorch
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= /usr/bin/python3
VENV := .venv
PY := $(VENV)/bin/python
SET_UP := $(PYTHON) tools/set_up.py
LINK := $(PYTHON) tools/link_plugin.py
APT_GET := $(if $(filter 0,$(shell id -u)),,sudo -n) apt-get
PROFILE := $(if $(PROFILE_DIR),--profile "$(PROFILE_DIR)")
export QT_QPA_PLATFORM ?= offscreen
export TORCH_INDEX

.PHONY: help setup demo test test-engine lint docs figures train bench install uninstall zip clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/run ## Install QGIS and what the plugin needs to run

demo: $(VENV)/run ## Detect landslides in a sample scene and draw the result
	$(PY) -m landslip.demo $(if $(SCENE),--scene $(SCENE))

# Tests run side by side: threads of their own besides would only wait for each other.
test test-engine: export OMP_NUM_THREADS = 1

test: lint ## Check style and types, run all tests
	$(PY) -m pytest -n 2

test-engine: ## Run the tests that need no QGIS
	$(SET_UP) dev
	$(PY) -m pytest -n 2 --ignore=tests/qgis

lint: $(VENV)/dev ## Check style and types only
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

docs: $(VENV)/dev ## Build the manual into build/manual
	$(PY) -m mkdocs build --quiet
	@echo "Open build/manual/index.html"

figures: $(VENV)/dev ## Draw the figures of the README and the manual
	$(PY) tools/make_figures.py $(if $(DATA),--data "$(DATA)")

train: $(VENV)/dev ## Train a network: make train ARGS="--help"
	$(PY) -m landslip.training train $(ARGS)

bench: $(VENV)/dev ## Measure speed and accuracy
	@for script in benchmarks/bench_*.py; do echo "$$script"; $(PY) "$$script" || exit 1; done

install: $(VENV)/qgis ## Link the plugin into the QGIS profile, with the packages it needs
	$(LINK) install $(PROFILE)

uninstall: ## Take the plugin out of the QGIS profile
	$(LINK) uninstall $(PROFILE)

zip: ## Pack build/landslip.zip for plugins.qgis.org
	$(PYTHON) tools/package_plugin.py

clean: ## Remove everything that make made, except results
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Each file says that a step of the set-up is done.
$(VENV)/qgis: tools/set_up.py
	@command -v $(PYTHON) >/dev/null || { $(APT_GET) update -q && $(APT_GET) install -q -y python3; } \
		|| { echo "Landslip needs Python 3: install it, or say where it is with PYTHON=..."; exit 1; }
	$(SET_UP) qgis
	@mkdir -p $(VENV) && touch $@

$(VENV)/run $(VENV)/dev: $(VENV)/qgis pyproject.toml constraints.txt
	$(SET_UP) $(notdir $@)
	@touch $@
