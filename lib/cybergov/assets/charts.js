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
  const STATE = "State"; // the column that names states, in a chart's data and in the table behind it
  const MOST_TOLD = 8; // figures that the line of text holds
  const NARROW_LABELS = 130; // pixels that names beside the plot may take on a phone
  const AHEAD = "600px"; // how far below the window charts are drawn, so that nothing moves before the reader's eyes
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

  // The names of the state that the reader follows, the usual one first.
  const followed = () => window.bookFollow?.names() ?? [];

  // Every mark that stands for the state followed, and its figures in a line of text under the chart.
  async function mark(figure) {
    const { view, place, states } = drawn.get(figure);
    const names = followed();
    const name = names.find((one) => states?.includes(one));
    if (name && view.signal(FOLLOWED) !== name) await view.signal(FOLLOWED, name).runAsync();
    let marks = 0;
    for (const element of place.querySelectorAll("svg .role-mark > *")) {
      element.classList.toggle("followed-mark", standsFor(element.__data__?.datum, names));
      if (!element.classList.contains("followed-mark")) continue;
      marks += 1;
      element.parentNode.append(element); // in front of the others
    }
    tell(figure, names, marks);
  }

  // Whether a mark is the state's own: by the column of states, or where there is none by any of its words,
  // such as the actor of an event or both sides of a pair.
  function standsFor(datum, names) {
    if (!names.length || !datum) return false;
    if (typeof datum[STATE] === "string") return names.includes(datum[STATE]);
    return Object.values(datum).some((value) => speaksOf(value, names));
  }

  // Some cells name several: "China, Russia", or "Australia and Canada".
  function speaksOf(value, names) {
    if (typeof value !== "string" || !value) return false;
    return names.includes(value) || value.split(/, | and /).some((part) => names.includes(part));
  }

  // The columns of the table behind a chart that name states.
  function columnsOfStates(heads, rows) {
    if (heads.includes(STATE)) return [heads.indexOf(STATE)];
    const all = window.bookFollow?.allNames() ?? [];
    return heads.map((_, number) => number).filter((number) =>
      rows.some((row) => speaksOf(row.cells[number]?.textContent.trim(), all)),
    );
  }

  function tell(figure, names, marks) {
    const rows = [...figure.querySelectorAll(".chart-data tbody tr")];
    const heads = [...figure.querySelectorAll(".chart-data thead th")].map((head) => head.textContent);
    const columns = names.length ? columnsOfStates(heads, rows) : [];
    let line = figure.querySelector(".chart-followed");
    if (!names.length || (!columns.length && !marks)) return line?.remove();
    if (!line) {
      line = document.createElement("p");
      line.className = "chart-followed";
      line.setAttribute("role", "status");
      figure.querySelector(".chart-data").before(line);
    }
    const mine = rows.filter((row) => columns.some((number) => speaksOf(row.cells[number]?.textContent.trim(), names)));
    const said = mine.flatMap((row) =>
      [...row.cells]
        .map((cell, number) => [heads[number], cell.textContent.trim()])
        .filter(([head, text]) => head !== STATE && head !== "iso3" && !names.includes(text) && text && text !== "–")
        .map(([head, text]) => `${head} ${text}`),
    );
    const shown = said.slice(0, MOST_TOLD).join(", ");
    const more = said.length > MOST_TOLD ? ` and ${said.length - MOST_TOLD} more, in the figures behind this chart` : "";
    const name = document.createElement("strong");
    name.textContent = names[0];
    line.replaceChildren(name, shown ? `: ${shown}${more}.` : marks ? " is marked." : " is not in this chart.");
  }

  function follow() {
    for (const figure of drawn.keys()) mark(figure);
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
      else if (param === follows) param.value = followed().find((one) => param.bind.options.includes(one)) ?? param.value;
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
      if (follows) view.addSignalListener(FOLLOWED, (_, state) => window.bookFollow?.chooseName(state));
      place.classList.remove("waiting");
      figure.dataset.drawn = "true";
      figure.dataset.drawnTheme = wanted.theme;
      reachable(figure);
      takeAway(figure, view, spec);
      await mark(figure);
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

  // The drawing as files: made when they are asked for, from what the reader sees.
  function takeAway(figure, view, spec) {
    const data = figure.querySelector(".chart-data > p:last-child");
    if (!data) return;
    data.querySelectorAll("button").forEach((button) => button.remove());
    const name = figure.id.replace(/^chart-/, "");
    const held = (text, kind) => URL.createObjectURL(new Blob([text], { type: kind }));
    const files = {
      SVG: async () => [`${name}.svg`, held(await view.toSVG(), "image/svg+xml")],
      PNG: async () => [`${name}.png`, await view.toImageURL("png", 2)],
      "Vega-Lite": async () => [`${name}.vl.json`, held(JSON.stringify(spec, null, 1), "application/json")],
    };
    for (const [word, made] of Object.entries(files)) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = word;
      button.setAttribute("aria-label", `Download this chart as ${word}`);
      button.addEventListener("click", async () => {
        const link = document.createElement("a");
        [link.download, link.href] = await made();
        link.click();
      });
      data.append(" ", button);
    }
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
    window.bookFollow?.whenChanged(follow);
    const near = new IntersectionObserver(
      (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => draw(entry.target)),
      { rootMargin: AHEAD },
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
    for (const fold of document.querySelectorAll(".bd-links .has-children > details > summary")) {
      const page = fold.closest(".has-children").querySelector("a");
      fold.setAttribute("aria-label", `Pages below ${page?.textContent.trim() ?? "this one"}`);
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
