// The command palette: types, asks the server, walks the answers with the arrows.

const dialog = document.getElementById("palette");
const input = dialog?.querySelector("input");
const results = dialog?.querySelector("#palette-results");
let waiting = null;
let request = null;

function items() {
  return [...results.querySelectorAll(".palette__item")];
}

function choose(index) {
  const all = items();
  const at = all.length ? (index + all.length) % all.length : -1;
  all.forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
  if (all[at]) {
    input.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  } else {
    input.removeAttribute("aria-activedescendant");
  }
}

function chosen() {
  return items().findIndex((item) => item.getAttribute("aria-selected") === "true");
}

async function ask() {
  request?.abort();
  request = new AbortController();
  const url = `${dialog.dataset.source}?q=${encodeURIComponent(input.value)}`;
  try {
    const answer = await fetch(url, { signal: request.signal, headers: { "HX-Request": "true" } });
    if (answer.headers.get("HX-Redirect")) {
      location.assign(answer.headers.get("HX-Redirect"));
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    results.innerHTML = await answer.text();
    choose(0);
  } catch (error) {
    if (error.name === "AbortError") return;
    results.textContent = document.getElementById("toasts").dataset.offline;
  }
}

if (dialog) {
  dialog.addEventListener("opened", () => {
    input.select();
    ask();
  });
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 120);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen() + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Escape") {
      // A search field would take the first Escape to empty itself.
      event.preventDefault();
      dialog.close();
    } else if (event.key === "Enter") {
      event.preventDefault();
      const item = items()[chosen()];
      if (item) item.click();
    }
  });
  dialog.addEventListener("click", (event) => {
    const item = event.target.closest(".palette__item");
    if (item) dialog.close();
  });
}
