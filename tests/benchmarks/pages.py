"""What a phone waits for when it opens a chapter: bytes, largest paint, blocked time, shifts.

Run by hand after ``make book``: ``.venv/bin/python tests/benchmarks/pages.py [CHAPTER ...]``; without
chapters, the three heaviest. Pages are served compressed, as a host does, to a Chromium of the size of a
phone, four times as slow as this machine, over a line of 1.6 Mbit/s with 150 ms of delay.

Each is opened in turn as it is and without the book's own scripts (charts, state, tables): what the drawing
costs is the ratio of the two. The seconds depend on the machine, the bytes do not.
"""

import argparse
import gzip
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser
from tests.browser import chromium

from cybergov import data

ROUNDS = 5
HEAVIEST = 3
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
SLOWER = 4
LINE = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
OWN_SCRIPTS = ("charts.js", "follow.js", "states.js", "tables.js", "vega.js")
#: A page counts as opened when nothing has come in for so many milliseconds.
QUIET = 1500
#: Goal for the heaviest chapter: megabytes, compressed, of the first view.
MOST_MB = 1.5
_OBSERVE = """
window.seen = {paint: 0, blocked: 0, shift: 0};
const watch = (type, note) =>
  new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({type, buffered: true});
watch("largest-contentful-paint", (entry) => (seen.paint = entry.startTime));
watch("longtask", (entry) => (seen.blocked += Math.max(0, entry.duration - 50)));
watch("layout-shift", (entry) => (seen.shift += entry.hadRecentInput ? 0 : entry.value));
"""


@cache
def compressed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), 6)


class Host(http.server.SimpleHTTPRequestHandler):
    """Serves text compressed, and everything quietly."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            return self.send_error(404)
        packed = path.suffix in {".html", ".css", ".js", ".json", ".svg"}
        content = compressed(path) if packed else path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(content)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(content)
        return None

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served(html: Path) -> Iterator[str]:
    """Serve a folder; gives its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Host, directory=str(html)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


def opened(browser: Browser, address: str, *, own_scripts: bool) -> dict[str, float]:
    """Open a page on a fresh phone: MB come in, seconds to the largest paint, seconds blocked, shift."""
    context = browser.new_context(**PHONE)  # type: ignore[arg-type]
    try:
        page = context.new_page()
        if not own_scripts:
            for name in OWN_SCRIPTS:
                page.route(f"**/{name}*", lambda route: route.abort())
        page.add_init_script(_OBSERVE)
        line = context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.emulateNetworkConditions", LINE)
        line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        received = []
        line.on("Network.loadingFinished", lambda told: received.append(told["encodedDataLength"]))
        page.goto(address, wait_until="load", timeout=120_000)
        before = -1
        while before != len(received):
            before = len(received)
            page.wait_for_timeout(QUIET)
        seen = page.evaluate("seen")
    finally:
        context.close()
    return {
        "MB": sum(received) / 1e6,
        "paint": seen["paint"] / 1000,
        "blocked": seen["blocked"] / 1000,
        "shift": seen["shift"],
    }


def main() -> None:
    """Print medians and ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("chapters", nargs="*", help="such as puzzle; default: the heaviest")
    html = data.root() / "_build" / "html"
    files = sorted(html.rglob("chapters/**/*.html"), key=lambda path: -len(compressed(path)))
    chosen = [html / f"chapters/{name}.html" for name in parser.parse_args().chapters] or files[:HEAVIEST]
    print(f"median of {ROUNDS} visits; in brackets without the book's own scripts")
    with chromium.launch() as browser, served(html) as address:
        for path in chosen:
            place = path.relative_to(html).as_posix()
            pairs = [
                [opened(browser, f"{address}/{place}", own_scripts=own) for own in (True, False)]
                for _ in range(ROUNDS)
            ]
            mine, plain = (
                {key: median(one[key] for one in turn) for key in turn[0]}
                for turn in zip(*pairs, strict=True)
            )
            print(
                f"{place}: {mine['MB']:.2f} MB ({plain['MB']:.2f}; goal {MOST_MB}), largest paint "
                f"{mine['paint']:.1f} s ({plain['paint']:.1f}: {mine['paint'] / plain['paint']:.2f} times), "
                f"blocked {mine['blocked']:.2f} s ({plain['blocked']:.2f}), shift {mine['shift']:.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
