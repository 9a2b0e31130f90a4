# make book    the book: environment, chapters, checks, pages in _build/html/index.html
# make test    the whole test suite
# make pdf     the book on paper, printed by a Chromium: _build/cybergov.pdf
# make epub    the book for electronic readers: _build/cybergov.epub
# make student the edition for students, without solutions: _build/cybergov-student.zip
# make packet  the printed packet of a session, make packet SESSION=1: _build/seminar/
# make lab     JupyterLab, for worksheets and chapters
# make serve   the pages at http://localhost:8000, for a browser that wants a server
# make lock    resolve requirements.txt anew from pyproject.toml
# make clean   remove everything that is made

CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 python
PYTHON ?= $(shell for p in $(CANDIDATES); do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin

.PHONY: book pdf epub student packet lab test lint serve env lock clean
.DEFAULT_GOAL := book

book: env
	$(BIN)/cybergov build

pdf: env
	$(BIN)/cybergov pdf

epub: env
	$(BIN)/cybergov epub

student: env
	$(BIN)/cybergov student

SESSION ?= 1
packet: env
	$(BIN)/cybergov packet $(SESSION)

# It asks for no news and no updates, for nothing here needs the net.
lab: env
	@$(BIN)/jupyter labextension disable --level=sys_prefix "@jupyterlab/apputils-extension:announcements" 2>/dev/null
	$(BIN)/jupyter lab

# Two processes on two cores: threads of the linear algebra beside them only get in each other's way.
test: env lint
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

serve: book
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

lint: env
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# Made once, and made again when the lock differs from the one it was made from or the folder was
# moved. What it was made from is written last, so an interrupted installation is started afresh.
env:
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed, and none was found: make book PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@if ! cmp -s requirements.txt .venv/requirements.txt || [ "$$(cat .venv/folder 2>/dev/null)" != "$(CURDIR)" ]; then \
		echo "Making the environment in .venv ..." && rm -rf .venv && $(PYTHON) -m venv .venv && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt && \
		echo "$(CURDIR)" > .venv/folder && cp requirements.txt .venv/requirements.txt; fi
	@if ! cmp -s pyproject.toml .venv/pyproject.toml; then \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation -e . && \
		cp pyproject.toml .venv/pyproject.toml; fi

lock:
	$(PYTHON) -m venv _build/lock
	_build/lock/bin/python -m pip install --quiet uv==0.13.9
	_build/lock/bin/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
		--fork-strategy fewest --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
		--custom-compile-command "make lock" --output-file requirements.txt

clean:
	rm -rf _build .venv
