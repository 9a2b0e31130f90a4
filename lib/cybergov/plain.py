"""The book's Markdown without Sphinx: what is printed or projected alone, when the book is not built.

Slides and packets are made from single chapters. What Sphinx would resolve in the whole book (numbers of
figures, references, glued values) is handed in as `Words`; a role that cannot be resolved leaves words that
still say what is meant, never its source.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from mdit_py_plugins.colon_fence import colon_fence_plugin

_DIRECTIVE = re.compile(r"\{([\w:-]+)\}[ \t]*(.*)")
_OPTION = re.compile(r":([\w-]+):[ \t]*(.*)")


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
