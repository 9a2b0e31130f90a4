// Follow a state through the book: a list in the head of every page; charts mark the state that is chosen.
// The choice is kept for the next visit, and goes with the links of the page, for a browser may keep what
// pages from the disk store apart. "?state=BRA" in an address presets it.
// Without this script there is no list, and charts show what they show.
(() => {
  "use strict";

  const PARAMETER = "state";
  const STORED = "followed-state";
  const states = window.bookStates ?? {}; // BRA: ["Brazil", other names of it in charts]
  const listeners = [];
  let code = null;

  function stored() {
    try {
      return localStorage.getItem(STORED);
    } catch {
      return null; // a browser may forbid it; links still carry the choice
    }
  }

  function store() {
    try {
      if (code) localStorage.setItem(STORED, code);
      else localStorage.removeItem(STORED);
    } catch {}
  }

  // Of another spelling, such as "bra", the state is found all the same; of none, nothing is followed.
  function known(text) {
    const wanted = (text ?? "").trim().toUpperCase();
    return Object.hasOwn(states, wanted) ? wanted : null;
  }

  function carry() {
    for (const link of document.querySelectorAll("a[href]")) {
      const url = new URL(link.href, location.href);
      if (url.protocol !== location.protocol || url.host !== location.host) continue;
      if (!url.pathname.endsWith(".html") || url.pathname === location.pathname) continue;
      if (code) url.searchParams.set(PARAMETER, code);
      else url.searchParams.delete(PARAMETER);
      link.href = url.href;
    }
    const here = new URL(location.href);
    if (code) here.searchParams.set(PARAMETER, code);
    else here.searchParams.delete(PARAMETER);
    if (here.href === location.href) return;
    try {
      history.replaceState(history.state, "", here);
    } catch {} // a page from the disk may not be allowed to
  }

  function choose(wanted) {
    code = known(wanted);
    store();
    carry();
    const list = document.getElementById("follow-state");
    if (list) list.value = code ?? "";
    for (const listener of listeners) listener();
  }

  // The list, as the first of the buttons in the head of the page.
  function head() {
    const place = document.querySelector(".article-header-buttons");
    if (!place || !Object.keys(states).length) return;
    const label = document.createElement("label");
    label.className = "follow-state d-print-none";
    const words = document.createElement("span");
    words.textContent = "Follow a state";
    const list = document.createElement("select");
    list.id = "follow-state";
    list.title = "Follow a state through the book";
    list.append(new Option("none", ""));
    const byName = Object.entries(states).sort(([, a], [, b]) => a[0].localeCompare(b[0], "en"));
    for (const [key, [name]] of byName) list.append(new Option(name, key));
    list.value = code ?? "";
    list.addEventListener("change", () => choose(list.value));
    label.append(words, list);
    place.prepend(label);
  }

  window.bookFollow = {
    /** The names that the state followed has in charts, the usual one first; empty if none is followed. */
    names: () => (code ? [...states[code], code] : []),
    /** All names of all states that can be followed. */
    allNames: () => Object.values(states).flat(),
    /** Follow the state of this name; one that is in no list is followed by no chart. */
    chooseName(name) {
      const found = Object.entries(states).find(([, names]) => names.includes(name));
      if (found && found[0] !== code) choose(found[0]);
    },
    /** Call a function whenever another state is followed, or none. */
    whenChanged: (listener) => listeners.push(listener),
  };

  const asked = new URLSearchParams(location.search).get(PARAMETER);
  code = known(asked) ?? known(stored());
  store();

  const start = () => (head(), carry());
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
