"""A small book with a session of a seminar, and the notebook that a run of its chapter would leave."""

import copy
from typing import Any

import altair as alt
import nbformat
import pandas as pd
import yaml

from cybergov import charts, material, sessions, tables

CHAPTER = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# One: a chapter

```{code-cell} ipython3
:tags: [parameters]
start = 1
```

```{code-cell} ipython3
---
mystnb:
  figure:
    caption: |
      A line through {glue:text}`one.points` points. Source: two sticks.
    name: fig-line
---
import altair as alt
import pandas as pd
from cybergov import charts, findings, tables
findings.glue("one.points", 2)
line = alt.Chart(pd.DataFrame({"x": [1, 2], "y": [start, 2]})).mark_line().encode(x="x:Q", y="y:Q")
charts.show(line.properties(title="It rises & falls"), description="A line < 3 high.", name="line")
```

```{code-cell} ipython3
tables.show(pd.DataFrame({"a": ["b"], "n": [1]}), name="some-table", caption="What is *there*?")
```

```{code-cell} ipython3
findings.record("A1.first", start, interval=(start, 3.0))
findings.record("A1.second", -2.0, interval=(-1.0, 3.0), p=0.04)
```

```{exercise} Reading *it*
:label: exercise-line

Look at {numref}`fig-line` and {numref}`some-table`. What is `start`?
To check: the number, as `1`.
```

```{solution-start} exercise-line
:label: solution-line
```

The answer is one.

```{solution-end}
```
"""

CLAIMS = """
A1:
  claim: Something is so & more.
  part: The puzzle
  chapter: one
  indicators:
    A1.first: &indicator
      question: Is it?
      measure: A number
      tables: [none]
      unit: points
      rule: low > 0
      tolerance: 0.001
    A1.second: {<<: *indicator, rule: p < 0.01}
B1:
  claim: Nobody has tested this.
  part: The puzzle
"""

LEDGER = (
    "indicator,value,low,high,p,supports,verdict\n"
    "A1.first,1,1,3,,yes,partly supported\n"
    "A1.second,-2,-1,3,0.04,no,partly supported\n"
)

REFERENCES = """
@article{nye_2014,
  author = {Nye, Jr., Joseph S.}, title = {The Regime Complex}, journal = {A Journal}, year = {2014},
  doi = {10.1/2}
}
@article{cai_2018, author = {Cai, Cuihong}, title = {网络 [The Net]}, journal = {B}, year = {2018}}
@book{three_2000, author = {A, B. and C, D. and E, F.}, title = {Book}, publisher = {P}, year = {2000}}
"""

PLAN: dict[str, Any] = {
    "title": "First things",
    "chapters": ["one"],
    "claims": ["A1"],
    "aims": ["Participants can read a line.", "They can tell *it*.", "They can stop."],
    "prepare": {"students": ["Read chapter one."], "teacher": ["Open it."]},
    "minutes": [
        {"minutes": 30, "what": "Opening", "how": "plenum"},
        {"minutes": 60, "what": "Work", "how": "groups"},
    ],
    "exercises": {"class": ["exercise-line"], "home": []},
    "slides": [
        {"title": "Words & more", "points": ["One point", "See {numref}`fig-line`"], "notes": "Say it."},
        {"claim": "A1", "notes": "Ask first."},
        {"claim": "B1", "notes": "Not tested."},
        {
            "chapter": "one",
            "figure": "fig-line",
            "ask": "Does it rise?",
            "notes": "Point at {numref}`fig-line`.",
        },
        {"exercise": "exercise-line", "notes": "Ten minutes."},
        {"title": "End", "points": ["Last"], "notes": "Close {cite:p}`nye_2014`."},
    ],
    "readings": {"en": ["nye_2014", "three_2000"], "zh": ["cai_2018"]},
    "required": 1,
}

PAGE = """# Session 1. First things

```{session-plan} first
```

## Discussion

What does {numref}`fig-line` say, and {numref}`some-table`, after {cite:t}`three_2000`?

```{ledger} A1
```

:::{admonition} 中文摘要
:class: dropdown abstract-zh language-zh

一句话。
:::

```text
board | plan
```
"""


def write_seminar(book: Any) -> None:
    """Give a small book a chapter with a figure, a table and an exercise, and a session on it."""
    book.write("chapters/one.md", CHAPTER)
    book.write("data/claims.yml", CLAIMS)
    book.write("data/findings.csv", LEDGER)
    book.write("references.bib", REFERENCES)
    book.write("CITATION.cff", "title: T\nauthors: [{name: N}]\nversion: 1\ndate-released: 2026-01-01\n")
    pages = ["one", "two", "seminar/sessions/first"]
    toc = {"format": "jb-book", "root": "intro", "chapters": [{"file": f"chapters/{name}"} for name in pages]}
    book.write("_toc.yml", yaml.safe_dump(toc))
    book.write("chapters/seminar/sessions/first.md", PAGE)
    write_plan(book, PLAN)


def write_plan(book: Any, plan: Any, name: str = "first") -> Any:
    """Write the plan of a session; gives the file."""
    text = yaml.safe_dump(plan, sort_keys=False, allow_unicode=True)
    return book.write(f"{sessions.FOLDER}/{name}.yml", text)


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """The plan with another value at a place, such as ``"minutes", 0, "how"``."""
    plan = copy.deepcopy(PLAN)
    inner: Any = plan
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    return plan


def ran(offer: sessions.Offer) -> nbformat.NotebookNode:
    """The chapter as a run would leave it, without a kernel."""
    notebook = nbformat.from_dict(copy.deepcopy(offer.chapters["one"].notebook))
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    line = alt.Chart(pd.DataFrame({"x": [1, 2], "y": [1, 2]})).mark_line().encode(x="x:Q", y="y:Q")
    figure = charts.show(
        line.properties(title="It rises & falls"), description="A line < 3 high.", name="line"
    )
    glued = {"scrapbook": {"name": "one.points", "mime_prefix": "application/papermill.record/"}}
    shown, _ = figure._repr_mimebundle_()
    table = tables.show(pd.DataFrame({"a": ["b"], "n": [1]}), name="some-table", caption="What is *there*?")
    code[1].outputs = [
        output({"application/papermill.record/text/plain": "'2'"}, glued),
        output({"text/html": shown["text/html"]}),
    ]
    code[2].outputs = [output({"text/markdown": table.data})]
    return notebook


def output(data: dict[str, str], metadata: dict[str, Any] | None = None) -> nbformat.NotebookNode:
    """What a cell shows."""
    made: nbformat.NotebookNode = nbformat.v4.new_output("display_data", data=data, metadata=metadata or {})
    return made


def made_material(book: Any) -> tuple[list[sessions.Session], material.Material]:
    """The sessions of the small book, and what their chapter hands over."""
    from cybergov import findings

    offer = sessions.Offer.of(book.root)
    accepted = findings.read_ledger(book.root / "data" / "findings.csv")
    return sessions.sessions(offer=offer), material.Material(offer, {"one": ran(offer)}, accepted)
