// Lets a reader sort the tables inside ".sortable" by a column; the order of the page comes back with a third press.
// Without this script the tables stand in the order of the argument.
(() => {
  "use strict";

  // "−0.12", "< 0.001" and "12,345" are numbers, and what begins with one goes by it, such as
  // "0.25 [0.19, 0.45]"; a dash is none and stays last.
  function amount(text) {
    const first = /^[<>]?\s*([−-]?\d[\d,]*(\.\d+)?)(?=\s|$)/.exec(text);
    return first ? Number(first[1].replace(/,/g, "").replace("−", "-")) : null;
  }

  function compare(a, b) {
    if (a.missing || b.missing) return a.missing - b.missing;
    if (a.amount !== null && b.amount !== null) return a.amount - b.amount;
    return a.text.localeCompare(b.text, "en", { numeric: true });
  }

  function sortable(table) {
    const body = table.tBodies[0];
    const given = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const next = { none: "ascending", ascending: "descending", descending: "none" };
        const turn = next[head.getAttribute("aria-sort") ?? "none"];
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        if (turn !== "none") head.setAttribute("aria-sort", turn);
        const keyed = given.map((row) => {
          const text = row.cells[column].textContent.trim();
          return { row, text, amount: amount(text), missing: Number(text === "–" || text === "") };
        });
        const way = turn === "descending" ? -1 : 1;
        const order = (a, b) => a.missing - b.missing || way * compare(a, b);
        if (turn !== "none") keyed.sort(order);
        body.append(...keyed.map(({ row }) => row));
      });
    });
  }

  const start = () => document.querySelectorAll(".sortable table.table").forEach(sortable);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
