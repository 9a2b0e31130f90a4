"""Files that are never half-written: made beside their place and renamed into it."""

import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, text: str) -> None:
    """Write a text file so that its place holds the old content or the new, never a part.

    Parameters
    ----------
    path : Path
        The file; its folder is made if need be.
    text : str
        The whole content, written as UTF-8 with Unix line ends.

    Raises
    ------
    OSError
        If the folder or file cannot be written (a full disk, say); the old file is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes the file for its owner only; pages and ledgers are for everyone.
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
