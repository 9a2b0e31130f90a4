"""What the pages lead to by name: states, claims, indicators and terms, for the lists that scripts read."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cybergov import data, findings, glossary, states
from cybergov.files import write_atomically

#: Other names of states: those that some charts have for want of room, and those that readers look for.
OTHER_NAMES = {
    "CIV": ("Ivory Coast",),
    "CPV": ("Cape Verde",),
    "CZE": ("Czech Republic",),
    "MKD": ("Macedonia",),
    "MMR": ("Burma",),
    "PRK": ("DPR Korea", "North Korea"),
    "SWZ": ("Swaziland",),
    "TLS": ("East Timor",),
    "TUR": ("Turkey",),
}


@dataclass(frozen=True)
class Place:
    """A place on a page: what it is, the names by which it is looked for, and where it stands.

    ``rest`` follows the page's address, such as ``#A1.split`` or ``?state=BRA``.
    """

    kind: str
    names: tuple[str, ...]
    title: str
    docname: str
    rest: str


def names_of_states() -> dict[str, list[str]]:
    """Give every member state's names by its code, the usual one first."""
    known: dict[str, list[str]] = {}
    if "states" in data.descriptors():
        usual = states.names()
        for iso3, name, whole in zip(usual.index, usual, data.load("states")["name"], strict=True):
            others = [whole, name.replace(" of America", ""), *OTHER_NAMES.get(iso3, ())]
            known[iso3] = list(dict.fromkeys([name, *others]))
    return known


def of_claims(declared: Mapping[str, findings.Claim]) -> list[Place]:
    """List the boxes of claims and the rows of their indicators."""
    out = []
    for claim in declared.values():
        docname = f"chapters/{claim.chapter}"
        box = f"#claim-{claim.id.lower()}"
        out.append(Place("Claim", (claim.id,), f"{claim.id}: {claim.claim}", docname, box))
        for name, one in claim.indicators.items():
            out.append(Place("Indicator", (name,), f"{name}: {one.question}", docname, f"#{name}"))
    return out


def of_terms(terms: Iterable[glossary.Term], docname: str) -> list[Place]:
    """List the entries of the glossary, which stands on the page ``docname``."""
    return [
        Place("Term", (one.term, one.zh, *one.also), f"{one.term} {one.zh}", docname, f"#{one.anchor}")
        for one in terms
    ]


def of_states(docname: str) -> list[Place]:
    """List the states, each as it is followed from the page ``docname`` on."""
    return [
        Place("State", (*names, iso3), f"{names[0]}: follow it through the book", docname, f"?state={iso3}")
        for iso3, names in names_of_states().items()
    ]


def write_script(path: Path, variable: str, value: Any) -> None:
    """Write a script that sets a variable of the window; from the disk, pages can load no other list."""
    write_atomically(path, f"window.{variable} = {json.dumps(value, ensure_ascii=False)};\n")


def write_states(root: Path) -> Path:
    """Write the states that a reader can follow, with all names that charts have for them, as a script."""
    path = root / "_build" / "scripts" / "states.js"
    write_script(path, "bookStates", names_of_states())
    return path
