"""The library has floors: a module imports only from floors below its own."""

import ast

import pytest

from .conftest import ROOT

LIBRARY = ROOT / "lib/cybergov"
FLOORS = [
    {"errors", "files", "kernels"},
    {"altered", "cluster"},
    {"data"},
    {"measures", "checks", "states"},
    {"institutions"},
    {"consumption"},
    {"tables", "plain", "references"},
    {"charts", "codebook", "glossary"},
    {"findings", "cases", "profiles"},
    {"exercises", "slices", "questions"},
    {"run", "comparison", "ledger", "sheets"},
    {"robustness", "takeaway", "places", "sessions"},
    {"epub", "paper", "material", "student"},
    {"slides", "briefs"},
    {"packet"},
    {"commands"},
    {"teaching"},
    {"pages", "cli", "warm"},
    {"__main__"},
]


def floor_of(module: str) -> int:
    (found,) = [number for number, modules in enumerate(FLOORS) if module in modules]
    return found


def imported(path):
    """Modules of the library that a file imports: ("data", ...)."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "cybergov":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cybergov."):
            yield str(node.module).split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (
                alias.name.split(".")[1] for alias in node.names if alias.name.startswith("cybergov.")
            )


@pytest.mark.parametrize(
    "path", sorted(LIBRARY.rglob("*.py")), ids=lambda path: path.relative_to(LIBRARY).as_posix()
)
def test_imports_lead_downward(path):
    place = path.relative_to(LIBRARY).parts[0].removesuffix(".py")
    if place == "__init__":
        assert list(imported(path)) == []
        return
    for module in imported(path):
        # Measures may share helpers among themselves.
        assert floor_of(module) < floor_of(place) or module == place == "measures", f"{path} imports {module}"


def test_measures_neither_read_files_nor_draw():
    for path in (LIBRARY / "measures").glob("*.py"):
        text = path.read_text()
        for word in ("open(", "read_csv", "altair", "pathlib", "print("):
            assert word not in text.replace("open_by_year(", ""), f"{path} holds {word}"


def test_chapters_load_tables_only_through_the_library():
    for path in (ROOT / "chapters").rglob("*.md"):
        for word in ("read_csv", "open(", "import requests", "urllib", "http.client"):
            assert word not in path.read_text(), f"{path} holds {word}"
