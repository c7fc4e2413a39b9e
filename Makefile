# Two commands set everything up: `make demo` and `make test`. Both make .venv.
PYTHON ?= python3
PIP_INSTALL = -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test test-without-torch check clean

# The base install, without torch; enhances the photograph that lies in docs/pictures.
demo: .venv/.base
	.venv/bin/claritas enhance docs/pictures/chelsea-small.png -o demo --scale 4 --overwrite
	@echo "Look at demo/chelsea-small.png, four times the size of docs/pictures/chelsea-small.png"

# All checks and all tests. Two workers share the machine: torch gets one thread in each.
test: check
	OMP_NUM_THREADS=1 .venv/bin/python -m pytest -n 2

check: .venv/.everything
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

# What needs no torch, in an environment that has none: the wall holds.
test-without-torch: .venv-without-torch/.installed
	.venv-without-torch/bin/python -m pytest -n 2 -m "not torch" tests

.venv/.base: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python $(PIP_INSTALL) .
	touch $@

.venv/.everything: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python $(PIP_INSTALL) --editable '.[train,heic,test,lint]'
	touch $@ .venv/.base

.venv-without-torch/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-without-torch
	.venv-without-torch/bin/python $(PIP_INSTALL) --editable '.[heic,test]'
	touch $@

clean:
	rm -rf .venv .venv-without-torch demo dist
