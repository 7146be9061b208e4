# `make run` and `make test` set up all they need in .venv; nothing but Python 3.11 or later and make is asked for.

PYTHON ?= python3
BIN := $(if $(filter Windows_NT,$(OS)),.venv/Scripts,.venv/bin)

.PHONY: run test slow fuzz cross matrix coverage lint golden pictures docs studio site clean

run: .venv/installed
	$(BIN)/cnnspec compile resnet18
	$(BIN)/cnnspec summary resnet18
	mkdir -p out
	$(BIN)/cnnspec render resnet18 -o out/resnet18.svg

test: .venv/installed-dev
	$(BIN)/python -m pytest -q -n 2

slow: .venv/installed-dev
	$(BIN)/python -m pip install --quiet --group runtimes
	$(BIN)/python -m pytest -q -m slow --hypothesis-profile=explore

fuzz: .venv/installed-dev
	$(BIN)/python -m tests.fuzz

cross: .venv/installed-dev
	$(BIN)/python -m tests.cross --count 20000 --every --table tests/cross/table.json

coverage: .venv/installed-dev
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -q -n 2 -m "not slow"
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage json --quiet -o .coverage.json
	$(BIN)/python tests/coverage_floor.py .coverage.json

matrix:
	$(PYTHON) tests/matrix.py

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python

golden: .venv/installed-dev
	$(BIN)/python -m pytest -q --update-golden

pictures: .venv/installed-dev
	$(BIN)/cnnspec render examples/tiny.cnn -o docs/images/tiny.svg --view volumes
	$(BIN)/cnnspec render unet2015 -o docs/images/unet.svg --view volumes
	$(BIN)/cnnspec render resnet50 -o docs/images/resnet50.svg --color-by macs
	$(BIN)/cnnspec render googlenet -o docs/images/googlenet.svg
	-$(BIN)/cnnspec diff resnet18 resnet18d -o docs/images/diff.svg
	$(BIN)/python docs/screenshot.py

docs: .venv/installed-dev
	$(BIN)/python docs/generate.py
	$(BIN)/mkdocs build --strict

# The studio as a folder that needs no server; npm is needed to build it, not to use it.
studio: .venv/installed-dev
	cd editors/studio && npm install --no-audit --no-fund && npm run build
	$(BIN)/python editors/studio/static.py site/studio

# The site as it is published: the documents, and the studio in them.
site: docs studio

clean:
	rm -rf .venv out site build dist *.egg-info

.venv/pyvenv.cfg:
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "cnnspec needs Python 3.11 or later: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/pyvenv.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

# Groups of dependencies need pip 25.1; torchvision, timm and facenet-pytorch would bring a torch of their own.
.venv/installed-dev: .venv/pyvenv.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[all]' --group dev
	$(BIN)/python -m pip install --quiet --no-deps torchvision==0.28.0 timm==1.0.31 facenet-pytorch==2.6.0
	touch $@ .venv/installed
