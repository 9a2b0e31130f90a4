"""Worksheets in JupyterLab, as a student opens them: from the unpacked file, without a network."""

import re
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from cybergov import student

pytestmark = [pytest.mark.book, pytest.mark.browser]


@pytest.fixture(scope="module")
def lab(edition, built_book, tmp_path_factory):
    """Address of a JupyterLab that serves the unpacked student edition."""
    home = tmp_path_factory.mktemp("student")
    with zipfile.ZipFile(edition.parent / student.BUNDLE) as file:
        file.extractall(home)
    folder = home / "cybergov-student"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **built_book.environment,
        "PYTHONPATH": str(folder / "lib"),
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
    }
    server = subprocess.Popen(
        [
            str(Path(sys.executable).with_name("jupyter")),
            "lab",
            "--no-browser",
            "--allow-root",
            f"--port={port}",
            "--IdentityProvider.token=",
        ],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"{address}/lab", timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "JupyterLab did not start"
                assert server.poll() is None, "JupyterLab ended"
                time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        server.wait()


def test_a_student_runs_a_worksheet_and_has_an_answer_checked(lab, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    asked: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{lab}/lab/tree/worksheets/puzzle.ipynb")
    expect(page.locator(".jp-Notebook h1").first).to_contain_text("Worksheet: The puzzle", timeout=60_000)
    # Boxes and tables of the book are read, not shown as they are written.
    expect(page.locator(".jp-Notebook").get_by_text("Claim A1").first).to_be_visible()
    assert page.locator(".jp-Notebook :text(':::')").count() == 0
    page.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).first.click()
    expect(page.locator(".jp-Notebook").get_by_text("No answer yet.").last).to_be_visible(timeout=120_000)
    # A student writes an answer of another kind into the cell that has come into view.
    cell = page.locator(".jp-CodeCell", has_text="exercises.check").last
    cell.scroll_into_view_if_needed()
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    written = cell.locator(".cm-content").inner_text()
    (label,) = re.findall(r'exercises\.check\("([\w-]+)"', written)
    page.keyboard.type(f'exercises.check("{label}", object())')
    page.keyboard.press("Control+Enter")
    expect(cell.locator(".jp-OutputArea")).to_contain_text("This is of the type object.", timeout=60_000)
    outside = [url for url in asked if not url.startswith((lab, "data:", "blob:"))]
    assert outside == []
    context.close()
