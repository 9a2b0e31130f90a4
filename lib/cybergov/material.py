"""What the chapters of a session hand to its slides and its printed packet.

Only the chapters of the session run. Figures are the static pictures of the executed notebooks, numbers in
captions and words are those that the chapters computed, and verdicts are those of the accepted ledger.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any

import nbformat
from bs4 import BeautifulSoup

from cybergov import findings, ledger, plain, references, run, sessions, tables, takeaway
from cybergov.errors import BookError

#: From here on, exercises say in which form an answer can be checked.
_TO_TYPE = re.compile(r"^To check:", re.MULTILINE)
_SOURCE = re.compile(r"(?:^|(?<=[.;] ))Sources?: .*")


@dataclass(frozen=True)
class Picture:
    """A figure as it can be shown anywhere.

    ``source`` is a data URI of the drawing, ``width`` and ``height`` are its pixels, ``caption`` is HTML,
    ``credit`` names the figure's number in the book and its sources, in plain words.
    """

    label: str
    number: int
    title: str
    description: str
    source: str
    width: int
    height: int
    caption: str
    credit: str


@dataclass(frozen=True)
class Row:
    """An indicator with what the accepted ledger says of it, in words ready to be shown."""

    indicator: str
    question: str
    value: str
    unit: str
    p: str
    rule: str
    supports: bool
    says: str


@dataclass(frozen=True)
class Material:
    """The book, the executed notebooks of some of its chapters by name, and the accepted ledger."""

    offer: sessions.Offer
    notebooks: Mapping[str, nbformat.NotebookNode]
    accepted: Mapping[str, Mapping[str, str]]

    @cached_property
    def words(self) -> plain.Words:
        """What roles in texts of these chapters and sessions stand for."""
        labels = {label: f"Fig.\u00a0{one.number}" for label, one in self.offer.figures.items()}
        labels |= {
            label: f"the exercise “{plain.text(one.title)}”" if one.title else "the exercise without a title"
            for label, one in self.offer.exercises.items()
        }
        values = {name: text for one in self.notebooks.values() for name, text in takeaway.glued(one)}
        cited = {key: references.short(entry) for key, entry in self.offer.references.items()}
        titles = {name: self.offer.title(name) for name in self.offer.pages}
        words = plain.Words(values, labels, cited, titles)
        labels |= {
            label: f"the table “{plain.text(caption, words)}”" for label, (caption, _) in self._tables.items()
        }
        return plain.Words(values, labels, cited, titles)

    @cached_property
    def _tables(self) -> dict[str, tuple[str, str]]:
        """Caption and MyST of each table of these chapters, by label."""
        return {
            label: (caption, shown)
            for notebook in self.notebooks.values()
            for label, caption, shown in takeaway.shown_tables(notebook)
        }

    def table(self, label: str) -> str:
        """Give a table of these chapters as HTML, or nothing if they show none of this label."""
        _, shown = self._tables.get(label, ("", ""))
        return plain.html(shown, self.words) if shown else ""

    def has_picture(self, label: str) -> bool:
        """Tell whether the label is that of a figure of these chapters."""
        figure = self.offer.figures.get(label)
        return figure is not None and figure.chapter in self.notebooks

    def picture(self, label: str) -> Picture:
        """Give a figure of these chapters.

        Raises
        ------
        BookError
            If the cell that the label belongs to shows no chart.
        """
        figure = self.offer.figures[label]
        chapter, kept = self.offer.chapters[figure.chapter], self.notebooks[figure.chapter]
        # Labels and captions are no part of what is run: they are those of the chapter as it now stands.
        written = [cell for cell in chapter.notebook.cells if cell.cell_type == "code"]
        ran = [cell for cell in kept.cells if cell.cell_type == "code"]
        cells = [
            there
            for here, there in zip_longest(written, ran)
            if here.metadata.get("mystnb", {}).get("figure", {}).get("name") == label
        ]
        charts = (
            BeautifulSoup(shown, "html.parser").select_one("figure.book-chart")
            for shown in _outputs(cells, "text/html")
        )
        chart = next((one for one in charts if one is not None), None)
        drawing = chart.select_one("img.chart-static") if chart else None
        if chart is None or drawing is None:
            raise BookError(f"{figure.chapter}: the cell of {label} shows no chart made by charts.show.")
        heading = chart.select_one(".chart-title")
        caption = plain.text(figure.caption, self.words)
        source = _SOURCE.search(caption)
        return Picture(
            label=label,
            number=figure.number,
            title=heading.get_text(" ", strip=True) if heading else "",
            description=str(chart["aria-label"]),
            source=str(drawing["src"]),
            width=int(str(drawing["width"])),
            height=int(str(drawing["height"])),
            caption=plain.inline(figure.caption, self.words),
            credit=f"Fig.\u00a0{figure.number} of the book. {source[0].strip() if source else ''}".strip(),
        )

    def asked(self, label: str) -> str:
        """Give an exercise as it is asked in a room, as Markdown: without what a worksheet asks to type."""
        return _TO_TYPE.split(self.offer.exercises[label].text)[0].strip()

    def rows(self, claim: str) -> list[Row]:
        """Give the indicators of a claim, or of what is expected of a case, that have an accepted finding."""
        one, out = self.offer.claims[claim], []
        for name, indicator in one.indicators.items():
            if name not in self.accepted:
                continue
            found = self.accepted[name]
            supports = found["supports"] == "yes"
            value, low, high = (float(found[column]) for column in ("value", "low", "high"))
            out.append(
                Row(
                    indicator=name,
                    question=indicator.question,
                    value=f"{tables.number(value, indicator.digits)} "
                    f"{tables.interval(low, high, indicator.digits)}",
                    unit=indicator.unit,
                    p=f"p {tables.p_words(float(found['p']))}" if found["p"] else "",
                    rule=indicator.rule,
                    supports=supports,
                    says=findings.DECISIONS[one.expected][supports],
                )
            )
        return out

    def generated(self, known: Sequence[sessions.Session]) -> plain.Generated:
        """Give the directives that pages of sessions use, as functions that write their MyST."""
        by_name = {one.name: one for one in known}
        return {
            "session-plan": lambda name: sessions.plan_markdown(by_name[name.strip()], self.offer),
            "sessions": lambda _: sessions.map_markdown(known, self.offer, self.accepted),
            "ledger": lambda wanted: ledger.brief(self.offer.claims, self.accepted, {}, wanted.split()),
        }


def gather(
    known: Sequence[sessions.Session],
    offer: sessions.Offer,
    *,
    workers: int | None = None,
    cluster: str | None = None,
) -> Material:
    """Run what is stale among the chapters of sessions, and hold their findings to the ledger.

    Parameters
    ----------
    known : sequence of Session
        Whose chapters are asked for; no other chapter runs.
    offer : Offer
        The book.
    workers, cluster
        As in `run.run`.

    Returns
    -------
    Material

    Raises
    ------
    BookError
        If a chapter does not come to its end, or a finding is not as the accepted ledger has it.
    """
    named = {name for one in known for name in one.chapters}
    chosen = [chapter for name, chapter in offer.chapters.items() if name in named]
    notebooks = run.held(chosen, workers=workers, cluster=cluster, root=offer.root)
    return of_notebooks(notebooks, offer)


def of_notebooks(notebooks: Mapping[str, nbformat.NotebookNode], offer: sessions.Offer) -> Material:
    """Use notebooks that have run already and whose findings hold."""
    return Material(offer, notebooks, findings.read_ledger(offer.root / "data" / "findings.csv"))


def _outputs(cells: Sequence[Any], kind: str) -> Iterator[str]:
    for cell in cells:
        for output in cell.get("outputs", ()):
            shown = output.get("data", {}).get(kind)
            if shown is not None:
                yield "".join(shown)


def figures_named(markdown: str) -> list[str]:
    """Give the labels that a text refers to by number, in their order and each once."""
    return list(dict.fromkeys(re.findall(r"\{numref\}`(?:[^`<]*<)?([\w-]+)>?`", markdown)))
