"""The glossary: read and checked, found once in a text, written as a page."""

import pytest

from cybergov import data, glossary
from cybergov.errors import BookError

from .conftest import ROOT

TERMS = [
    glossary.Term("model", "模型", means="A picture of the world."),
    glossary.Term("null model", "零模型", means="Only chance.", also=["null models"]),
    glossary.Term("ITU", "国际电信联盟", short="International Telecommunication Union"),
]


def found(text, finder=None):
    finder = finder or glossary.Finder(TERMS)
    return [(piece, term and term.term) for piece, term in finder.parts(text)]


def test_the_longest_term_is_found_and_each_only_once():
    finder = glossary.Finder(TERMS)
    assert found("Null models and a model; a null model.", finder) == [
        ("Null models", "null model"),
        (" and a ", None),
        ("model", "model"),
        ("; a null model.", None),
    ]
    assert found("A model again", finder) == [("A model again", None)]


def test_parts_make_the_text_again_and_words_within_words_are_left_alone():
    text = "Remodelled submodels, model-based or a model"
    pieces = found(text)
    assert "".join(piece for piece, _ in pieces) == text
    assert [term for _, term in pieces] == [None, "model"]


def test_an_abbreviation_keeps_its_capitals():
    assert found("itu ITU") == [("itu ", None), ("ITU", "ITU")]


def test_without_terms_a_text_stays_whole():
    assert found("A model", glossary.Finder([])) == [("A model", None)]


def test_a_link_shows_the_meaning_and_leads_to_the_entry():
    one = glossary.Term("<b>", "粗", means='Say "so"')
    written = glossary.link("<B>", one, "g.html")
    assert 'href="g.html#term-b"' in written
    assert "&lt;B&gt;</a>" in written
    assert 'data-meaning="&lt;b&gt;: Say &quot;so&quot; (粗)"' in written
    assert "<abbr>ITU</abbr>" in glossary.link("ITU", TERMS[2], "g.html")


def test_the_page_has_an_anchor_for_each_term_and_leads_to_the_tables():
    text = glossary.page(glossary.read(ROOT), "codebook.html")
    assert 'id="term-quasi-public-good"' in text
    assert 'href="codebook.html#table-good-codes"' in text
    assert '<span lang="zh">准公共产品</span>' in text


def test_the_glossary_of_the_book_names_columns_that_there_are_and_has_chinese_for_all():
    terms = glossary.read(ROOT)
    assert len(terms) > 50
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in one.zh) for one in terms)
    known = {f"{name}.{one}" for name in data.descriptors() for one in data.describe(name)["column"]}
    assert {variable for one in terms for variable in one.variables} <= known


def test_every_term_stands_somewhere_in_the_text_of_the_book():
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in [*(ROOT / "chapters").rglob("*.md"), ROOT / "intro.md"]
    )
    text = text.replace((ROOT / "chapters/reference/glossary.md").read_text(encoding="utf-8"), "")
    here = {
        term.term for _, term in glossary.Finder(glossary.read(ROOT)).parts(" ".join(text.split())) if term
    }
    assert here == {one.term for one in glossary.read(ROOT)}


def test_a_book_without_a_glossary_has_no_terms(small_book):
    assert glossary.read(small_book.root) == []


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ("a: b", "expected a list of entries"),
        ("- term: a\n  means: b", "expected term and zh in every entry"),
        ("- term: a\n  zh: b", "a: expected means or short, and not both"),
        ("- {term: a, zh: b, means: c, short: d}", "a: expected means or short, and not both"),
        ("- {term: a, zh: b, means: c, colour: d}", "a: unknown field 'colour'"),
        (
            "- {term: a, zh: b, means: c}\n- {term: b, zh: b, means: c, also: [A]}",
            "b: the form 'A' stands there twice",
        ),
        ("- {term: a, zh: b, means: c, variables: [no.such]}", "a: no table has the column 'no.such'"),
        ("- [", "is not valid YAML"),
    ],
)
def test_a_wrong_glossary_is_one_sentence(small_book, entries, sentence):
    small_book.write("data/glossary.yml", entries)
    with pytest.raises(BookError) as error:
        glossary.read(small_book.root)
    assert sentence in str(error.value)
    assert str(error.value).startswith("glossary.yml")
