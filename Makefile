# make run: serve on port 6379.   make test: everything.   Both make what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMPILED := $(shell find src tests -name '*.pxd')

.PHONY: run build test lint sanitize bench soak clean

run: build
	$(BIN)/python -m kvik --port 6379

# The environment: what the build needs and, for everything but `run`, what the tests need.
$(VENV)/base: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'setuptools>=77' 'Cython>=3.1,<4'
	touch $@

$(VENV)/dev: $(VENV)/base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --editable '.[dev]'
	touch $@

build: $(VENV)/base
	$(BIN)/python setup.py --quiet build_ext --inplace
	test -e $(VENV)/installed || $(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-build-isolation --no-deps --editable . && touch $(VENV)/installed

build-dev: $(VENV)/dev
	KVIK_TESTS=1 $(BIN)/python setup.py --quiet build_ext --inplace

test: build-dev
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/mypy

sanitize: build-dev
	bash scripts/sanitize.sh $(BIN)/python

bench: build-dev
	$(BIN)/python -m bench $(BENCH)

soak: build-dev
	KVIK_MODEL_COMMANDS=1000000 $(BIN)/python -m pytest tests/model -n 2
	KVIK_FUZZ_PAYLOADS=100000 $(BIN)/python -m pytest tests/faults/test_restore_fuzz.py -n 2 --timeout 3600
	KVIK_CORRUPTIONS=20000 $(BIN)/python -m pytest tests/faults/test_rdb_damage.py \
		tests/faults/test_aof_damage.py --timeout 1200
	KVIK_KILLS=200 $(BIN)/python -m pytest tests/faults/test_aof_kill.py

clean:
	rm -rf build $(VENV)
	find src tests \( -name '*.so' -o -name '__pycache__' \) -prune -exec rm -rf {} +
