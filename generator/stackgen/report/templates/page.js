"use strict";
// Ages, the filter, and links into closed parts. The page is complete without them.
const DAY = 86400000;
for (const cell of document.querySelectorAll("time[data-limit]")) {
  const days = Math.floor((Date.now() - Date.parse(cell.dateTime)) / DAY);
  if (days >= 0) {
    const age = document.createElement("span");
    const old = days > Number(cell.dataset.limit);
    age.className = old ? "bad" : "soft";
    age.textContent = ` (${days} days${old ? ", check it again" : ""})`;
    cell.after(age);
  }
}
const field = document.getElementById("filter");
const told = document.getElementById("filtered");
const parts = [...document.querySelectorAll("[data-filter]")];
const texts = parts.map((part) => part.textContent.toLowerCase());
const opened = new Set();
function filter() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  parts.forEach((part, i) => {
    part.hidden = !words.every((word) => texts[i].includes(word));
    shown += part.hidden ? 0 : 1;
    const fold = part.closest("details");
    if (words.length && !part.hidden && fold && !fold.open) {
      fold.open = true;
      opened.add(fold);
    }
  });
  if (!words.length) {
    opened.forEach((fold) => { fold.open = false; });
    opened.clear();
  }
  told.textContent = words.length ? `${shown} of ${parts.length}` : "";
}
field.addEventListener("input", filter);
field.closest("label").hidden = false;
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let fold = target && target.closest("details"); fold; fold = fold.parentElement.closest("details")) {
    fold.open = true;
  }
  if (target) { target.scrollIntoView(); }
}
window.addEventListener("hashchange", reveal);
if (location.hash) { reveal(); }
window.addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details:not(.long)")) { fold.open = true; }
});
