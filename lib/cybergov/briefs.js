// The index of the country briefs: a field that leaves the states in the list whose names, code or group hold
// every word typed. Without this script the whole list stands there, and no field.
(() => {
  "use strict";
  const form = document.querySelector(".brief-index form");
  const field = document.getElementById("sought");
  const found = document.getElementById("found");
  const rows = [...document.querySelectorAll(".brief-index li")];
  const plain = (text) =>
    text.normalize("NFKD").replace(/\p{M}/gu, "").replace(/’/g, "'").toLowerCase().trim();

  function search() {
    const words = plain(field.value).split(/\s+/).filter(Boolean);
    for (const row of rows) row.hidden = !words.every((word) => row.dataset.sought.includes(word));
    const shown = rows.filter((row) => !row.hidden).length;
    found.textContent = words.length ? `${shown} of ${rows.length} States` : "";
  }

  form.hidden = false;
  field.addEventListener("input", search);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const first = rows.find((row) => !row.hidden);
    if (field.value && first) first.querySelector("a").focus();
  });
  search();
})();
