"""The book for readers of electronic books: Sphinx's own EPUB, with charts as pictures and no scripts.

Made by ``cybergov epub``, or by ``jupyter-book build . --builder custom --custom-builder epub``. What
only works on a page with scripts (buttons, folds, downloads) has no place in it; solutions stay with the
pages.
"""

import base64
import hashlib
import re
import shutil
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders.epub3 import Epub3Builder
from sphinx.transforms.post_transforms import SphinxPostTransform

from cybergov import takeaway

NAME = "epub"
STYLE = Path(__file__).with_name("epub.css")
#: Folder, beside what Sphinx keeps of a build, in which pictures of charts wait to be taken in.
_PICTURES = "pictures"
#: Words of myst-nb for cells whose code is folded away.
_HIDE_INPUT = ("input", "input+output", "all")
#: What pages may hold and XML may not: tags that never close, and the style that pandas puts into its tables.
_VOID = re.compile(r"<(br|hr)\s*>")
_STYLE_OF_FRAMES = re.compile(r"<style scoped>.*?</style>", re.DOTALL)


class BookEpub(Epub3Builder):
    """Sphinx's builder of EPUB 3, without the scripts and styles of the pages."""

    name = NAME

    def copy_static_files(self) -> None:
        """Put the one style sheet beside the pages, and how code is coloured."""
        place = Path(self.outdir) / "_static"
        place.mkdir(parents=True, exist_ok=True)
        self.create_pygments_style_file()
        shutil.copyfile(STYLE, place / STYLE.name)


def settings(app: Sphinx) -> None:
    """Name the book as ``CITATION.cff`` does; the pages' settings know nothing of this."""
    if app.builder.name != NAME:
        return
    config, book = app.config, takeaway.Citation.of(Path(app.srcdir))
    config.epub_title = book.title
    config.epub_author = config.epub_publisher = config.epub_contributor = book.author
    config.epub_copyright = f"{book.year}, {book.author}"
    config.epub_description = " ".join((config.myst_html_meta or {}).get("description", "").split())
    config.epub_language = "en"
    config.epub_identifier = book.address or book.title
    config.epub_uid = "book"
    config.epub_basename = takeaway.BASENAME
    config.version = config.release = book.version
    config.epub_show_urls = "no"
    config.epub_tocscope = "includehidden"
    config.epub_tocdepth = 2
    config.epub_use_index = False


class ChartsAsPictures(SphinxPostTransform):
    """What a page shows by scripts, as a document without them does."""

    default_priority = 5  # before pictures are collected for the builder, and folds are made
    builders = (NAME,)

    def run(self, **_: Any) -> None:
        """Exchange charts, and take out what has no place."""
        for node in list(self.document.findall(nodes.raw)):
            html = node.astext()
            if "book-chart" in html:
                node.replace_self(self._picture(html))
            elif (strict := _VOID.sub(r"<\1/>", _STYLE_OF_FRAMES.sub("", html))) != html:
                node.replace_self(nodes.raw("", strict, format="html"))
        for element in list(self.document.findall(nodes.Element)):
            classes = element.get("classes", ())
            hidden = "cell_input" in classes and element.parent.get("hide_mode") in _HIDE_INPUT
            if hidden or "solution" in classes:
                element.parent.remove(element)
        for cell in self.document.findall(nodes.container):
            cell.attributes.pop("hide_mode", None)

    def _picture(self, html: str) -> list[nodes.Node]:
        """Give the static picture of a chart as a file, with its title above and its words behind it."""
        figure = BeautifulSoup(html, "html.parser").select_one("figure.book-chart")
        assert figure is not None
        shown, title = figure.select_one("img.chart-static"), figure.select_one(".chart-title")
        assert shown is not None
        drawing = base64.b64decode(str(shown["src"]).partition("base64,")[2])
        folder = Path(self.app.doctreedir) / _PICTURES
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{figure.get('id', '')}-{hashlib.sha256(drawing).hexdigest()[:8]}.svg"
        path.write_bytes(drawing)
        uri = str(path)
        self.env.images.add_file(self.env.docname, uri)
        picture = nodes.image(uri=uri, candidates={"*": uri}, alt=str(figure.get("aria-label", "")))
        out: list[nodes.Node] = []
        if title is not None:
            words = title.get_text(" ", strip=True)
            out.append(nodes.paragraph("", "", nodes.strong("", words), classes=["chart-title"]))
        return [*out, picture]


def leave_out_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Let pages of the EPUB name its own style only."""
    if app.builder.name == NAME:
        context["script_files"] = []
        context["css_files"] = ["_static/pygments.css", f"_static/{STYLE.name}"]
        # Only the pages' style shows it.
        context["body"] = re.sub(r' data-meaning="[^"]*"', "", context.get("body", ""))
