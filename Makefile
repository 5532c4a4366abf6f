# make run: serve on port 6379.   make test: everything.   Both make what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMPILED := $(shell find src tests -name '*.pxd')

.PHONY: run build build-dev test test-all lint docs sanitize bench soak compatibility wheel clean

run: build
	$(BIN)/python -m kvik --port 6379

# The environment: what the build needs and, for everything but `run`, what the tests need.
$(VENV)/base: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'setuptools>=77' 'Cython>=3.1,<4'
	touch $@

$(VENV)/dev: $(VENV)/base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --editable '.[dev]'
	touch $(VENV)/installed $@

# The first time, this compiles everything; building in place after it finds nothing to do.
$(VENV)/installed: $(VENV)/base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --editable .
	touch $@

build: $(VENV)/installed
	$(BIN)/python setup.py --quiet build_ext --inplace

build-dev: $(VENV)/dev
	KVIK_TESTS=1 $(BIN)/python setup.py --quiet build_ext --inplace

test: build-dev
	$(BIN)/python -m pytest -n 2 --dist loadgroup

# The same on each CPython from 3.11 to 3.13 that is on the PATH or was installed by pyenv.
PYTHONS = $(foreach v,3.11 3.12 3.13,$(or $(shell python$v -c '' 2>/dev/null && command -v python$v),$(lastword \
	$(wildcard $(HOME)/.pyenv/versions/$v.*/bin/python$v))))

test-all:
	set -e; for python in $(PYTHONS); do $(MAKE) test PYTHON=$$python VENV=.venv-$$(basename $$python); done

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) docs

# The site, in build/site. A warning is an error.
docs: $(VENV)/dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

sanitize: build-dev
	bash scripts/sanitize.sh $(BIN)/python

bench: build-dev
	$(BIN)/python -m bench $(BENCH)

# A wheel in dist/ for machines without a compiler. LDSHARED: Python's own may hold paths of this machine.
wheel: $(VENV)/dev
	rm -rf build/lib* build/wheel dist
	LDSHARED='cc -shared' $(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation --wheel-dir build/wheel .
	PATH=$(abspath $(BIN)):$$PATH $(BIN)/python -m auditwheel repair --strip --wheel-dir dist build/wheel/*.whl
	$(BIN)/python -m auditwheel show dist/*.whl

soak: build-dev wheel
	$(BIN)/python -m pytest tests/packaging/check_wheel.py
	KVIK_MODEL_COMMANDS=1000000 $(BIN)/python -m pytest tests/model -n 2
	KVIK_LEAK_COMMANDS=1000000 $(BIN)/python -m pytest tests/model/test_leaks.py --timeout 3600
	KVIK_POLICY_SECONDS=60 $(BIN)/python -m pytest tests/model/test_policies.py -n 2
	KVIK_FUZZ_PAYLOADS=100000 $(BIN)/python -m pytest tests/faults/test_restore_fuzz.py -n 2 --timeout 3600
	KVIK_CORRUPTIONS=20000 $(BIN)/python -m pytest tests/faults/test_rdb_damage.py \
		tests/faults/test_aof_damage.py --timeout 1200
	KVIK_KILLS=200 $(BIN)/python -m pytest tests/faults/test_aof_kill.py
	$(BIN)/python -m pytest -m soak -n 2 --dist loadgroup
	$(BIN)/python -m scripts.redis_py_suite

# What runs on Kvik: makes docs/compatibility.md anew.
compatibility: build-dev
	$(BIN)/python -m pytest -n 2 --dist loadgroup -p tests.support.compatibility --compatibility build/uses.json tests/clients
	$(BIN)/python -m scripts.redis_py_suite --report build/redis-py.json
	$(BIN)/python -m scripts.compatibility_table build/uses.json build/redis-py.json > docs/compatibility.md

clean:
	rm -rf build $(VENV)
	find src tests \( -name '*.so' -o -name '__pycache__' \) -prune -exec rm -rf {} +
