"""Work handed to a Dask cluster, for more chapters or choices than one machine carries.

A worker is started in a copy of the book, ``dask worker ADDRESS --nthreads 1``, and runs what it is
given there. Dask is imported only when a cluster is asked for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from cybergov.errors import RunError

if TYPE_CHECKING:
    from distributed import Client

#: Seconds until an address that does not answer, or a cluster without workers, is given up.
PATIENCE = 5
#: How often a piece of work is given to another worker after the one that had it died.
ATTEMPTS = 5

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def connected(address: str, state: Callable[[], str]) -> Iterator[Client]:
    """Connect to a cluster whose workers have the same book.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``tcp://10.0.0.1:8786``.
    state : callable
        Gives the digest of the book that it is called beside; called here and on every worker.

    Raises
    ------
    RunError
        If no scheduler answers, it has no workers, or one of them has another book.
    """
    from distributed import Client
    from distributed.comm import resolve_address

    # What matters comes back as an error.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        resolve_address(address)  # of an address that is none, a client would leave a traceback
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, ImportError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RunError(f"No Dask scheduler answers at {address!r} ({reason}).") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise RunError(
                f"The cluster at {address} has no workers; start some with `dask worker {address}`."
            ) from None
        expected = state()
        for worker, found in client.run(state, on_error="return").items():
            if isinstance(found, Exception):
                raise RunError(f"The worker {worker} cannot run this book: {found}.")
            if found != expected:
                raise RunError(
                    f"The worker {worker} has another book: its library, tables, lock or Python differ "
                    f"from those here ({found}, not {expected})."
                )
        yield client


def spread(
    client: Client, work: Callable[[Item], Result], items: Iterable[Item]
) -> Generator[tuple[int, Result | Exception], None, None]:
    """Have workers do a piece of work for each item, and hand over each result as it comes.

    Parameters
    ----------
    client : Client
        From `connected`.
    work : callable
        Called on a worker; must be importable there.
    items : iterable
        May be a generator: items are drawn when there are workers for them, two a thread.

    Yields
    ------
    (int, object)
        The item's place, from 0, and what `work` gave, or the exception that kept it from doing so.
        Each item once: when a worker dies, what it had not handed over is done again.
    """
    from distributed import as_completed
    from distributed.client import FutureCancelledError

    numbered = enumerate(items)
    numbers: dict[Any, int] = {}
    pending = as_completed(loop=client.loop)

    def draw() -> None:
        most = 2 * max(sum(client.nthreads().values()), 1)
        while len(numbers) < most and (drawn := next(numbered, None)) is not None:
            future = client.submit(work, drawn[1], pure=False, retries=ATTEMPTS)
            numbers[future] = drawn[0]
            pending.add(future)

    draw()
    for future in pending:
        result: Any
        try:
            result = future.result()
        except FutureCancelledError:
            raise RunError("The connection to the cluster was lost.") from None
        except Exception as error:
            result = error
        number = numbers.pop(future)
        future.release()
        draw()
        yield number, result
