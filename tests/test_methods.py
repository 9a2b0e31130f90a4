"""The pages on methods: every public measure has its place there, and the heading of a page exists."""

import importlib
import inspect
import pkgutil
import re

import pytest

from cybergov import measures

from .conftest import ROOT

PAGES = ROOT / "chapters/reference/methods"
#: Modules that share the page of another.
PAGE_OF = {"scaling": "voting", "trends": "regression"}
MODULES = [module.name for module in pkgutil.iter_modules(measures.__path__)]


def public(name):
    module = importlib.import_module(f"cybergov.measures.{name}")
    for found, thing in inspect.getmembers(module, inspect.isfunction):
        if thing.__module__ == module.__name__ and not found.startswith("_"):
            yield found, thing


@pytest.mark.parametrize("name", MODULES)
def test_every_measure_is_on_its_page(name):
    text = (PAGES / f"{PAGE_OF.get(name, name)}.md").read_text()
    missing = [measure for measure, _ in public(name) if not re.search(rf"\b{measure}\b", text)]
    assert not missing, f"{name} has no word on {missing}"


@pytest.mark.parametrize("name", MODULES)
def test_every_measure_documents_what_it_takes_gives_and_refuses(name):
    sections = {
        measure: [
            part
            for part in ("Parameters", "Returns", "Raises")
            if f"{part}\n---" not in (inspect.getdoc(function) or "")
        ]
        for measure, function in public(name)
    }
    assert not {measure: missing for measure, missing in sections.items() if missing}


def test_the_overview_knows_every_module():
    text = (PAGES / "index.md").read_text()
    assert all(f'"{name}": "{PAGE_OF.get(name, name)}"' in text for name in MODULES)
