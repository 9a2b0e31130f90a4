"""The words of the book: read, checked, written as a page, and found where they first stand in a text."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml

from cybergov import data
from cybergov.errors import BookError

#: In a book without a glossary no page leads to one.
FILE = "glossary.yml"


@dataclass(frozen=True)
class Term:
    """One entry: a word with its meaning, or an abbreviation with what it stands for (``short``)."""

    term: str
    zh: str
    means: str = ""
    short: str = ""
    also: list[str] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        """Where the entry stands on its page."""
        return "term-" + re.sub(r"[^a-z0-9]+", "-", self.term.lower()).strip("-")

    @property
    def meaning(self) -> str:
        """What is shown beside the word."""
        return self.means or self.short


def read(root: Path | None = None) -> list[Term]:
    """Read the glossary.

    Parameters
    ----------
    root : Path, optional
        Another book in place of this one.

    Returns
    -------
    list of Term
        In the order of the alphabet; empty for a book without ``data/glossary.yml``.

    Raises
    ------
    BookError
        If the file is no list of entries, an entry has unknown or missing fields, a form of a word stands
        there twice, or a variable is in no table.
    """
    path = (root or data.root()) / "data" / FILE
    if not path.exists():
        return []
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BookError(f"{FILE}: is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(entries, list):
        raise BookError(f"{FILE}: expected a list of entries with term, zh and means or short.")
    return sorted(_checked(entries), key=lambda one: one.term.casefold())


def _checked(entries: list[object]) -> Iterator[Term]:
    known = {
        f"{name}.{column['name']}"
        for name, resource in data.descriptors().items()
        for column in resource["schema"]["fields"]
    }
    forms: set[str] = set()
    for entry in entries:
        if not isinstance(entry, dict) or not {"term", "zh"} <= set(entry):
            raise BookError(f"{FILE}: expected term and zh in every entry, found {entry!r}.")
        try:
            one = Term(**entry)
        except TypeError:
            unknown = sorted(set(entry) - set(Term.__dataclass_fields__))
            raise BookError(f"{FILE}, {entry['term']}: unknown field {unknown[0]!r}.") from None
        if bool(one.means) == bool(one.short):
            raise BookError(f"{FILE}, {one.term}: expected means or short, and not both.")
        for form in (one.term, *one.also):
            if form.casefold() in forms:
                raise BookError(f"{FILE}, {one.term}: the form {form!r} stands there twice.")
            forms.add(form.casefold())
        for variable in one.variables:
            if variable not in known:
                raise BookError(f"{FILE}, {one.term}: no table has the column {variable!r}.")
        yield one


class Finder:
    """Finds the words of a glossary in a text, each of them once.

    Parameters
    ----------
    terms : iterable of Term
        From `read`.
    """

    def __init__(self, terms: Iterable[Term]) -> None:
        self.by_form = {form.casefold(): one for one in terms for form in (one.term, *one.also)}
        self._seen: set[str] = set()

    @cached_property
    def _forms(self) -> re.Pattern[str]:
        # The longest first, so that "null model" is not found as a "model".
        by_length = sorted(self.by_form, key=len, reverse=True)
        return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, by_length))})(?![\w-])", re.IGNORECASE)

    def parts(self, text: str) -> Iterator[tuple[str, Term | None]]:
        """Split a text into pieces, each with the term that it is, or None.

        A term that was found before, in this or another text, is part of what stands around it.
        """
        done = 0
        for match in self._forms.finditer(text) if self.by_form else ():
            one, written = self.by_form[match.group().casefold()], match.group()
            if one.anchor in self._seen or (one.short and written != one.term):
                continue
            self._seen.add(one.anchor)
            if match.start() > done:
                yield text[done : match.start()], None
            yield written, one
            done = match.end()
        if done < len(text):
            yield text[done:], None


def link(written: str, one: Term, page: str) -> str:
    """Write a term in a text as a link to its entry that shows the meaning.

    Parameters
    ----------
    written : str
        The word as it stands in the text.
    one : Term
        Its entry.
    page : str
        Address of the glossary.

    Returns
    -------
    str
        HTML.
    """
    word = html.escape(written)
    if one.short:
        word = f"<abbr>{word}</abbr>"
    meaning = html.escape(f"{one.term}: {one.meaning} ({one.zh})", quote=True)
    return f'<a class="glossary-term" href="{page}#{one.anchor}" data-meaning="{meaning}">{word}</a>'


def page(terms: Iterable[Term], codebook: str) -> str:
    """Write the glossary as a definition list, one anchor an entry.

    Parameters
    ----------
    terms : iterable of Term
        From `read`.
    codebook : str
        Address of the page on which each table has an anchor of its name.

    Returns
    -------
    str
        HTML.
    """
    entries = []
    for one in terms:
        heading = f'{html.escape(one.term)} <span lang="zh">{html.escape(one.zh)}</span>'
        lines = [f"<p>{html.escape(one.meaning)}</p>"]
        if one.also:
            lines.append(f'<p class="also">In the text also: {html.escape(", ".join(one.also))}.</p>')
        if one.variables:
            links = (
                f'<a href="{codebook}#table-{name.split(".")[0].replace("_", "-")}"><code>{name}</code></a>'
                for name in one.variables
            )
            lines.append(f'<p class="also">In the tables: {", ".join(links)}.</p>')
        entries.append(f'<dt id="{one.anchor}">{heading}</dt>\n<dd>{"".join(lines)}</dd>')
    return '<dl class="book-glossary">\n' + "\n".join(entries) + "\n</dl>"
