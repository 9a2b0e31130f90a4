// On the page of the search: what the book itself has a place for stands above the pages that hold the words.
// States, claims, indicators and terms come from places.js; without this script the pages are found all the same.
(() => {
  "use strict";

  const MOST = 8;
  const wanted = new URLSearchParams(location.search).get("q") ?? "";
  // "cote d'ivoire" finds Côte d’Ivoire, "turkiye" Türkiye.
  const plain = (text) =>
    text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[’‘]/g, "'").toLowerCase().trim();

  // The whole name before its beginning, and that before a word or, in Chinese, a part within it.
  function rank(names, query) {
    const ranks = names.map(plain).map((name) => {
      if (name === query) return 0;
      if (query.length < 2) return 9;
      if (name.startsWith(query)) return 1;
      const at = name.indexOf(query);
      return at > 0 && (/[\s(.-]/.test(name[at - 1]) || /\p{Script=Han}/u.test(query)) ? 2 : 9;
    });
    return Math.min(...ranks);
  }

  function start() {
    const results = document.getElementById("search-results");
    const query = plain(wanted);
    if (!results || !query) return;
    const found = (window.bookPlaces ?? [])
      .map((place) => ({ ...place, rank: rank(place.names, query) }))
      .filter((place) => place.rank < 9)
      .sort((a, b) => a.rank - b.rank)
      .slice(0, MOST);
    if (!found.length) return;
    const box = document.createElement("nav");
    box.className = "found-places";
    box.setAttribute("aria-label", "States, claims and terms of this name");
    const list = document.createElement("ul");
    for (const { kind, title, address } of found) {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = address;
      link.textContent = title;
      item.append(`${kind} `, link);
      list.append(item);
    }
    box.append(list);
    results.before(box);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
