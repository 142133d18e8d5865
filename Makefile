# make app    sets everything up in .venv and starts the app
# make test   sets everything up and runs every check and test
# make wheel  writes dist/taskarith-….whl
# Tests run two files at a time: a file's tests share servers, so they stay in one process. Three
# take as long on two cores. The longest files start first (tests/longest.py).
# Both are cheap to repeat: a stamp in .venv remembers what is installed.

VENV := .venv
PY   := $(VENV)/bin/python
PIP  := $(PY) -m pip install --disable-pip-version-check --constraint constraints.txt
SETUP := pyproject.toml requirements.txt constraints.txt

.PHONY: app test format wheel chromium node javascript

app: $(VENV)/app-installed
	$(PY) app.py

test: $(VENV)/test-installed chromium javascript
	$(PY) -m ruff format --check
	$(PY) -m ruff check
	$(PY) -m mypy
	$(PY) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# One file that `pip install` takes anywhere, suites included; then `taskarith app` opens the page.
wheel: $(VENV)/app-installed
	rm -rf build dist
	$(PY) -m pip wheel --disable-pip-version-check --no-deps --wheel-dir dist .

format: $(VENV)/test-installed
	$(PY) -m ruff format
	$(PY) -m ruff check --fix

# One pip call sees torch, torchvision and their pins together, so that pip settles on one matching
# pair, and on a CPU build of torch where it is shown one (a local version "+cpu" sorts higher).
$(VENV)/app-installed: $(SETUP) | $(PY)
	$(PIP) --editable .
	@touch $@

$(VENV)/test-installed: $(SETUP) | $(PY)
	$(PIP) --editable '.[test]'
	@touch $@ $(VENV)/app-installed

# Any Python from 3.11 to 3.13 will do. Debian ships `python3` without venv: as root, get it.
$(PY):
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	    2>/dev/null || continue; \
	  echo "setting up $(VENV) with $$($$python --version)"; \
	  $$python -m venv $(VENV) && exit 0; \
	  rm -rf $(VENV); \
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null || { \
	    echo "$$python cannot make a virtual environment: install its venv package (Debian and" \
	      "Ubuntu: python3-venv), then run make again." >&2; exit 1; }; \
	  apt-get update && apt-get install --yes python3-venv && $$python -m venv $(VENV); exit; \
	done; \
	echo "Python 3.11, 3.12 or 3.13 is needed; python3 here is: $$(python3 --version 2>&1)." \
	  "Install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1

# The browser's part is checked by Node's tools: formatter, linter, types. Its own tests run with
# pytest. Nothing of it is served. Without Node they skip and print why.
javascript: node
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory node_modules/installed \
	  && npm run --silent check; \
	else echo "no npm on the PATH: the checks of taskarith/ui/js skip."; fi

node_modules/installed: package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

node:
	@if command -v npm >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && grep -qx 'ID=debian' /etc/os-release 2>/dev/null; then \
	  apt-get update && apt-get install --yes --no-install-recommends nodejs npm \
	    || echo "Node could not be installed: the checks of taskarith/ui/js will skip."; fi

# The browser tests need a Chromium. Without one they skip and print why. Debian's headless shell is
# the same engine without windows, which cost a page of a test half of its time; it has no camera.
chromium:
	@if command -v chromium-headless-shell >/dev/null && command -v chromium >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && grep -qx 'ID=debian' /etc/os-release 2>/dev/null; then \
	  apt-get update && apt-get install --yes --no-install-recommends chromium-headless-shell \
	    chromium || echo "Chromium could not be installed: tests may skip."; \
	elif command -v chromium >/dev/null || command -v google-chrome >/dev/null; then :; \
	else echo "no Chromium on the PATH: the browser tests will skip."; fi
