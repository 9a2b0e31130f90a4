"""The sessions of the seminar: their plans, checked against the book, and what pages say of them.

Each page ``chapters/seminar/sessions/NAME.md`` has a plan ``NAME.yml`` beside it. `sessions` reads the
plans in the order of ``_toc.yml``; whatever a plan names (chapters, claims, figures, exercises, references)
must stand in the book. From the same plans come the tables of the pages, the slides and the printed packets.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from cybergov import data, exercises, findings, references, run, tables
from cybergov.errors import BookError

FOLDER = "chapters/seminar/sessions"
#: Length of a session in minutes.
LENGTH = 90
#: Who works in a part of a session.
HOW = ("plenum", "lecture", "pairs", "groups", "individual")
#: How many aims a session has, and how many slides its plan names: fewest and most.
AIMS, SLIDES = (3, 4), (6, 12)
#: What a slide has room for: points, and characters of a point, a heading, a question and an aim.
POINTS, LONGEST = (1, 6), {"points": 130, "title": 70, "ask": 140, "aims": 160}


@dataclass(frozen=True)
class Block:
    """A part of a session: how long, what is done, and by whom (one of `HOW`)."""

    minutes: int
    what: str
    how: str


@dataclass(frozen=True)
class FigureSlide:
    """A figure of a chapter, with a question to the room beneath it."""

    chapter: str
    figure: str
    ask: str
    notes: str


@dataclass(frozen=True)
class ClaimSlide:
    """A claim with its indicators and the verdict of the ledger."""

    claim: str
    notes: str


@dataclass(frozen=True)
class WordsSlide:
    """A few points in words."""

    title: str
    points: tuple[str, ...]
    notes: str


@dataclass(frozen=True)
class ExerciseSlide:
    """An exercise as it stands in its chapter, without the solution."""

    exercise: str
    notes: str


Slide = FigureSlide | ClaimSlide | WordsSlide | ExerciseSlide
#: What each kind of slide is known by: the key that no other kind has.
KINDS: dict[str, type[Slide]] = {
    "figure": FigureSlide,
    "claim": ClaimSlide,
    "points": WordsSlide,
    "exercise": ExerciseSlide,
}


@dataclass(frozen=True)
class Session:
    """A session as it is planned; ``number`` is its place among the sessions, from 1."""

    name: str
    number: int
    title: str
    chapters: tuple[str, ...]
    claims: tuple[str, ...]
    aims: tuple[str, ...]
    students: tuple[str, ...]
    teacher: tuple[str, ...]
    blocks: tuple[Block, ...]
    in_class: tuple[str, ...]
    at_home: tuple[str, ...]
    slides: tuple[Slide, ...]
    required: tuple[str, ...]
    further: tuple[str, ...]
    chinese: tuple[str, ...]

    @property
    def docname(self) -> str:
        """Name of the session's page."""
        return f"{FOLDER}/{self.name}"

    @property
    def exercises(self) -> tuple[str, ...]:
        """Labels of all exercises, those of the class first."""
        return tuple(dict.fromkeys([*self.in_class, *self.at_home]))


# --- what the book has to offer -------------------------------------------------------------------


@dataclass(frozen=True)
class Figure:
    """A figure of a chapter: its label, its number in the whole book, and its caption as written."""

    label: str
    chapter: str
    number: int
    caption: str


@dataclass(frozen=True)
class Offer:
    """What plans can name: all pages by the name that plans use, and what stands on them."""

    root: Path
    pages: Mapping[str, str]
    chapters: Mapping[str, run.Chapter]
    claims: Mapping[str, findings.Claim]

    @classmethod
    def of(cls, root: Path | None = None) -> "Offer":
        """Read the book.

        Parameters
        ----------
        root : Path, optional
            Another book in place of this one.

        Raises
        ------
        BookError
            If the table of contents, a chapter or the claims cannot be read.
        """
        root = root or data.root()
        return cls.from_parts(root, run.chapters(root), findings.all_declared(root))

    @classmethod
    def from_parts(
        cls, root: Path, chapters: Iterable[run.Chapter], claims: Mapping[str, findings.Claim]
    ) -> "Offer":
        """Use chapters and claims that have been read already."""
        pages = {name.removeprefix("chapters/"): name for name in map(str, run.contents(root))}
        return cls(root, pages, {one.name: one for one in chapters}, claims)

    @cached_property
    def figures(self) -> dict[str, Figure]:
        """Figures of all chapters by label, numbered as the pages number them."""
        found: dict[str, Figure] = {}
        for name, chapter in self.chapters.items():
            for cell in chapter.notebook.cells:
                figure = cell.metadata.get("mystnb", {}).get("figure")
                if figure:
                    one = Figure(figure.get("name", ""), name, len(found) + 1, figure.get("caption", ""))
                    found[one.label or f"unnamed-{one.number}"] = one
        return found

    @cached_property
    def exercises(self) -> dict[str, exercises.Exercise]:
        """Exercises of all chapters by label, in the order of the book."""
        return {
            one.label: one
            for name, chapter in self.chapters.items()
            for one in exercises.read(chapter.path.read_text(encoding="utf-8"), name)
        }

    @cached_property
    def references(self) -> dict[str, Any]:
        """Entries of the bibliography by key, as pybtex reads them."""
        return references.read(self.root / references.FILE)

    def title(self, name: str) -> str:
        """Give the heading of the page that plans call ``name``."""
        if name in self.chapters:
            return self.chapters[name].title
        text = (self.root / f"{self.pages[name]}.md").read_text(encoding="utf-8")
        heading = (line[2:].strip() for line in text.splitlines() if line.startswith("# "))
        return next(heading, name)


# --- plans ----------------------------------------------------------------------------------------


def sessions(root: Path | None = None, offer: Offer | None = None) -> list[Session]:
    """Read the plans of all sessions, in the order in which ``_toc.yml`` lists their pages.

    Parameters
    ----------
    root : Path, optional
        Another book in place of this one.
    offer : Offer, optional
        What the book has to offer, if it has been read already.

    Returns
    -------
    list of Session
        Empty for a book without pages of sessions.

    Raises
    ------
    BookError
        If a page has no plan, a plan no page, or a plan is not as `plan` wants it.
    """
    offer = offer or Offer.of(root)
    names = [Path(name).name for name in offer.pages.values() if Path(name).parent.as_posix() == FOLDER]
    stray = sorted({path.stem for path in (offer.root / FOLDER).glob("*.yml")} - set(names))
    if stray:
        raise BookError(
            f"{FOLDER}/{stray[0]}.yml is the plan of no page: name {FOLDER}/{stray[0]} in _toc.yml, "
            "or remove the plan."
        )
    return [plan(offer.root / FOLDER / f"{name}.yml", offer, at) for at, name in enumerate(names, 1)]


def choose(names: Sequence[str], known: Sequence[Session]) -> list[Session]:
    """Give the sessions that are named or numbered, in the order of the seminar; all if none is.

    Raises
    ------
    BookError
        If there is no such session; the nearest name is suggested.
    """
    by_name = {one.name: one for one in known} | {str(one.number): one for one in known}
    if not known:
        raise BookError(f"This book has no sessions: _toc.yml names no page in {FOLDER}.")
    for name in names:
        if name not in by_name:
            listed = ", ".join(f"{one.number} {one.name}" for one in known)
            raise BookError(f"There is no session {name!r}; there are {listed}.{_near(name, by_name)}")
    wanted = {by_name[name].name for name in names}
    return [one for one in known if not names or one.name in wanted]


def plan(path: Path, offer: Offer, number: int = 1) -> Session:
    """Read the plan of a session and hold it against the book.

    Parameters
    ----------
    path : Path
        The plan, ``NAME.yml``.
    offer : Offer
        What it can name.
    number : int
        The session's place among the sessions.

    Returns
    -------
    Session

    Raises
    ------
    BookError
        One sentence on the first thing that is not as it should be: the file and the place in it, what
        stands there, what was expected, and the nearest name that the book has.
    """
    where = path.name
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), findings.EachKeyOnce)  # a SafeLoader
    except OSError as error:
        raise BookError(
            f"{FOLDER}/{where} cannot be read ({error.strerror}); it holds the plan of the session."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BookError(f"{where} is no valid YAML: {' '.join(str(error).split())}") from None
    top = ("title", "chapters", "claims", "aims", "prepare", "minutes", "exercises", "slides", "readings")
    entries = _mapping(raw, where, (*top, "required"))
    prepare = _mapping(entries["prepare"], f"{where}, prepare", ("students", "teacher"))
    tasks = _mapping(entries["exercises"], f"{where}, exercises", ("class", "home"))
    readings = _mapping(entries["readings"], f"{where}, readings", ("en", "zh"))

    chapters = _known_names(entries["chapters"], f"{where}, chapters", "page in _toc.yml", offer.pages)
    if not chapters:
        raise BookError(f"{where}, chapters: expected at least one chapter, the main one first.")
    claims = _known_names(entries["claims"], f"{where}, claims", "claim or case", offer.claims)
    aims = _texts(entries["aims"], f"{where}, aims", LONGEST["aims"])
    _within(len(aims), AIMS, f"{where}, aims", "aims")
    here = {label: one for label, one in offer.exercises.items() if one.chapter in chapters}
    there = f"exercise in {', '.join(chapters)}"
    in_class, at_home = (_known_names(tasks[k], f"{where}, exercises, {k}", there, here) for k in tasks)
    slides = _slides(entries["slides"], where, chapters, here, offer)
    english, chinese = (
        _known_names(
            readings[key], f"{where}, readings, {key}", f"reference in {references.FILE}", offer.references
        )
        for key in readings
    )
    both = set(english) & set(chinese)
    if both:
        raise BookError(f"{where}, readings: {min(both)} stands under en and under zh; keep one of them.")
    required = entries["required"]
    if type(required) is not int or not 0 <= required <= len(english):
        raise BookError(
            f"{where}, required: expected how many of the {len(english)} readings under en are required, "
            f"a whole number up to that, not {required!r}."
        )
    return Session(
        name=path.stem,
        number=number,
        title=_text(entries["title"], f"{where}, title", LONGEST["title"]),
        chapters=chapters,
        claims=claims,
        aims=aims,
        students=_texts(prepare["students"], f"{where}, prepare, students"),
        teacher=_texts(prepare["teacher"], f"{where}, prepare, teacher"),
        blocks=_blocks(entries["minutes"], f"{where}, minutes"),
        in_class=in_class,
        at_home=at_home,
        slides=slides,
        required=english[:required],
        further=english[required:],
        chinese=chinese,
    )


def _blocks(raw: Any, where: str) -> tuple[Block, ...]:
    blocks = []
    for at, entry in enumerate(_list(raw, where), 1):
        place = f"{where}, entry {at}"
        one = _mapping(entry, place, [field.name for field in fields(Block)])
        if type(one["minutes"]) is not int or one["minutes"] < 1:
            raise BookError(f"{place}: expected a whole number of minutes from 1, not {one['minutes']!r}.")
        (how,) = _known_names([one["how"]], f"{place}, how", "way to work", HOW)
        blocks.append(Block(one["minutes"], _text(one["what"], f"{place}, what"), how))
    total = sum(block.minutes for block in blocks)
    if total != LENGTH:
        raise BookError(f"{where}: the entries add up to {total} minutes, and a session has {LENGTH}.")
    return tuple(blocks)


def _slides(
    raw: Any, where: str, chapters: Sequence[str], exercises: Mapping[str, exercises.Exercise], offer: Offer
) -> tuple[Slide, ...]:
    entries = _list(raw, f"{where}, slides")
    _within(len(entries), SLIDES, f"{where}, slides", "slides")
    return tuple(
        _slide(entry, f"{where}, slide {at}", chapters, exercises, offer)
        for at, entry in enumerate(entries, 1)
    )


def _slide(
    entry: Any, place: str, chapters: Sequence[str], exercises: Mapping[str, exercises.Exercise], offer: Offer
) -> Slide:
    is_a = [key for key in KINDS if isinstance(entry, dict) and key in entry]
    if len(is_a) != 1:
        raise BookError(f"{place}: expected a slide with exactly one of the keys {', '.join(KINDS)}.")
    kind = KINDS[is_a[0]]
    one = dict(_mapping(entry, place, [field.name for field in fields(kind) if field.default is MISSING]))
    for key in one:
        read = _texts if key == "points" else _text
        one[key] = read(one[key], f"{place}, {key}", LONGEST.get(key))
    if kind is WordsSlide:
        _within(len(one["points"]), POINTS, f"{place}, points", "points")
    if kind is FigureSlide:
        executable = [name for name in chapters if name in offer.chapters]
        _known_names([one["chapter"]], f"{place}, chapter", "chapter of this session that runs", executable)
        mine = [label for label, figure in offer.figures.items() if figure.chapter == one["chapter"]]
        _known_names([one["figure"]], f"{place}, figure", f"figure in {one['chapter']}", mine)
    elif kind is ClaimSlide:
        _known_names([one["claim"]], f"{place}, claim", "claim or case", offer.claims)
    elif kind is ExerciseSlide:
        label = f"exercise in {', '.join(chapters)}"
        _known_names([one["exercise"]], f"{place}, exercise", label, exercises)
    return kind(**one)


# Each of these gives back what it was handed, once it is as it should be.


def _mapping(raw: Any, where: str, keys: Sequence[str]) -> dict[str, Any]:
    """Refuse what is no mapping, and keys that are unknown or missing; give it in the order of the keys."""
    if not isinstance(raw, dict):
        raise BookError(f"{where}: expected a mapping with {', '.join(keys)}.")
    for key in raw:
        if key not in keys:
            raise BookError(f"{where}: unknown key {key!r}; known are {', '.join(keys)}.{_near(key, keys)}")
    missing = [key for key in keys if key not in raw]
    if missing:
        raise BookError(f"{where}: {', '.join(missing)} missing; expected {', '.join(keys)}.")
    return {key: raw[key] for key in keys}


def _list(raw: Any, where: str) -> list[Any]:
    if not isinstance(raw, list):
        raise BookError(f"{where}: expected a list, not {raw!r}.")
    return raw


def _text(raw: Any, where: str, longest: int | None = None) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise BookError(
            f"{where}: expected words, not {raw!r}; put a text that holds a colon between quotation marks."
        )
    text = " ".join(raw.split())
    if longest is not None and len(text) > longest:
        raise BookError(f"{where}: expected at most {longest} characters, and there are {len(text)}.")
    return text


def _texts(raw: Any, where: str, longest: int | None = None) -> tuple[str, ...]:
    entries = enumerate(_list(raw, where), 1)
    texts = tuple(_text(one, f"{where}, entry {at}", longest) for at, one in entries)
    if not texts:
        raise BookError(f"{where}: expected at least one entry.")
    return texts


def _known_names(raw: Any, where: str, what: str, known: Iterable[str]) -> tuple[str, ...]:
    names, known = _list(raw, where), list(known)
    for name in names:
        if name not in known:
            few = f"; there are {', '.join(known) or 'none'}" if len(known) <= 12 else ""
            raise BookError(f"{where}: there is no {what} {name!r}{few}.{_near(name, known)}")
        if names.count(name) > 1:
            raise BookError(f"{where}: {name} stands there twice.")
    return tuple(names)


def _within(count: int, bounds: tuple[int, int], where: str, what: str) -> None:
    if not bounds[0] <= count <= bounds[1]:
        raise BookError(f"{where}: expected {bounds[0]} to {bounds[1]} {what}, and there are {count}.")


def _near(name: Any, known: Iterable[str]) -> str:
    near = get_close_matches(str(name), list(known), 1)
    return f" Did you mean {near[0]}?" if near else ""


# --- what pages say of them -----------------------------------------------------------------------


def clock(minutes: int) -> str:
    """Write minutes since the beginning as hours and minutes, such as ``1:05``."""
    return f"{minutes // 60}:{minutes % 60:02d}"


def timed(blocks: Iterable[Block]) -> list[tuple[str, Block]]:
    """Give each block its time, such as ``0:10–0:25``, which no line breaks."""
    out, begins = [], 0
    for block in blocks:
        out.append((f"{clock(begins)}\u2060–\u2060{clock(begins + block.minutes)}", block))
        begins += block.minutes
    return out


def plan_table(session: Session) -> pd.DataFrame:
    """Give the minute plan as a table: time, minutes, what, who."""
    return pd.DataFrame(
        {"Time": time, "Minutes": block.minutes, "What": block.what, "Work": block.how}
        for time, block in timed(session.blocks)
    )


def plan_markdown(session: Session, offer: Offer, slides: str = "") -> str:
    """Write what the plan says, for the page of the session.

    Parameters
    ----------
    session : Session
        Whose page it is.
    offer : Offer
        The book.
    slides : str
        Address of its slides from there, or nothing.

    Returns
    -------
    str
        MyST, with sections of level 2; the minute plan is the table ``plan-NAME``.
    """
    minutes = tables.show(
        plan_table(session),
        name=f"plan-{session.name.replace('_', '-')}",
        caption=f"The {LENGTH} minutes of session {session.number}",
    ).data
    deck = f'<a href="{slides}">the slides with notes</a>' if slides else "`cybergov slides`"
    parts = [
        "## Aims\n",
        *_bullets(session.aims),
        "\n## Preparation\n",
        "Participants:\n",
        *_bullets(session.students),
        "\nTeacher:\n",
        *_bullets(session.teacher),
        "\n## Minute plan\n",
        minutes,
        "\n## Exercises and materials\n",
        *[f"- In class: {exercise_link(offer.exercises[label])}" for label in session.in_class],
        *[f"- At home: {exercise_link(offer.exercises[label])}" for label in session.at_home],
        f"- To project: {deck}",
        f"- To print: `make packet SESSION={session.number}`",
        "- To hand out as notebooks, without the solutions: `make student`",
        "\n## Readings\n",
        *_readings("Required", session.required, offer),
        *_readings("Further", session.further, offer),
        *_readings("Chinese scholarship", session.chinese, offer),
    ]
    return "\n".join(parts)


def exercise_link(one: exercises.Exercise) -> str:
    """Write a link to an exercise, by its title if it has one."""
    # A link holds no markup.
    title = re.sub(r"[*`]", "", one.title)
    return f"{{ref}}`{title} <{one.label}>`" if title else f"{{ref}}`{one.label}`"


def _bullets(texts: Iterable[str]) -> list[str]:
    return [f"- {text}" for text in texts]


def _readings(kind: str, keys: Sequence[str], offer: Offer) -> list[str]:
    if not keys:
        return []
    items = [f"- {{cite:t}}`{key}`, *{references.title(offer.references[key])}*" for key in keys]
    return [f"{kind}:\n", *items, ""]


def map_markdown(known: Sequence[Session], offer: Offer, accepted: Mapping[str, Mapping[str, str]]) -> str:
    """Write the map of the seminar: each session with its chapters, claims, verdicts and exercises.

    Parameters
    ----------
    known : sequence of Session
        From `sessions`.
    offer : Offer
        The book.
    accepted : mapping of str to mapping
        The accepted ledger, from `findings.read_ledger`.

    Returns
    -------
    str
        MyST, the table ``sessions-map``.
    """
    if not known:
        return f"No session is planned: `_toc.yml` names no page in `{FOLDER}`."
    rows = [
        {
            "Session": f"**{one.number}** [{one.title}](/{one.docname}.md)",
            "Chapters": "<br>".join(
                f"[{offer.title(name)}](/{offer.pages[name]}.md)" for name in one.chapters
            ),
            "Claims and cases, verdict": "<br>".join(
                f"{claim} {verdict(offer.claims[claim], accepted)}" for claim in one.claims
            )
            or tables.MISSING,
            "In class": "<br>".join(exercise_link(offer.exercises[label]) for label in one.in_class)
            or tables.MISSING,
            "Minutes": sum(block.minutes for block in one.blocks),
        }
        for one in known
    ]
    shown = tables.show(
        pd.DataFrame(rows),
        name="sessions-map",
        caption="Which session works with which chapters, and what the ledger says of their claims",
    )
    return str(shown.data)


def verdict(claim: findings.Claim, accepted: Mapping[str, Mapping[str, str]]) -> str:
    """Write the disc and the word of the accepted verdict on a claim, such as ``◐ partly supported``."""
    word = findings.accepted_verdict(claim, accepted)
    return f"{findings.DISCS.get(word, '')} {word}".strip()
