"""The book's Markdown without Sphinx: what is printed or projected alone, when the book is not built.

Slides and packets are made from single chapters. What Sphinx would look up in the whole book (numbers of
figures, references, glued values) is handed in as `Words`; a role that cannot be resolved leaves words that
still say what is meant, never its source.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import latex2mathml.converter
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.front_matter import front_matter_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

_DIRECTIVE = re.compile(r"\{([\w:-]+)\}[ \t]*(.*)")
_OPTION = re.compile(r":([\w-]+):[ \t]*(.*)")
#: A role with words of its own: ``words <target>``.
_TITLED = re.compile(r"(.+?)\s*<([^<>]+)>", re.DOTALL)
#: Directives that are answers, or scripts for the page.
_LEFT_OUT = {"solution", "solution-start", "solution-end", "bibliography"}
_ADMONITIONS = {"admonition", "attention", "caution", "hint", "important", "note", "tip", "warning"}

Generated = Mapping[str, Callable[[str], str]]


# --- directives as written ------------------------------------------------------------------------


@dataclass(frozen=True)
class Directive:
    """A directive as written: its name, what stands on its first line, its options, the text in it."""

    name: str
    argument: str
    options: dict[str, str] = field(default_factory=dict)
    body: str = ""

    @classmethod
    def of(cls, info: str, content: str) -> "Directive | None":
        """Read a fence's first line and content; None if it is a fence of code or words."""
        begins = _DIRECTIVE.fullmatch(info.strip())
        if begins is None:
            return None
        lines, options = content.splitlines(), {}
        while lines and (option := _OPTION.fullmatch(lines[0].strip())):
            options[option[1]] = option[2].strip()
            lines.pop(0)
        return cls(begins[1], begins[2].strip(), options, "\n".join(lines).strip())


def directives(markdown: str) -> Iterator[Directive]:
    """Find the directives in a text, in their order; those within others are left where they are.

    Parameters
    ----------
    markdown : str
        MyST; fences of backticks, tildes and colons.
    """
    for token in MarkdownIt("commonmark").use(colon_fence_plugin).parse(markdown):
        if token.type in ("fence", "colon_fence"):
            found = Directive.of(token.info, token.content)
            if found is not None:
                yield found


# --- written as HTML ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Words:
    """What roles stand for.

    Attributes
    ----------
    glued : mapping of str to str
        Values that chapters computed, by the name under which they were glued.
    labels : mapping of str to str
        Words for figures, tables and exercises, by label: ``Fig. 3``.
    cited : mapping of str to (str, str)
        Names and year of each reference, by key, as `references.short` gives them.
    titles : mapping of str to str
        Titles of pages, by the end of their path: ``puzzle``, ``synthesis/ledger``.
    """

    glued: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    cited: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)

    def role(self, name: str, content: str) -> str:
        """Give the words of a role; those of an unknown role are its content.

        Parameters
        ----------
        name : str
            Such as ``numref`` or ``cite:p``.
        content : str
            What stands between its backticks.
        """
        titled = _TITLED.fullmatch(content)
        words, target = (titled[1], titled[2]) if titled else ("", content)
        if name.startswith("glue"):
            return self.glued.get(target.split("::")[-1], "…")
        if name.startswith("cite"):
            return self._citation([key.strip() for key in content.split(",")], name.endswith(":t"))
        if name == "numref" and "%s" not in words and "{number}" not in words:
            return words or self.labels.get(target, f"“{_readable(target)}” in the book")
        if name in ("numref", "ref", "prf:ref"):
            return self.labels.get(target, words or f"“{_readable(target)}” in the book")
        if name == "doc":
            return words or self._page(target)
        return words or content

    def _citation(self, keys: Sequence[str], in_text: bool) -> str:
        known = [self.cited.get(key, (_readable(key), "")) for key in keys]
        if in_text:
            return ", ".join(f"{who} ({year})" if year else who for who, year in known)
        return f"({'; '.join(f'{who} {year}'.strip() for who, year in known)})"

    def _page(self, target: str) -> str:
        name = target.rsplit("/", 1)[-1].removesuffix(".md")
        found = (title for page, title in self.titles.items() if page.rsplit("/", 1)[-1] == name)
        return next(found, _readable(name))


def _readable(label: str) -> str:
    return re.sub(r"[-_]+", " ", label)


def html(markdown: str, words: Words | None = None, generated: Generated | None = None) -> str:
    """Write a text as HTML that stands alone: no links into the book, no scripts.

    Parameters
    ----------
    markdown : str
        MyST.
    words : Words, optional
        What roles stand for.
    generated : mapping of str to function, optional
        For each directive that writes part of a page, the function that gives its MyST for an argument.

    Returns
    -------
    str
        HTML. Solutions of exercises are left out; a directive that is not known leaves its text.
    """
    return str(_parser(words or Words(), generated or {}).render(markdown)).strip()


def inline(markdown: str, words: Words | None = None) -> str:
    """Write one paragraph as HTML, without the element around it."""
    return str(_parser(words or Words(), {}).renderInline(" ".join(markdown.split()))).strip()


def text(markdown: str, words: Words | None = None) -> str:
    """Write one paragraph in plain words, without any markup."""
    return BeautifulSoup(inline(markdown, words), "html.parser").get_text()


def _parser(words: Words, generated: Generated) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"typographer": True}).enable(["table", "smartquotes"])
    for plugin in (
        colon_fence_plugin,
        deflist_plugin,
        front_matter_plugin,
        myst_block_plugin,
        myst_role_plugin,
    ):
        parser.use(plugin)
    parser.use(dollarmath_plugin, renderer=_formula)

    def fence(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        found = Directive.of(tokens[at].info, tokens[at].content)
        if found is None:
            return f"<pre>{escape(tokens[at].content)}</pre>\n"
        return _directive(found, words, generated)

    def role(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        name, content = tokens[at].meta["name"], " ".join(tokens[at].content.split())
        return _formula(content, {}) if name == "math" else escape(words.role(name, content))

    def link(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return ""  # what it leads to is not there

    def skipped(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return ""

    parser.add_render_rule("fence", fence)
    parser.add_render_rule("colon_fence", fence)
    parser.add_render_rule("myst_role", role)
    for name in ("link_open", "link_close"):
        parser.add_render_rule(name, link)
    for name in ("front_matter", "myst_target", "myst_line_comment", "myst_block_break"):
        parser.add_render_rule(name, skipped)
    return parser


def _formula(latex: str, options: dict[str, Any]) -> str:
    display = "block" if options.get("display_mode") else "inline"
    return str(latex2mathml.converter.convert(latex, display=display))


def _directive(one: Directive, words: Words, generated: Generated) -> str:
    if one.name in generated:
        return html(generated[one.name](one.argument), words, generated) + "\n"
    if one.name in _LEFT_OUT:
        return ""
    if one.name == "code-cell":
        return f"<pre>{escape(one.body)}</pre>\n"
    body = html(one.body, words, generated)
    if one.name == "table":
        caption = f"<table>\n<caption>{inline(one.argument, words)}</caption>"
        return body.replace("<table>", caption, 1) + "\n"
    if one.name in _ADMONITIONS:
        title = inline(one.argument, words) or escape(one.name.capitalize())
        language = ' lang="zh"' if "language-zh" in one.options.get("class", "") else ""
        classes = escape(f"admonition {one.options.get('class', '')}".strip(), quote=True)
        return f'<aside class="{classes}"{language}>\n<p class="title">{title}</p>\n{body}\n</aside>\n'
    if one.name == "exercise":
        return f'<section class="exercise"><h4>{inline(one.argument, words)}</h4>\n{body}\n</section>\n'
    name = escape(one.argument if one.name == "container" else one.name, quote=True)
    return f'<div class="{name}">\n{body}\n</div>\n'
