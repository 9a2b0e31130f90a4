// Draws the book's charts as they come into view; needs vega.js beside it, and nothing from the net.
// Also names tables and folds for screen readers.
// Without this script, or if drawing fails, the static picture in each figure stays.
(() => {
  "use strict";

  const bundle = new URL("vega.js", document.currentScript.src).href;
  const root = document.documentElement;
  const theme = () => (root.dataset.theme === "dark" ? "dark" : "light");
  const drawn = new Map(); // figure -> {view, place, key}
  const turns = new Map(); // figure -> number of the latest attempt; older ones are dropped
  const FOLLOWED = "followed"; // the parameter that holds the state followed, as charts.py names it
  const NARROW_LABELS = 130; // pixels that names beside the plot may take on a phone
  let loading = null;

  function loadVega() {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = bundle;
      script.onload = () => resolve(window.vegaEmbed);
      script.onerror = () => reject(new Error(`${bundle} cannot be loaded`));
      document.head.append(script);
    });
    return loading;
  }

  // What the drawing depends on beside the data; it is made anew when this changes.
  function look(figure, spec) {
    const width = figure.querySelector(".chart-stage").clientWidth;
    const narrow = width < 480;
    const { row, widest, title, margin } = spec.usermeta?.legend ?? {};
    const room = width - (narrow ? Math.min(margin, NARROW_LABELS + 20) : margin);
    const columns = row > room ? Math.max(1, Math.floor((room - title) / widest)) : 0;
    return { theme: theme(), narrow, columns };
  }

  // The specification for this look: colours that have a counterpart in the dark are exchanged,
  // a legend that would be cut off is set in columns, and long names leave a phone room to draw.
  function styled(spec, { theme, narrow, columns }) {
    const { datasets, usermeta, ...rest } = spec;
    const dark = (theme === "dark" && usermeta?.dark) || {};
    const changed = (part, key, within) => {
      if (Array.isArray(part)) return part.map((item) => changed(item, "", within));
      if (key === "labelLimit" && narrow && within !== "legend") return Math.min(part, NARROW_LABELS);
      if (part === null || typeof part !== "object") return dark[part] ?? part;
      return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, changed(value, name, key)]));
    };
    const result = changed(rest);
    if (columns) result.config.legend = { columns, ...result.config.legend };
    return { ...result, datasets };
  }

  function followed() {
    try {
      return localStorage.getItem(FOLLOWED);
    } catch {
      return null; // a browser may forbid it, and the charts then do without
    }
  }

  function follow(state) {
    try {
      localStorage.setItem(FOLLOWED, state);
    } catch {}
    for (const { view, states } of drawn.values()) {
      if (states?.includes(state) && view.signal(FOLLOWED) !== state) view.signal(FOLLOWED, state).runAsync();
    }
  }

  async function draw(figure) {
    const stage = figure.querySelector(".chart-stage");
    const spec = JSON.parse(figure.querySelector("script.chart-spec").textContent);
    if (figure.querySelector(".chart-title")) delete spec.title; // stands above the chart as text
    const wanted = look(figure, spec);
    const key = JSON.stringify(wanted);
    const before = drawn.get(figure);
    if (before?.key === key) return;
    // What the reader has set under the chart stays as it is when the chart is drawn anew, and the
    // state that the reader follows is the same in all charts, also of the next page.
    const follows = (spec.params ?? []).find((param) => param.name === FOLLOWED);
    for (const param of spec.params ?? []) {
      if (before && param.bind?.input) param.value = before.view.signal(param.name);
      else if (param === follows && param.bind.options.includes(followed())) param.value = followed();
    }
    const turn = (turns.get(figure) ?? 0) + 1;
    turns.set(figure, turn);
    const place = document.createElement("div");
    place.className = "chart-drawing waiting";
    try {
      const vegaEmbed = await loadVega();
      stage.append(place);
      const { view } = await vegaEmbed(place, styled(spec, wanted), {
        mode: "vega-lite",
        renderer: "svg",
        actions: false, // the menu would lead to an editor in the net
        defaultStyle: false,
        tooltip: { theme: wanted.theme },
      });
      // The figure's label tells what the drawing shows; controls under it must be told themselves.
      place.querySelector("svg").setAttribute("aria-hidden", "true");
      if (turns.get(figure) !== turn) return discard({ view, place });
      discard(drawn.get(figure));
      drawn.set(figure, { view, place, key, states: follows?.bind.options });
      if (follows) view.addSignalListener(FOLLOWED, (_, state) => follow(state));
      place.classList.remove("waiting");
      figure.dataset.drawn = "true";
      figure.dataset.drawnTheme = wanted.theme;
      reachable(figure);
    } catch (error) {
      place.remove();
      if (turns.get(figure) !== turn) return;
      discard(drawn.get(figure));
      drawn.delete(figure);
      figure.dataset.drawn = "failed";
      stage.style.minHeight = "";
      console.error(`${figure.id} was not drawn:`, error);
    }
  }

  function discard(drawing) {
    drawing?.view.finalize();
    drawing?.place.remove();
  }

  // What scrolls must be reachable with the keyboard.
  function reachable(figure) {
    const stage = figure.querySelector(".chart-stage");
    if (stage.scrollWidth > stage.clientWidth) stage.tabIndex = 0;
    else stage.removeAttribute("tabindex");
  }

  function start() {
    const figures = [...document.querySelectorAll("figure.book-chart")];
    if (!figures.length) return;
    const near = new IntersectionObserver(
      (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => draw(entry.target)),
      { rootMargin: "200px" },
    );
    for (const figure of figures) {
      // As high as the drawing will be, though the picture shrinks on a narrow screen.
      const picture = figure.querySelector(".chart-static");
      figure.querySelector(".chart-stage").style.minHeight = `${picture.getAttribute("height")}px`;
      near.observe(figure);
    }
    // Observing anew reports once more what is near: only that is drawn again now.
    const review = () => figures.forEach((figure) => (near.unobserve(figure), near.observe(figure)));
    new MutationObserver(review).observe(root, { attributes: true, attributeFilter: ["data-theme"] });

    // Vega follows the window's size only; the column also changes when the contents are folded away.
    let width = 0;
    const column = figures[0].parentElement;
    new ResizeObserver(() => {
      if (width && width !== column.clientWidth) {
        window.dispatchEvent(new Event("resize"));
        figures.forEach(reachable);
        review();
      }
      width = column.clientWidth;
    }).observe(column);
  }

  // Names for what the theme leaves without one, or gives the same one everywhere.
  function named() {
    for (const box of document.querySelectorAll(".pst-scrollable-table-container")) {
      const caption = [...box.querySelectorAll(".caption-number, .caption-text")];
      if (!caption.length) continue;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", caption.map((part) => part.textContent.trim()).join(": "));
    }
    // Its own words say whether the code is shown or hidden.
    document.querySelectorAll("details.hide > summary").forEach((fold) => fold.removeAttribute("aria-label"));
    for (const button of document.querySelectorAll(".admonition-title > .toggle-button")) {
      button.setAttribute("aria-label", button.parentElement.textContent.trim());
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
  // The buttons of folds are made as the document is ready, which is after this script has run.
  if (document.readyState === "complete") named();
  else document.addEventListener("DOMContentLoaded", named);
})();
