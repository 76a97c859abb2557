// Picking rows: how many, what to do with them, and the choice kept in the address so that a reload does not lose it.

const name = "elegidos";

function form() {
  return document.querySelector("[data-picks]");
}

function boxes() {
  return [...(form()?.querySelectorAll(".rows__pick") ?? [])];
}

function kept() {
  const ids = new URLSearchParams(location.hash.slice(1)).get(name);
  return new Set(ids ? ids.split(",") : []);
}

function show() {
  const all = boxes();
  const picked = all.filter((box) => box.checked);
  const bar = form()?.querySelector("[data-pick-bar]");
  if (bar) {
    bar.hidden = picked.length === 0;
    bar.querySelector("[data-pick-count]").textContent = picked.length;
  }
  const every = form()?.querySelector("[data-pick-all]");
  if (every) {
    every.checked = all.length > 0 && picked.length === all.length;
    every.indeterminate = picked.length > 0 && picked.length < all.length;
  }
  return picked.map((box) => box.value);
}

function remember() {
  const ids = show();
  const hash = ids.length ? `#${name}=${ids.join(",")}` : "";
  history.replaceState(history.state, "", location.pathname + location.search + hash);
}

function restore() {
  const ids = kept();
  for (const box of boxes()) if (ids.has(box.value)) box.checked = true;
  show();
}

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-pick-all]")) {
    for (const box of boxes()) box.checked = event.target.checked;
    remember();
  } else if (event.target.matches?.(".rows__pick")) {
    remember();
  }
});

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-pick-none]")) return;
  for (const box of boxes()) box.checked = false;
  remember();
});

document.body.addEventListener("htmx:afterSettle", restore);
restore();
