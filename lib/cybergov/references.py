"""The bibliography where Sphinx does not set it: short names in the text, and whole references."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pybtex.database import BibliographyData, parse_file
from pybtex.exceptions import PybtexError
from pybtex.plugin import find_plugin
from pybtex.richtext import Text

from cybergov.errors import BookError

FILE = "references.bib"
#: With more authors than these, a short name has the first and "et al.".
NAMED = 2

Entries = Mapping[str, Any]


def read(path: Path) -> dict[str, Any]:
    """Read a bibliography.

    Parameters
    ----------
    path : Path
        BibTeX, UTF-8.

    Returns
    -------
    dict of str to pybtex Entry
        By key, in the order of the file.

    Raises
    ------
    BookError
        If the file cannot be read as BibTeX, or a key stands there twice.
    """
    try:
        return dict(parse_file(str(path)).entries)
    except (OSError, UnicodeDecodeError, PybtexError) as error:
        raise BookError(f"{path.name} cannot be read: {' '.join(str(error).split())}") from None


def short(entry: Any) -> tuple[str, str]:
    """Give authors and year as a text names them: ``("Morse and Keohane", "2014")``.

    Parameters
    ----------
    entry : pybtex Entry
        With authors or editors; without them its title stands for both.

    Returns
    -------
    (str, str)
        Names, and the year or "n.d." where there is none.
    """
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [" ".join(_words(part) for part in [*one.prelast_names, *one.last_names]) for one in people]
    if not names:
        names = [title(entry)]
    who = f"{names[0]} et al." if len(names) > NAMED else " and ".join(names)
    return who, entry.fields.get("year", "n.d.")


def title(entry: Any) -> str:
    """Give the title of a work in plain words."""
    return _words(entry.fields.get("title", ""))


def html(entries: Entries, keys: Iterable[str]) -> list[str]:
    """Write whole references, each as a line of HTML, in the order of the keys.

    Parameters
    ----------
    entries : mapping of str to Entry
        From `read`.
    keys : iterable of str
        Keys in it.

    Returns
    -------
    list of str
    """
    wanted = list(keys)
    chosen = BibliographyData(entries={key: entries[key] for key in wanted})
    style, backend = _style(), _backend()
    made = {one.key: one.text.render(backend) for one in style.format_bibliography(chosen, wanted)}
    # What keeps capitals in BibTeX means nothing here.
    return [_PROTECTED.sub("", made[key].replace("\n", " ")) for key in wanted]


_PROTECTED = re.compile(r'<span class="bibtex-protected">|</span>')


@cache
def _style() -> Any:
    return find_plugin("pybtex.style.formatting", "unsrt")()


@cache
def _backend() -> Any:
    return find_plugin("pybtex.backends", "html")("utf-8")


def _words(latex: str) -> str:
    return str(Text.from_latex(latex))
