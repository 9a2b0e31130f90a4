"""Kernels that are a fork of a process which has already imported the heavy libraries.

A kernel that starts from nothing imports pandas, statsmodels and Altair anew, which takes longer than
most chapters compute. Here `cybergov.warm` imports them once, in multiprocessing's fork server; the
process of a chapter, itself a fork of that server, forks once more (`prepare`), and papermill starts
that fork as its kernel (`ForkedProvisioner`). Each chapter still has a fresh process and namespace:
only what importing left behind is shared. Where this cannot be had, a kernel starts as any other does.
"""

import importlib.machinery
import multiprocessing
import os
import random
import signal
import sys
import sysconfig
import threading
from collections.abc import Iterable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

#: Name of the provisioner in pyproject.toml.
NAME = "cybergov-forked"
#: With ``CYBERGOV_FORK=no`` every kernel starts from nothing.
SWITCH = "CYBERGOV_FORK"
#: Chapters share the cores; and sums must not depend on how many threads took part. The libraries
#: read this when they are imported.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

_LAUNCH = [sys.executable, "-m", "ipykernel_launcher"]


def _state() -> list[tuple[str, int, int]]:
    """Names, sizes and times of the files of the library that this process has imported."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    return [(str(file), (now := file.stat()).st_size, now.st_mtime_ns) for file in files]


_imported = _state()
_warm = False
_waiting: tuple[BaseProcess, Connection] | None = None


def warmed() -> None:
    """Note that this process has imported what chapters import; called by `cybergov.warm`."""
    global _warm
    _warm = True
    KernelProvisionerFactory.instance()  # looks through all installed packages, once


def prepare(others: Iterable[Connection] = ()) -> bool:
    """Fork the process that the next kernel is to be, and have it wait.

    To be called in the process of one chapter, with the environment that the chapter is to have,
    before that process starts a thread.

    Parameters
    ----------
    others : iterable of Connection
        What only this process is to hold: whoever reads them waits until the last copy is closed.

    Returns
    -------
    bool
        Whether a fork waits. It does not where the heavy libraries were not imported beforehand, the
        chapter would see another library than the one imported, the library has changed since, or
        `SWITCH` says no.
    """
    global _waiting
    search = _search_path()
    factory = KernelProvisionerFactory.instance()
    if (
        not _warm
        or switched_off()
        or NAME not in factory.provisioners
        or threading.active_count() > 1
        or not _finds_this_library(search)
        or _state() != _imported
    ):
        return False
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe()
    process = fork.Process(target=_wait, args=(theirs, [ours, *others]), daemon=True)
    process.start()
    theirs.close()
    _waiting = process, ours
    factory.default_provisioner_name = NAME
    return True


def switched_off() -> bool:
    """Whether kernels are to start from nothing, by `SWITCH`."""
    return os.environ.get(SWITCH, "").lower() in ("no", "0", "false")


def _search_path() -> list[str]:
    """Where a kernel that starts from nothing in this environment looks for modules."""
    entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    given = [str(Path(entry).absolute()) for entry in entries if entry]
    # The archive of the standard library, which need not exist, stands before its folder.
    own = sys.path.index(sysconfig.get_path("stdlib")) - 1
    return list(dict.fromkeys([*given, *sys.path[own:]]))


def _finds_this_library(search: list[str]) -> bool:
    found = importlib.machinery.PathFinder.find_spec("cybergov", search)
    here = Path(__file__).resolve().parent
    return found is not None and found.origin is not None and Path(found.origin).resolve().parent == here


def _wait(orders: Connection, others: list[Connection]) -> None:
    """Wait for the order to become a kernel; end if it never comes."""
    # A group of its own, as every kernel has: what is sent to it reaches the processes it started.
    os.setsid()
    for other in others:
        other.close()
    try:
        arguments, folder, environment = orders.recv()
    except EOFError:
        return
    orders.close()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    _become_fresh()

    import ipykernel_launcher
    from ipykernel.kernelapp import launch_new_instance

    sys.argv = [ipykernel_launcher.__file__, *arguments]
    # Ipykernel reads whom it is to end with when it is imported, which is long past.
    launch_new_instance(argv=[*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])


def _become_fresh() -> None:
    """Undo what a fork inherits and a process that starts from nothing does not have."""
    import numpy as np

    sys.path[:] = _search_path()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # A multiprocessing child has a default of its own for how it starts further ones.
    multiprocessing.set_start_method(None, force=True)
    # All forks would draw the same numbers.
    random.seed()
    np.random.seed()


class _Forked:
    """What `LocalProvisioner` uses of a `subprocess.Popen`, for a process of multiprocessing."""

    stdin = stdout = stderr = None

    def __init__(self, process: BaseProcess) -> None:
        self.process = process
        self.pid = process.pid

    @property
    def returncode(self) -> int | None:
        return self.process.exitcode

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        self.process.join(timeout)
        return self.process.exitcode

    def send_signal(self, number: int) -> None:
        if self.pid is not None and self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ForkedProvisioner(LocalProvisioner):
    """Starts the process that waits as a kernel; without one, a kernel from nothing."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start a kernel; parameters and result are those of `LocalProvisioner.launch_kernel`."""
        global _waiting
        streams = any(kwargs.get(name) is not None for name in ("stdin", "stdout", "stderr"))
        if _waiting is None or streams or cmd[:3] != _LAUNCH:
            return await super().launch_kernel(cmd, **kwargs)
        (process, orders), _waiting = _waiting, None
        environment = {**(kwargs.get("env") or os.environ), "JPY_PARENT_PID": str(os.getpid())}
        self.cwd = kwargs.get("cwd") or str(Path.cwd())
        orders.send((cmd[3:], self.cwd, environment))
        orders.close()
        self.process: Any = _Forked(process)
        self.pid = self.pgid = process.pid
        return self.connection_info
