"""What a reader takes away: executed notebooks, tables, references, and the whole in one file."""

import ast
import html
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
import yaml

from cybergov import data, findings, run
from cybergov.errors import BookError

#: Folder of the pages that holds what is taken away.
FOLDER = "take-away"
#: Name of the book's files for paper and electronic readers, without what follows the dot.
BASENAME = "cybergov"
#: The whole compendium in one file.
BUNDLE = "compendium.zip"
#: Made again by `make`, and no part of the compendium.
LEFT_OUT = {
    "_build",
    ".venv",
    ".git",
    "__pycache__",
    ".pytest_cache",
    ".hypothesis",
    ".ruff_cache",
    ".mypy_cache",
    ".ipynb_checkpoints",
}
#: The same bytes from the same content: no date of a file goes in.
_EPOCH = (1980, 1, 1, 0, 0, 0)


# --- notebooks ------------------------------------------------------------------------------------


def notebook(
    chapter: run.Chapter, kept: nbformat.NotebookNode, repository: str = ""
) -> nbformat.NotebookNode:
    """Give an executed chapter as a notebook that says how to run it elsewhere.

    Parameters
    ----------
    chapter : Chapter
        As `run.chapters` gives it.
    kept : NotebookNode
        Its execution, as `run.run` gives it.
    repository : str
        Address of the book at a code host, if it has one.

    Returns
    -------
    NotebookNode
        The chapter's cells with their outputs, computed numbers set into the text, and before them a cell
        that tells what is needed and one that fetches it where it is missing.
    """
    values = dict(glued(kept))
    cells = [nbformat.v4.new_markdown_cell(_INTRODUCTION.format(title=chapter.title))]
    cells.append(nbformat.v4.new_code_cell(_setup(repository)))
    for cell in kept.cells:
        one = nbformat.from_dict(cell)
        if one.cell_type == "markdown":
            one.source = _GLUE.sub(lambda match: values.get(match[1], match[0]), one.source)
        cells.append(one)
    return of_cells(cells)


def of_cells(cells: Iterable[nbformat.NotebookNode]) -> nbformat.NotebookNode:
    """Make a notebook for the kernel of Python; the same cells give the same bytes."""
    out = nbformat.v4.new_notebook(cells=list(cells))
    for number, one in enumerate(out.cells):
        one.id = f"cell-{number}"  # nbformat draws ids at random
    out.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    out.metadata.language_info = {"name": "python"}
    return out


_GLUE = re.compile(r"\{glue:text\}`([^`]+)`")

_INTRODUCTION = """*{title}*, as it was run for the published pages.

To run it again, unpack the compendium, put this notebook into its folder `notebooks`, make the environment
there with `make env`, and open it with the kernel of `.venv`. The next cell says whether all is there."""

_SETUP = """import importlib.util
from pathlib import Path

here = [Path.cwd(), *Path.cwd().parents]
{fetch}if not any((folder / "data" / "datapackage.json").exists() for folder in here):
    raise SystemExit("Put this notebook into the folder notebooks of the unpacked compendium.")
if importlib.util.find_spec("cybergov") is None:
    raise SystemExit("The library of the book is not installed: run `make env` in the compendium.")"""

_FETCH = """shell = str(globals().get("get_ipython", str)())
if "google.colab" in shell and not Path("/content/book").exists():
    get_ipython().system("git clone --quiet --depth 1 {repository} /content/book")
    get_ipython().run_line_magic("pip", "install --quiet -r /content/book/requirements.txt -e /content/book")
    get_ipython().run_line_magic("cd", "/content/book")
    here = [Path.cwd()]
"""


def _setup(repository: str) -> str:
    return _SETUP.format(fetch=_FETCH.format(repository=repository) if repository else "")


def glued(kept: nbformat.NotebookNode) -> Iterator[tuple[str, str]]:
    """Every word and number that a chapter's cells handed to its text, by name."""
    for cell in kept.cells:
        for output in cell.get("outputs", ()):
            handed = output.get("metadata", {}).get("scrapbook")
            if handed:
                yield (
                    handed["name"],
                    str(ast.literal_eval(output["data"][f"{handed['mime_prefix']}text/plain"])),
                )


def shown_tables(kept: nbformat.NotebookNode) -> Iterator[tuple[str, str, str]]:
    """Every table that a chapter shows by `tables.show`: its label, its caption, all of it as MyST."""
    for cell in kept.cells:
        for output in cell.get("outputs", ()):
            shown = "".join(output.get("data", {}).get("text/markdown", ""))
            for match in _TABLE.finditer(shown):
                yield match["name"], match["caption"].strip(), match[0]


_TABLE = re.compile(
    r"^:::\{table\} (?P<caption>.*)\n:name: (?P<name>\S+)\n.*?^:::$", re.MULTILINE | re.DOTALL
)


# --- the whole ------------------------------------------------------------------------------------


def sources(root: Path) -> list[Path]:
    """List the files of the compendium, without what is made from them."""
    return sorted(
        path
        for path in root.rglob("*")
        if path.is_file()
        and not LEFT_OUT.intersection(path.relative_to(root).parts)
        and not any(part.endswith(".egg-info") for part in path.relative_to(root).parts)
    )


def bundle(root: Path, notebooks: Mapping[str, nbformat.NotebookNode], path: Path) -> None:
    """Write the whole compendium as one file: sources, and the executed notebooks beside them.

    Parameters
    ----------
    root : Path
        The book's folder.
    notebooks : mapping of str to NotebookNode
        From `notebook`, by chapter.
    path : Path
        The file to write. The same content gives the same bytes.
    """
    name = "cybergov-compendium"
    pack(root, path, name)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        for chapter, one in notebooks.items():
            _add(file, f"{name}/notebooks/{chapter}.ipynb", nbformat.writes(one).encode(), 0o644)


def pack(folder: Path, path: Path, name: str) -> None:
    """Write the `sources` in a folder as one file in which they stand below a name.

    Parameters
    ----------
    folder : Path
        Such as the book's.
    path : Path
        The file to write. The same content gives the same bytes.
    name : str
        Of the folder in the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for source in sources(folder):
            mode = 0o755 if source.stat().st_mode & 0o100 else 0o644
            _add(file, f"{name}/{source.relative_to(folder).as_posix()}", source.read_bytes(), mode)


def _add(file: zipfile.ZipFile, name: str, content: bytes, mode: int) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = mode << 16
    file.writestr(info, content)


def write(root: Path, pages: Path, kept: Mapping[str, nbformat.NotebookNode], repository: str = "") -> None:
    """Put everything that can be taken away beside the pages.

    Parameters
    ----------
    root : Path
        The book's folder.
    pages : Path
        Folder of the built pages.
    kept : mapping of str to NotebookNode
        Executions by chapter.
    repository : str
        Address of the book at a code host, if it has one.
    """
    chapters = {chapter.name: chapter for chapter in run.chapters(root)}
    notebooks = {name: notebook(chapters[name], one, repository) for name, one in kept.items()}
    for name, one in notebooks.items():
        path = pages / FOLDER / "notebooks" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(nbformat.writes(one), encoding="utf-8")
    for resource in data.descriptors().values():
        path = pages / FOLDER / "tables" / f"{resource['name']}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((root / "data" / resource["path"]).read_bytes())
    bundle(root, notebooks, pages / FOLDER / BUNDLE)


# --- citing ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Citation:
    """What a reference to the book needs, from ``CITATION.cff``."""

    title: str
    author: str
    version: str
    year: str
    address: str = ""

    @classmethod
    def of(cls, root: Path) -> "Citation":
        """Read it.

        Raises
        ------
        BookError
            If the file lacks one of title, authors, version and date-released.
        """
        path = root / "CITATION.cff"
        try:
            raw: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
            authors = [
                one.get("name") or f"{one['family-names']}, {one['given-names']}" for one in raw["authors"]
            ]
            return cls(
                raw["title"],
                " and ".join(authors),
                str(raw["version"]),
                str(raw["date-released"])[:4],
                raw.get("url", ""),
            )
        except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
            raise BookError(
                f"CITATION.cff: expected title, authors, version and date-released ({error})."
            ) from None

    def bibtex(self, chapter: str, key: str) -> str:
        """Give the reference to a chapter as BibTeX."""
        fields = {
            "author": f"{{{self.author}}}",
            "title": chapter,
            "booktitle": self.title,
            "year": self.year,
            "note": f"Version {self.version}",
            **({"url": self.address} if self.address else {}),
        }
        lines = ",\n".join(f"  {name:<9} = {{{value}}}" for name, value in fields.items())
        return f"@incollection{{{key},\n{lines}\n}}\n"

    def ris(self, chapter: str) -> str:
        """Give the reference to a chapter in the form of RIS."""
        fields = [("TY", "CHAP"), ("AU", self.author), ("TI", chapter), ("BT", self.title), ("PY", self.year)]
        fields += [("N1", f"Version {self.version}"), *([("UR", self.address)] if self.address else [])]
        return "".join(f"{tag}  - {value}\r\n" for tag, value in [*fields, ("ER", "")])

    def words(self, chapter: str) -> str:
        """Give the reference to a chapter in words."""
        return f"{self.author} ({self.year}). {chapter}. In {self.title}, version {self.version}." + (
            f" {self.address}" if self.address else ""
        )


# --- the part of a page ---------------------------------------------------------------------------


def launches(chapter: run.Chapter, repository: str, branch: str) -> dict[str, str]:
    """Give the addresses at which a chapter runs in a browser, by service; none without a repository."""
    match = re.fullmatch(r"https://github\.com/([^/]+/[^/]+?)(\.git)?/?", repository)
    if not match:
        return {}
    place = quote(f"lab/tree/{chapter.docname}.md")
    notebook_at = f"{FOLDER}/notebooks/{chapter.name}.ipynb"
    return {
        "Binder": f"https://mybinder.org/v2/gh/{match[1]}/HEAD?urlpath={place}",
        "Colab": f"https://colab.research.google.com/github/{match[1]}/blob/{branch}/{notebook_at}",
    }


def tables_of(chapter: str, declared: Mapping[str, findings.Claim]) -> list[str]:
    """Name the tables that a chapter's indicators rest on, in the order in which they are declared."""
    known = data.descriptors()
    named = [
        table
        for claim in declared.values()
        if claim.chapter == chapter
        for one in claim.indicators.values()
        for table in one.tables
    ]
    return [table for table in dict.fromkeys(named) if table in known]


def block(
    chapter: run.Chapter,
    citation: Citation,
    tables: Iterable[str],
    up: str,
    launch: Mapping[str, str],
) -> str:
    """Write the end of a chapter's page: what can be taken away, and how to cite it.

    Parameters
    ----------
    chapter : Chapter
        Whose page it is.
    citation : Citation
        Of the book.
    tables : iterable of str
        Names of the tables that the chapter rests on.
    up : str
        Way from the page to the top of the pages, such as ``../../``.
    launch : mapping of str to str
        From `launches`.

    Returns
    -------
    str
        HTML.
    """
    place = f"{up}{FOLDER}"
    key = "cybergov_" + re.sub(r"\W+", "_", chapter.name)
    files = [
        ("BibTeX", f"{key}.bib", citation.bibtex(chapter.title, key), "application/x-bibtex"),
        ("RIS", f"{key}.ris", citation.ris(chapter.title), "application/x-research-info-systems"),
    ]
    cite = ", ".join(
        f'<a download="{file}" href="data:{kind};charset=utf-8,{quote(text)}">{name}</a>'
        for name, file, text, kind in files
    )
    csv = ", ".join(f'<a href="{place}/tables/{name}.csv" download>{name}</a>' for name in tables)
    items = [
        f'<li>The executed notebook: <a href="{place}/notebooks/{chapter.name}.ipynb" download>'
        f"{chapter.name.split('/')[-1]}.ipynb</a></li>",
        *([f"<li>The tables behind its findings, CSV: {csv}</li>"] if csv else []),
        "<li>Its charts: SVG, PNG and Vega-Lite under each of them</li>",
        f'<li>The whole book with library, tables and notebooks: <a href="{place}/{BUNDLE}" download>'
        f"{BUNDLE}</a></li>",
    ]
    if launch:
        # Where the book is published, the same workflow puts both there.
        whole = ", ".join(
            f'<a href="{place}/{BASENAME}.{kind}" download>{kind.upper()}</a>' for kind in ("pdf", "epub")
        )
        items.append(f"<li>The whole book to read elsewhere: {whole}</li>")
        run_in = ", ".join(f'<a href="{address}">{name}</a>' for name, address in launch.items())
        items.append(f"<li>Run it in a browser, with a network: {run_in}</li>")
    return (
        '<section class="take-away-chapter d-print-none" aria-labelledby="take-away-heading">\n'
        '<h2 id="take-away-heading">Take this chapter away</h2>\n'
        f"<ul>\n{chr(10).join(items)}\n</ul>\n"
        f'<p class="cite"><strong>Cite it:</strong> {html.escape(citation.words(chapter.title))} '
        f"({cite})</p>\n"
        "</section>\n"
    )


def open_graph(title: str, description: str, book: str, image: str = "") -> str:
    """Write what previews of a link show, as elements of a page's head."""
    said = {
        "og:type": "article",
        "og:site_name": book,
        "og:title": title,
        "og:description": description,
        **({"og:image": image} if image else {}),
    }
    return "".join(
        f'<meta property="{name}" content="{html.escape(text, quote=True)}" />\n'
        for name, text in said.items()
    )
