"""The book's Markdown without Sphinx, and references without BibTeX's marks."""

import re

import pytest

from cybergov import plain, references
from cybergov.errors import BookError

from .conftest import ROOT

WORDS = plain.Words(
    glued={"one.n": "0.5"},
    labels={"fig-x": "Fig. 3", "exercise-y": "the exercise “Why?”"},
    cited={"k_2014": ("Morse & Keohane", "2014"), "m_2000": ("Nye", "2000")},
    titles={"synthesis/ledger": "The ledger"},
)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("{numref}`fig-x`", "Fig. 3"),
        ("{numref}`the chart <fig-x>`", "the chart"),
        ("{numref}`Chart %s <fig-x>`", "Fig. 3"),
        ("{numref}`some-table`", "“some table” in the book"),
        ("{ref}`exercise-y`", "the exercise “Why?”"),
        ("{ref}`this one <elsewhere>`", "this one"),
        ("{cite:t}`k_2014`", "Morse &amp; Keohane (2014)"),
        ("{cite:p}`k_2014,m_2000`", "(Morse &amp; Keohane 2014; Nye 2000)"),
        ("{cite:p}`unknown_2001`", "(unknown 2001)"),
        ("{glue:text}`one.n`", "0.5"),
        ("{glue:text}`../one.md::one.n`", "0.5"),
        ("{glue:text}`one.m`", "…"),
        ("{doc}`../synthesis/ledger`", "The ledger"),
        ("{doc}`the list </synthesis/ledger>`", "the list"),
        ("{abbr}`UN (United Nations)`", "UN (United Nations)"),
        ("[here](../one.md#x) and *there*", "here and <em>there</em>"),
        ('"quoted", 3 < 4', "“quoted”, 3 &lt; 4"),
    ],
)
def test_roles_become_words(written, shown):
    assert plain.inline(written, WORDS) == shown


def test_plain_words_have_no_markup():
    assert plain.text("A *b* {numref}`fig-x` `c` < d", WORDS) == "A b Fig. 3 c < d"


def test_formulas_become_mathml():
    assert "<msup>" in plain.html("Where $a^2$ holds.")
    assert 'display="block"' in plain.html("$$\na = b\n$$")
    assert "<msup>" in plain.html("Where {math}`a^2` holds.")


def test_a_page_keeps_its_text_and_loses_what_needs_the_book():
    made = plain.html(
        """---
a: b
---
(target)=
# Heading

% a remark

:::{table} Which *one*?
:name: t

| A | B |
|:--|--:|
| {numref}`fig-x` | 2 |
:::

```{exercise} Try
:label: exercise-t

Do it.
```

```{solution} exercise-t
Secret.
```

:::{admonition} 摘要
:class: abstract-zh language-zh

字
:::

:::{note}
Mind.
:::

```text
a <b> | c
```

:::{container} table-note
Small.
:::
""",
        WORDS,
    )
    assert "<h1>Heading</h1>" in made
    assert "<caption>Which <em>one</em>?</caption>" in made
    assert "Fig. 3</td>" in made
    assert '<section class="exercise"><h4>Try</h4>\n<p>Do it.</p>' in made
    assert '<aside class="admonition abstract-zh language-zh" lang="zh">' in made
    assert '<p class="title">Note</p>' in made
    assert "<pre>a &lt;b&gt; | c\n</pre>" in made
    assert '<div class="table-note">\n<p>Small.</p>' in made
    for word in ("Secret", "target", "remark", ":::", "{", "a: b"):
        assert word not in made, word


def test_generated_parts_are_written_in_place():
    made = plain.html(
        "```{plan} first\n```", WORDS, {"plan": lambda name: f"## Of {name}\n\n{{numref}}`fig-x`"}
    )
    assert made == "<h2>Of first</h2>\n<p>Fig. 3</p>"


def test_directives_are_found_in_every_kind_of_fence():
    text = "````{exercise} A\n:label: a\n:class: x\n\nWhat?\n```python\n1\n```\n````\n\n:::{note}\nB\n:::\n\n```python\nc\n```"
    one, two = plain.directives(text)
    assert (one.name, one.argument, one.options) == ("exercise", "A", {"label": "a", "class": "x"})
    assert one.body == "What?\n```python\n1\n```"
    assert (two.name, two.body) == ("note", "B")


def test_no_text_of_the_book_shows_the_source_of_a_role():
    for path in sorted((ROOT / "chapters").rglob("*.md")):
        made = re.sub(
            r"<(pre|code)>.*?</\1>", "", plain.html(path.read_text(encoding="utf-8")), flags=re.DOTALL
        )
        assert not re.search(r"\{[a-z]+(:[a-z]+)?\}", made), path
        assert ":::" not in made, path


def test_references_are_named_as_texts_name_them():
    entries = references.read(ROOT / "references.bib")
    assert references.short(entries["morse_keohane_2014"]) == ("Morse and Keohane", "2014")
    assert references.short(entries["biermann_etal_2009"]) == ("Biermann et al.", "2009")
    assert references.short(entries["zelli_vanasselt_2013"]) == ("Zelli and van Asselt", "2013")
    assert references.short(entries["eurepoc"])[1] == "n.d."
    assert references.title(entries["nye_2014"]) == "The Regime Complex for Managing Global Cyber Activities"


def test_whole_references_come_in_the_order_asked_for_and_without_marks():
    entries = references.read(ROOT / "references.bib")
    keys = ["zurn_faude_2013", "biermann_etal_2009"]
    first, second = references.html(entries, keys)
    assert first.startswith("Michael Zürn and Benjamin Faude.")
    assert "<em>Global Environmental Politics</em>, 9(4):14–40, 2009." in second
    assert references.html(entries, []) == []
    for line in references.html(entries, entries):
        assert "bibtex-protected" not in line
        assert "{" not in line


def test_a_bibliography_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(BookError, match=r"none\.bib cannot be read"):
        references.read(tmp_path / "none.bib")
    (tmp_path / "twice.bib").write_text("@book{a, title={T}}\n@book{a, title={U}}")
    with pytest.raises(BookError, match=r"twice\.bib cannot be read"):
        references.read(tmp_path / "twice.bib")
