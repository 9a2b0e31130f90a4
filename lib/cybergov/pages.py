"""The book's Sphinx extension: pages that are never stale, offline charts and mathematics.

Whatever starts the build (``cybergov build``, a bare ``jupyter-book build .``), chapters whose kept
execution is stale run first, through the same path as ``cybergov run``; the pages are made from
those outputs and no others.
"""

import ast
import hashlib
import html
import importlib.metadata
import platform
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import latex2mathml.converter
import nbformat
import pandas as pd
from docutils import nodes
from docutils.statemachine import StringList
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from cybergov import (
    charts,
    codebook,
    comparison,
    epub,
    findings,
    glossary,
    ledger,
    material,
    places,
    robustness,
    run,
    sessions,
    slides,
    tables,
    takeaway,
)
from cybergov.errors import BookError
from cybergov.files import write_atomically

ASSETS = Path(__file__).parent / "assets"
#: Libraries whose versions a reader needs in order to judge or repeat the computations.
VERSIONS_SHOWN = (
    "altair",
    "frictionless",
    "jupyter-book",
    "jupyter-cache",
    "myst-nb",
    "numpy",
    "pandas",
    "papermill",
    "scipy",
    "sphinx",
    "statsmodels",
    "vl-convert-python",
)

#: Rows of the table of cells on the status page.
LONGEST_CELLS = 12

logger = logging.getLogger(__name__)


# --- fresh outputs --------------------------------------------------------------------------------


def use_kept_outputs(app: Sphinx, config: Config) -> None:
    """Point myst-nb to the cache of this state of the book; another state has another folder."""
    cache = Path(app.srcdir) / "_build" / ".jupyter_cache" / run.digest(Path(app.srcdir))
    config.nb_execution_mode = "cache"
    config.nb_execution_cache_path = str(cache)
    config.html_static_path += [str(ASSETS), str(places.write_states(Path(app.srcdir)).parent)]


def drop_thebe(app: Sphinx) -> None:
    """Keep sphinx-thebe, which Jupyter Book always loads, from putting an outside address on pages."""
    for listeners in app.events.listeners.values():
        for listener in list(listeners):
            if listener.handler.__module__ == "sphinx_thebe":
                app.disconnect(listener.id)


def refresh(app: Sphinx) -> None:
    """Run stale chapters, hand all outputs to jupyter-cache and hold the findings to the ledger."""
    app.cybergov_times = {"begun": time.perf_counter()}  # type: ignore[attr-defined]
    root = Path(app.srcdir)
    if Path(app.outdir) == root / "_build" / "html":
        # `cybergov build` notes here which state it put in place; these pages are about to be others.
        (root / "_build" / "pages").unlink(missing_ok=True)
    try:
        chapters = run.chapters(root)
        outcomes = run.run(chapters, root=root)
        failed = run.failures(outcomes)
        if failed:
            raise ExtensionError("chapters failed, no page was written:\n" + run.failures_table(failed))
        notebooks = {
            outcome.chapter: outcome.notebook for outcome in outcomes if outcome.notebook is not None
        }
        seed_cache(Path(app.config.nb_execution_cache_path), chapters, notebooks)
        declared = findings.all_declared(root)
        ledger = findings.read_ledger(root / "data" / "findings.csv")
        differing = findings.differences(run.recorded(notebooks), declared, ledger)
        terms = glossary.read(root)
        offer = sessions.Offer.from_parts(root, chapters, declared)
        planned = sessions.sessions(offer=offer)
    except BookError as error:
        raise ExtensionError(str(error)) from None
    app.cybergov_state = run.book_digest(root)  # type: ignore[attr-defined]
    app.cybergov_notebooks = notebooks  # type: ignore[attr-defined]
    # What every page asks for; to read the chapters alone takes half a second.
    app.cybergov_chapters = {chapter.docname: chapter for chapter in chapters}  # type: ignore[attr-defined]
    app.cybergov_declared = declared  # type: ignore[attr-defined]
    app.cybergov_terms = terms  # type: ignore[attr-defined]
    app.cybergov_offer, app.cybergov_sessions = offer, planned  # type: ignore[attr-defined]
    app.cybergov_differing = differing  # type: ignore[attr-defined]
    note_time(app, "outputs")
    if differing:
        logger.warning(
            "findings differ from data/findings.csv; see `cybergov accept`\n%s",
            findings.differences_table(differing),
            type="cybergov",
            subtype="findings",
        )


def note_time(app: Sphinx, part: str) -> None:
    """Note when a part of the build came to its end, for its profile."""
    app.cybergov_times[part] = time.perf_counter()  # type: ignore[attr-defined]


def seed_cache(
    folder: Path, chapters: list[run.Chapter], notebooks: dict[str, nbformat.NotebookNode]
) -> None:
    """Make the jupyter-cache that holds these outputs and nothing else.

    It is made anew whenever anything in it would differ: jupyter-cache writes its row before its
    file, so a killed build could leave it broken, and it compares code only, so a caption changed
    in a cell's header would otherwise stay as it was.
    """
    merged = [_with_outputs(chapter, notebooks[chapter.name]) for chapter in chapters]
    mark = hashlib.sha256("".join(nbformat.writes(notebook) for notebook in merged).encode()).hexdigest()
    stamp = folder / "complete"
    if stamp.exists() and stamp.read_text() == mark:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    cache = get_cache(folder)
    for chapter, notebook in zip(chapters, merged, strict=True):
        seconds = {"execution_seconds": notebooks[chapter.name].metadata.cybergov.seconds}
        bundle = CacheBundleIn(notebook, str(chapter.path), data=seconds)
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    cache.db.dispose()
    write_atomically(stamp, mark)
    for other in folder.parent.iterdir():
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)


def _with_outputs(chapter: run.Chapter, kept: nbformat.NotebookNode) -> nbformat.NotebookNode:
    notebook = nbformat.from_dict(chapter.notebook)
    notebook.cells = [nbformat.from_dict(cell) for cell in notebook.cells]
    ran = [cell for cell in kept.cells if cell.cell_type == "code"]
    here = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell, old in zip(here, ran, strict=True):
        cell.outputs, cell.execution_count = old.outputs, old.execution_count
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"  # nbformat draws ids at random; the mark must not depend on them
    return notebook


def outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """All pages, unless nothing that the book rests on has changed since it was last made cleanly.

    Sphinx itself looks at the source of each page. It would miss a chapter that ran again, a changed
    reference or title on other pages, and what a killed build or one with warnings left behind.
    """
    made = _made_from(app)
    same = made.exists() and made.read_text(encoding="utf-8") == app.cybergov_state  # type: ignore[attr-defined]
    made.unlink(missing_ok=True)
    return [] if same else sorted(env.found_docs)


def _made_from(app: Sphinx) -> Path:
    """Where the state of the book is noted that the pages in this output were made from."""
    return Path(app.doctreedir) / "made-from"


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Ship the chart bundle, and let the build fail if a finding does not hold."""
    if exception is None and app.builder.name == "html":
        note_time(app, "written")
        version = importlib.metadata.version("vl-convert-python")
        kept = Path(app.srcdir) / "_build" / f"vega-{version}.js"
        if not kept.exists():
            write_atomically(kept, charts.vega_bundle())
        place = Path(app.outdir) / "_static" / "vega.js"
        if not place.exists() or place.stat().st_size != kept.stat().st_size:
            shutil.copyfile(kept, place)
        takeaway.write(
            Path(app.srcdir),
            Path(app.outdir),
            app.cybergov_notebooks,  # type: ignore[attr-defined]
            app.config.book_repository,
        )
        tidy(app)
        put_slides(app)
        note_time(app, "finished")
        put_profile(app)
    if exception is None and app.cybergov_differing:  # type: ignore[attr-defined]
        app.statuscode = 1
    if exception is None and app.statuscode == 0 and app._warncount == 0:
        write_atomically(_made_from(app), app.cybergov_state)  # type: ignore[attr-defined]


# --- words, and what is taken away ----------------------------------------------------------------

GLOSSARY = "chapters/reference/glossary"
#: Page on which a state that was looked for is followed first.
FOLLOWED_FIRST = "chapters/manifestations/interests"
#: Pages that are lists themselves: in their text no word leads to the glossary.
UNLINKED = re.compile(r"chapters/reference/(?!methods/)")


def link_terms(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Make each term of the glossary a link where it first stands in the text of a page."""
    if app.builder.format != "html" or GLOSSARY not in app.env.found_docs or UNLINKED.match(docname):
        return
    finder = glossary.Finder(app.cybergov_terms)  # type: ignore[attr-defined]
    target = app.builder.get_relative_uri(docname, GLOSSARY)
    for paragraph in list(doctree.findall(nodes.paragraph)):
        if any(_is_no_prose(parent) for parent in _parents(paragraph)):
            continue
        for text in list(paragraph.findall(nodes.Text)):
            if not isinstance(text.parent, nodes.paragraph | nodes.emphasis | nodes.strong):
                continue
            if isinstance(text.parent, nodes.emphasis) and text.astext().casefold() not in finder.by_form:
                continue  # a title
            parts = list(finder.parts(text.astext()))
            if any(term for _, term in parts):
                written = [
                    nodes.raw("", glossary.link(piece, term, target), format="html")
                    if term
                    else nodes.Text(piece)
                    for piece, term in parts
                ]
                text.parent.replace(text, written)


def put_anchors(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give each indicator an address that lasts, such as ``#A1.split``, and lead to it."""
    known = findings.indicators(app.cybergov_declared)  # type: ignore[attr-defined]
    for table in doctree.findall(nodes.table):
        if any(name.startswith("tests-") for name in table["ids"]):
            for row in table.findall(nodes.row):
                # A row begins with its indicator.
                name = row[0].astext().split()[0] if row[0].astext() else ""
                if name in known:
                    row["ids"].append(name)
    for link in doctree.findall(nodes.reference):
        if link.astext() in known and "#" not in link.get("refuri", "#"):
            link["refuri"] += f"#{link.astext()}"


def _parents(node: nodes.Node) -> Iterator[nodes.Element]:
    while (node := node.parent) is not None:
        yield node


def _is_no_prose(node: nodes.Element) -> bool:
    """Tables, references and the abstract in Chinese are no place for links to words."""
    return isinstance(node, nodes.table | nodes.figure | nodes.citation | nodes.footnote) or bool(
        {"abstract-zh", "claim", "verdict", "table-note"}.intersection(node.get("classes", ()))
    )


def put_take_away(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Write under each chapter what can be taken away, and into each head what previews show."""
    if app.builder.name != "html" or doctree is None:
        return
    title = context.get("title") or app.config.html_title
    described = (app.config.myst_html_meta or {}).get("description", "")
    context["metatags"] = context.get("metatags", "") + takeaway.open_graph(
        html.unescape(re.sub("<[^>]+>", "", title)), " ".join(described.split()), app.config.html_title
    )
    chapter = app.cybergov_chapters.get(pagename)  # type: ignore[attr-defined]
    if chapter is not None:
        repository, branch = app.config.book_repository, app.config.book_pages_branch
        context["body"] += takeaway.block(
            chapter,
            takeaway.Citation.of(Path(app.srcdir)),
            takeaway.tables_of(chapter.name, app.cybergov_declared),  # type: ignore[attr-defined]
            "../" * pagename.count("/"),
            takeaway.launches(chapter, repository, branch),
        )


def put_places(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give the page of the search what has a place of its own: claims, indicators, terms and states."""
    if app.builder.name != "html" or pagename != "search":
        return
    there = app.env.found_docs
    found = places.of_claims(app.cybergov_declared)  # type: ignore[attr-defined]
    found += places.of_terms(app.cybergov_terms, GLOSSARY)  # type: ignore[attr-defined]
    found += places.of_states(FOLLOWED_FIRST)
    written = [
        {**vars(one), "address": app.builder.get_relative_uri(pagename, one.docname) + one.rest}
        for one in found
        if one.docname in there
    ]
    places.write_script(Path(app.outdir) / "_static" / "places.js", "bookPlaces", written)
    for name in ("places.js", "find.js"):
        app.add_js_file(name, loading_method="defer")  # on this page only


def put_profile(app: Sphinx) -> None:
    """Put the profile of this build on the page that has a place for it; it is not known any earlier."""
    docname = getattr(app, "cybergov_profile", None)
    if docname is None:  # the page stands as it was
        return
    times, notebooks = app.cybergov_times, app.cybergov_notebooks  # type: ignore[attr-defined]
    facts = [notebook.metadata.cybergov for notebook in notebooks.values()]
    spent = {
        f"Running {len(facts)} chapters, added up; several run at a time, kept ones not at all": sum(
            one.seconds for one in facts
        ),
        "Holding the findings to the ledger, handing outputs over": times["outputs"] - times["begun"],
        "Reading the text and the outputs": times["read"] - times["outputs"],
        "Writing the pages and the index of the search": times["written"] - times["read"],
        "Shipping the charts' scripts, clearing up": times["finished"] - times["written"],
    }
    frame = pd.DataFrame({"Part": spent.keys(), "Seconds": spent.values()})
    path = Path(app.builder.get_outfilename(docname))  # type: ignore[attr-defined]
    made = tables.html(frame, "Where the time of a build goes", digits=1)
    made = made.replace("<table>", '<table class="table build-profile">').replace(
        'class="number"', 'class="text-right"'
    )
    path.write_text(path.read_text(encoding="utf-8").replace(_PROFILE, made), encoding="utf-8")


_PROFILE = '<div class="build-profile"></div>'


def put_slides(app: Sphinx) -> None:
    """Put the slides of all sessions under the pages, where the pages of the sessions link them."""
    known = app.cybergov_sessions  # type: ignore[attr-defined]
    if not known or app.cybergov_differing:  # type: ignore[attr-defined]
        return
    up = "../" * (slides.FOLDER.count("/") + 1)
    try:
        about = material.of_notebooks(app.cybergov_notebooks, app.cybergov_offer)  # type: ignore[attr-defined]
        slides.write(known, known, about, Path(app.outdir) / slides.FOLDER, up=up)
    except BookError as error:
        raise ExtensionError(str(error)) from None


def tidy(app: Sphinx) -> None:
    """Remove what no reader needs: source maps, strays, the icons as a script (the font has them).

    Nor does a page need the index of the search, which stops it from showing until it is read. And give
    entries of the bibliography a role that screen readers know.
    """
    out = Path(app.outdir)
    names = {*app.env.found_docs, "index", "search"} | ({"genindex"} if app.config.html_use_index else set())
    pages = {Path(app.builder.get_outfilename(name)) for name in names}  # type: ignore[attr-defined]
    for path in [*(out / "_static").rglob("*.map"), *(set(out.rglob("*.html")) - pages)]:
        path.unlink()
    # The theme has no setting for it, and its template puts the tag on every page.
    for path in (page for page in pages if page.exists()):
        text = path.read_text(encoding="utf-8")
        # The role for entries of a bibliography is deprecated, and axe does not take it for a list's.
        lean = _ICON_SCRIPT.sub("", text).replace('role="doc-biblioentry"', 'role="listitem"')
        if path.stem != "search":
            lean = _SEARCH_SCRIPT.sub("", lean)
        if lean != text:
            path.write_text(lean, encoding="utf-8")


_SEARCH_SCRIPT = re.compile(
    r'<script src="(?:[^"]*/)?(?:searchtools|language_data|searchindex)\.js[^"]*"></script>'
)
_ICON_SCRIPT = re.compile(r'<script defer src="[^"]*/scripts/fontawesome\.js[^"]*"></script>')


# --- generated parts of pages ---------------------------------------------------------------------


class _Generated(SphinxDirective):
    """A directive that writes Markdown and lets the page's parser read it.

    Headings become sections of the page at their own level, after everything else that is returned:
    a directive writes either sections or what stands above them.
    """

    def parsed(self, markdown: str) -> list[nodes.Node]:
        box = nodes.section()
        lines = StringList(markdown.splitlines(), self.env.docname)
        self.state.nested_parse(lines, self.content_offset, box, match_titles=True)
        return box.children

    def robust(self) -> pd.DataFrame:
        """Read what the accepted snapshot says of each indicator; the page depends on it."""
        root = Path(self.env.srcdir)
        self.env.note_dependency(str(robustness.snapshot_file(root)))
        snapshot = robustness.read_snapshot(robustness.snapshot_file(root))
        return robustness.summary(snapshot, findings.claims(root / "data" / "claims.yml"))

    def ledger(self) -> tuple[dict[str, findings.Claim], dict[str, dict[str, str]], dict[str, str]]:
        """Read the claims, the accepted ledger and where chapters are; the page depends on both files."""
        root = Path(self.env.srcdir)
        for file in ("claims.yml", "findings.csv"):
            self.env.note_dependency(str(root / "data" / file))
        claims = findings.claims(root / "data" / "claims.yml")
        accepted = findings.read_ledger(root / "data" / "findings.csv")
        return claims, accepted, {chapter.name: f"/{chapter.docname}.md" for chapter in run.chapters(root)}


class BuildStatus(_Generated):
    """``{build-status}``: when and how long each chapter ran, versions, digests."""

    def run(self) -> list[nodes.Node]:
        """Write the three tables of the page."""
        root = Path(self.env.srcdir)
        of = run.digest(root)
        ran, cells, links = [], [], {chapter.name: chapter for chapter in run.chapters(root)}
        self.env.app.cybergov_profile = self.env.docname  # type: ignore[attr-defined]
        for name, notebook in self.env.app.cybergov_notebooks.items():  # type: ignore[attr-defined]
            self.env.note_dependency(str(run.executed_folder(root, of) / f"{name}.ipynb"))
            facts = notebook.metadata.cybergov
            sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
            code, title = "\n".join(sources), f"[{links[name].title}](/{links[name].docname}.md)"
            cells += [
                {"Chapter": title, "Cell": number, "Ends with": f"`{_last_line(source)}`", "Seconds": seconds}
                for number, (source, seconds) in enumerate(
                    zip(sources, facts.seconds_of_cells, strict=True), 1
                )
            ]
            ran.append(
                {
                    "Chapter": title,
                    "Cells": len(sources),
                    "Seconds": facts.seconds,
                    "Processor seconds": facts.cpu_seconds,
                    "Run on (UTC)": facts.finished[:16].replace("T", " "),
                    "Digest of the code": f"`{hashlib.sha256(code.encode()).hexdigest()[:12]}`",
                }
            )
        versions = [{"Package": "Python", "Version": platform.python_version()}] + [
            {"Package": name, "Version": importlib.metadata.version(name)} for name in VERSIONS_SHOWN
        ]
        digests = [{"What": "Library, tables, claims, lock and Python version together", "Digest": f"`{of}`"}]
        for path in [*sorted((root / "data").rglob("*.*")), root / "requirements.txt"]:
            if path.is_file():
                self.env.note_dependency(str(path))
                digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
                digests.append({"What": f"`{path.relative_to(root).as_posix()}`", "Digest": f"`{digest}`"})
        longest = sorted(cells, key=lambda cell: -cell["Seconds"])[:LONGEST_CELLS]
        parts = (
            (ran, "status-chapters", "Chapters as they were run for these pages"),
            (longest, "status-cells", f"The {len(longest)} cells of code that took longest"),
            (versions, "status-versions", "Versions used for these pages"),
            (digests, "status-digests", "SHA-256 digests, first sixteen digits, of what these pages rest on"),
        )
        return [
            nodes.raw("", _PROFILE, format="html"),
            *(
                node
                for rows, name, caption in parts
                for node in self.parsed(
                    tables.show(pd.DataFrame(rows), name=name, caption=caption, digits=1).data
                )
            ),
        ]


def _last_line(source: str) -> str:
    """The line in which a cell's last statement begins, as far as it fits a table."""
    line = source.splitlines()[ast.parse(source).body[-1].lineno - 1].replace("`", "")
    return line if len(line) <= 60 else f"{line[:57]}..."


class Ledger(_Generated):
    """``{ledger}``: every claim of the article with the verdict that the accepted ledger gives it.

    With the ids of claims as arguments, such as ``A1 T1``, these alone, for the end of a part. With the
    argument ``whole``, all that the ledger holds: how many claims have which verdict, what bears each
    out and what does not, every indicator in a table that can be sorted, and the file.
    """

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Write the tables."""
        wanted = self.arguments[0].split() if self.arguments else []
        if wanted == ["whole"]:
            return self.whole()
        claims, accepted, links = self.ledger()
        try:
            return self.parsed(ledger.brief(claims, accepted, links, wanted))
        except BookError as error:
            raise self.error(str(error)) from None

    def whole(self) -> list[nodes.Node]:
        """Write the whole ledger."""
        claims, accepted, links = self.ledger()
        robust = self.robust()
        link = charts.csv_link(ledger.file(claims, accepted, robust), "ledger.csv")
        by_claim = nodes.container(classes=["ledger"])
        by_claim += self.parsed(ledger.claims_table(claims, accepted, links))
        by_indicator = nodes.container(classes=["ledger", "sortable"])
        by_indicator += self.parsed(ledger.indicators_table(claims, accepted, links, robust))
        return [
            *self.parsed(ledger.summary(claims, accepted, robust)),
            by_claim,
            by_indicator,
            nodes.raw("", f'<p class="take-away">{link}</p>', format="html"),
        ]


class Cases(_Generated):
    """``{cases}``: the same questions to all cases, and what the accepted ledger answers."""

    def run(self) -> list[nodes.Node]:
        """Write the table."""
        _, accepted, links = self.ledger()
        root = Path(self.env.srcdir)
        self.env.note_dependency(str(root / "data" / "predictions.yml"))
        titles = {chapter.name: chapter.title for chapter in run.chapters(root)}
        return self.parsed(ledger.cases_table(findings.predictions(root), accepted, links, titles))


class Comparison(_Generated):
    """``{comparison}``: the two suppliers by the four dimensions, and both readings of "respectively".

    With the argument ``senses``, the senses of fragmentation that the indicators capture instead.
    """

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Write the tables from the accepted ledger."""
        wanted = self.arguments[0] if self.arguments else ""
        if wanted not in ("", "senses"):
            raise self.error(f"The comparison takes no argument, or 'senses', not {wanted!r}.")
        claims, accepted, links = self.ledger()
        made = (
            comparison.sense_tables(claims, accepted)
            if wanted
            else comparison.cell_tables(claims, accepted, links)
        )
        return [node for table in made for node in self.parsed(table.data)]


class Overview(_Generated):
    """``{tables}``: the tables of the data package in one table."""

    def run(self) -> list[nodes.Node]:
        """Write the table."""
        return self.parsed(codebook.overview_markdown())


class Codebook(_Generated):
    """``{codebook}``: every table and variable of the data package, below a heading of level 2."""

    def run(self) -> list[nodes.Node]:
        """Write a section for each table."""
        return self.parsed(codebook.tables_markdown(level=3))


class Sources(_Generated):
    """``{sources}``: every source that rows rest on."""

    def run(self) -> list[nodes.Node]:
        """Write the list."""
        return self.parsed(codebook.sources_markdown())


class GlossaryOfBook(_Generated):
    """``{glossary-of-book}``: every term with its meaning, its Chinese and its variables."""

    def run(self) -> list[nodes.Node]:
        """Write the list."""
        root = Path(self.env.srcdir)
        self.env.note_dependency(str(root / "data" / glossary.FILE))
        return [nodes.raw("", glossary.page(glossary.read(root), self.codebook()), format="html")]

    def codebook(self) -> str:
        """Give the address of the codebook from this page, as this kind of book writes it."""
        return self.env.app.builder.get_relative_uri(self.env.docname, "chapters/reference/codebook")


class SessionPlan(_Generated):
    """``{session-plan} NAME``: what the plan of a session says, for its page."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Write aims, preparation, minute plan, exercises and readings."""
        try:
            (one,) = sessions.choose(self.arguments, self.env.app.cybergov_sessions)  # type: ignore[attr-defined]
        except BookError as error:
            raise self.error(str(error)) from None
        self.env.note_dependency(str(Path(self.env.srcdir) / f"{one.docname}.yml"))
        up = "../" * one.docname.count("/")
        address = f"{up}{slides.FOLDER}/{one.name}.html" if self.env.app.builder.name == "html" else ""
        return self.parsed(sessions.plan_markdown(one, self.env.app.cybergov_offer, address))  # type: ignore[attr-defined]


class Sessions(_Generated):
    """``{sessions}``: the map of the seminar, with the verdicts of the accepted ledger."""

    def run(self) -> list[nodes.Node]:
        """Write the table."""
        _, accepted, _ = self.ledger()
        app = self.env.app
        for one in app.cybergov_sessions:  # type: ignore[attr-defined]
            self.env.note_dependency(str(Path(self.env.srcdir) / f"{one.docname}.yml"))
        return self.parsed(sessions.map_markdown(app.cybergov_sessions, app.cybergov_offer, accepted))  # type: ignore[attr-defined]


class Disagreements(_Generated):
    """``{disagreements}``: facts on which sources contradict each other."""

    def run(self) -> list[nodes.Node]:
        """Write the table."""
        return self.parsed(codebook.disagreements_markdown())


# --- mathematics without scripts ------------------------------------------------------------------


def inline_math(self: Any, node: nodes.math) -> None:
    """Write inline mathematics as MathML, which browsers and screen readers know by themselves."""
    self.body.append(latex2mathml.converter.convert(node.astext()))
    raise nodes.SkipNode


def display_math(self: Any, node: nodes.math_block) -> None:
    """Write a displayed formula as MathML, with its number if it has one."""
    number = f'<span class="eqno">({node["number"]})</span>' if node.get("number") else ""
    formula = latex2mathml.converter.convert(node.astext(), display="block")
    # A long one scrolls by itself, so the keyboard must reach it.
    reachable = {"tabindex": "0", "role": "group", "aria-label": "Formula"}
    self.body.append(self.starttag(node, "div", CLASS="formula", **reachable) + formula + number + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("config-inited", use_kept_outputs, priority=100)
    app.connect("builder-inited", drop_thebe, priority=10)
    app.connect("builder-inited", refresh, priority=100)
    app.connect("env-get-outdated", outdated)
    app.connect("env-updated", lambda app, env: note_time(app, "read"))
    app.connect("doctree-resolved", put_anchors)
    app.connect("doctree-resolved", link_terms)
    app.connect("html-page-context", put_take_away)
    app.connect("html-page-context", put_places)
    app.connect("html-page-context", epub.leave_out_scripts, priority=900)
    app.connect("builder-inited", epub.settings, priority=50)
    app.add_builder(epub.BookEpub, override=True)
    app.add_post_transform(epub.ChartsAsPictures)
    app.connect("build-finished", finish)
    app.add_config_value("book_repository", "", "html")
    app.add_config_value("book_pages_branch", "gh-pages", "html")
    app.add_directive("build-status", BuildStatus)
    app.add_directive("ledger", Ledger)
    app.add_directive("cases", Cases)
    app.add_directive("comparison", Comparison)
    app.add_directive("tables", Overview)
    app.add_directive("codebook", Codebook)
    app.add_directive("sources", Sources)
    app.add_directive("disagreements", Disagreements)
    app.add_directive("session-plan", SessionPlan)
    app.add_directive("sessions", Sessions)
    app.add_directive("glossary-of-book", GlossaryOfBook)
    app.add_html_math_renderer("mathml", (inline_math, None), (display_math, None))
    app.add_css_file("book.css")
    for name in ("states.js", "follow.js", "charts.js", "tables.js"):
        app.add_js_file(name, loading_method="defer")
    return {"version": importlib.metadata.version("cybergov"), "parallel_read_safe": True}
