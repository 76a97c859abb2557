// The list's own behaviour: keys on the open conversation, the line that was searched for, picks that are done with,
// and conversations that became one.

const room = () => document.getElementById("talkroom");

function reloadThread(id) {
  const query = document.getElementById("conversation-rows")?.dataset.query || "";
  const url = `/bandeja/${id}/${query}`;
  history.replaceState(history.state, "", url);
  window.htmx.ajax("GET", url, { target: "#thread", swap: "innerHTML" });
}

// Two became one: numbers of lines changed, so what is on screen is fetched whole.
document.body.addEventListener("live:inbox", (event) => {
  const { conversation, reset, merged_into: survivor } = event.detail || {};
  if (!reset || !conversation || String(conversation) !== room()?.dataset.conversation) return;
  reloadThread(survivor || conversation);
});

function showLine() {
  const seq = new URLSearchParams(location.search).get("linea");
  if (!seq || !/^\d+$/.test(seq)) return;
  const line = document.querySelector(`#lines [data-seq="${seq}"]`);
  if (!line) return;
  line.scrollIntoView({ block: "center" });
  line.classList.add("is-found");
}

document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id === "thread") requestAnimationFrame(showLine);
});
requestAnimationFrame(showLine);

// What was picked is done: the choice would otherwise come back with the next refresh.
document.body.addEventListener("inbox:picked", () => {
  for (const box of document.querySelectorAll(".talk__pick:checked")) box.click();
});

// h, l: the menu's own entries.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]") || !room()) return;
  const key = event.key.toLowerCase();
  const entry = document.querySelector(`[data-organise] [data-key="${CSS.escape(key)}"]`);
  if (entry) {
    event.preventDefault();
    entry.click();
  }
});
