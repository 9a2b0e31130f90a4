"""The decks of all sessions as a teacher opens them: from the disk, without a network, on a projector."""

import pytest

from cybergov import sessions, slides
from tests.browser import chromium
from tests.browser.test_accessible import violations

# Each looks at all pages or decks, and a busy machine takes its time.
pytestmark = [pytest.mark.book, pytest.mark.browser, pytest.mark.timeout(2400)]

PROJECTORS = {"720p": (1280, 720), "1080p": (1920, 1080)}
#: Smallest letters on the canvas of 1280 by 720 pixels.
SMALLEST = 24

# What of the slide that is shown does not fit, is too small or has no picture.
_FAULTS = """() => {
  const slide = document.querySelector("section.present .slide"), frame = slide.getBoundingClientRect();
  const faults = [];
  if (frame.width > innerWidth + 1 || frame.height > innerHeight + 1) faults.push("the slide leaves the screen");
  const body = slide.querySelector(".body");
  if (body.scrollHeight > body.clientHeight + 1) faults.push(`too high by ${body.scrollHeight - body.clientHeight}`);
  if (body.scrollWidth > body.clientWidth + 1) faults.push(`too wide by ${body.scrollWidth - body.clientWidth}`);
  for (const one of slide.querySelectorAll("*")) {
    const box = one.getBoundingClientRect();
    const words = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (words && parseFloat(getComputedStyle(one).fontSize) < SMALLEST) faults.push(`small: ${one.textContent}`);
    if (box.right > frame.right + 1 || box.bottom > frame.bottom + 1) faults.push(`outside: ${one.className}`);
  }
  for (const one of slide.querySelectorAll("img")) {
    const box = one.getBoundingClientRect();
    if (!one.complete || !one.naturalWidth) faults.push("a picture is not shown");
    if (box.height < frame.height / 3) faults.push(`a picture has a height of ${box.height} only`);
  }
  return faults;
}""".replace("SMALLEST", str(SMALLEST))


@pytest.fixture(scope="module")
def decks(built_book):
    """The deck of every planned session, among the pages."""
    planned = sessions.sessions(built_book.root)
    assert planned, "no session is planned: _toc.yml names none"
    folder = built_book.root / "_build/html" / slides.FOLDER
    paths = [folder / f"{one.name}.html" for one in planned]
    assert sorted(folder.iterdir()) == sorted(paths)
    return paths


def opened(page, path, query=""):
    page.goto(path.as_uri() + query)
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    return page.evaluate("Reveal.getTotalSlides()")


@pytest.mark.parametrize("size", PROJECTORS)
def test_every_slide_of_every_deck_fits_its_projector_and_is_legible(browser, decks, size):
    width, height = PROJECTORS[size]
    for path in decks:
        with chromium.offline_page(browser, viewport={"width": width, "height": height}) as (page, wrong):
            count = opened(page, path)
            assert count >= 8, path.name
            for at in range(count):
                assert page.evaluate("Reveal.getIndices().h") == at
                where = f"{path.name}, slide {at + 1}, {size}"
                page.wait_for_function("[...document.images].every((one) => one.complete)")
                assert page.evaluate(_FAULTS) == [], where
                assert page.locator("section.present .number").inner_text() == f"{at + 1} / {count}"
                page.keyboard.press("ArrowRight")
            assert page.evaluate("Reveal.isLastSlide()")
            assert wrong == [], path.name


def test_axe_finds_nothing_serious_on_a_deck(browser, decks):
    with chromium.offline_page(browser, viewport={"width": 1280, "height": 720}, bypass_csp=True) as (
        page,
        _,
    ):
        for at in range(opened(page, decks[0])):
            page.evaluate(f"Reveal.slide({at})")
            assert violations(page) == [], f"slide {at + 1}"


def test_links_of_the_last_slide_lead_to_pages_of_the_book(browser, decks):
    for path in decks:
        with chromium.offline_page(browser) as (page, wrong):
            count = opened(page, path)
            page.evaluate(f"Reveal.slide({count - 1})")
            links = page.locator("section.present a").all()
            assert links, path.name
            for link in links:
                target = (path.parent / str(link.get_attribute("href"))).resolve()
                assert target.exists(), f"{path.name}: {target}"
            assert wrong == []


def test_notes_open_in_a_window_and_follow_the_slides(browser, decks):
    with chromium.offline_page(browser) as (page, wrong):
        opened(page, decks[0])
        with page.expect_popup() as popup:
            page.keyboard.press("s")
        notes = popup.value.locator(".speaker-controls-notes .value")
        for at in (0, 1):
            first = page.locator("section.present aside.notes > *").first.text_content()
            popup.value.wait_for_function(
                "words => document.querySelector('.speaker-controls-notes .value').textContent.includes(words)",
                arg=first,
            )
            assert notes.is_visible(), at
            page.bring_to_front()
            page.keyboard.press("ArrowRight")
        assert wrong == []


def test_notes_are_shown_on_the_slide_by_a_key_and_the_slide_makes_room(browser, decks):
    with chromium.offline_page(browser, viewport={"width": 1280, "height": 720}) as (page, wrong):
        opened(page, decks[0])
        page.keyboard.press("t")
        notes = page.locator(".reveal > .speaker-notes")
        notes.wait_for(state="visible")
        slide = "document.querySelector('section.present .slide').getBoundingClientRect()"
        right = page.evaluate(f"{slide}.right")
        assert right <= notes.evaluate("one => one.getBoundingClientRect().left") + 1
        page.keyboard.press("t")
        notes.wait_for(state="hidden")
        assert page.evaluate(f"{slide}.right") > right
        assert wrong == []


def test_a_deck_is_printed_one_slide_a_sheet(browser, decks):
    with chromium.offline_page(browser, viewport={"width": 1280, "height": 720}) as (page, wrong):
        count = opened(page, decks[0], "?print-pdf")
        page.wait_for_function("count => document.querySelectorAll('.pdf-page').length === count", arg=count)
        assert wrong == []
