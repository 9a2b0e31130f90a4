"""Imports once what chapters and the processes that run them import; for the fork server alone.

Nothing imports this module: `run` names it to multiprocessing's fork server, whose forks run the
chapters and become their kernels (see `kernels`).
"""

import builtins
import contextlib
import gc
import importlib
import os
from types import SimpleNamespace

from cybergov import kernels

MODULES = (
    # What a chapter imports
    "altair",
    "igraph",
    "networkx",
    "scipy.stats",
    "statsmodels.api",
    "statsmodels.formula.api",
    "cybergov.cases",
    "cybergov.charts",
    "cybergov.codebook",
    "cybergov.consumption",
    "cybergov.findings",
    "cybergov.institutions",
    "cybergov.sheets",
    "cybergov.states",
    "cybergov.tables",
    "cybergov.tally",
    # What runs it
    "cybergov.run",
    "nbclient",
    "papermill",
    "ipykernel.kernelapp",
    # What a kernel imports when it starts, after its module
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "ipykernel.debugger",
)

os.environ |= kernels.ONE_THREAD
# Pandas asks when it is imported whether that is in a kernel; in a terminal it shows fewer columns.
vars(builtins)["get_ipython"] = lambda: SimpleNamespace(kernel=None)
importlib.import_module("pandas")
del vars(builtins)["get_ipython"]
# Debugpy complains of Python's frozen modules when it is imported, on the error stream of every command.
os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
for _name in MODULES:
    importlib.import_module(_name)
del os.environ["PYDEVD_DISABLE_FILE_VALIDATION"]
kernels.warmed()
# Nbformat makes the code that validates notebooks at its first use.
_nbformat = importlib.import_module("nbformat")
_nbformat.reads(_nbformat.writes(_nbformat.v4.new_notebook()), as_version=4)
# What many runs of one chapter are about to compute alike, if any is named. Whatever is wrong with a table is
# told by the chapter that asks for it.
for _name in os.environ.get(importlib.import_module("cybergov.data").PREPARE_VARIABLE, "").split():
    with contextlib.suppress(importlib.import_module("cybergov.errors").BookError):
        importlib.import_module(_name).prepare()
# A collection would write into every object, and so copy the memory that the forks share.
gc.collect()
gc.freeze()
