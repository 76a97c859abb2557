// The inbox's own behaviour: news of the open conversation, the composer, panes, keys.
// Lines are added in one place only (fetchNews), one request at a time, so that none comes twice.

const inbox = document.getElementById("inbox");
const NEAR = 120; // px from the end within which new lines scroll into view

const room = () => document.getElementById("talkroom");
const lines = () => document.getElementById("lines");
const scroller = () => document.getElementById("scroll");

// Whether the reader is at the end; pictures that load late then must not push the last line out of sight.
let pinned = true;

function toEnd() {
  const box = scroller();
  pinned = true;
  if (box) box.scrollTop = box.scrollHeight;
  const below = document.getElementById("to-end");
  if (below) below.hidden = true;
}

function nearEnd() {
  const box = scroller();
  return !box || box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
}

const MANY = 300;
let fetching = false;
let again = false;

async function fetchNews() {
  const here = room();
  if (!here) return;
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    const all = lines().querySelectorAll("[data-seq]");
    const last = all.length ? all[all.length - 1].dataset.seq : "0";
    const days = lines().querySelectorAll("[data-day]");
    const query = new URLSearchParams({ desde: last, visto: document.getElementById("stamp").dataset.seen });
    // A line above those shown has no place here for its new tick.
    query.set("primera", scroller().querySelector("[data-seq]")?.dataset.seq || "0");
    if (days.length) query.set("dia", days[days.length - 1].dataset.day);
    if (document.visibilityState === "visible") query.set("a_la_vista", "1");
    const follow = nearEnd();
    await window.htmx.ajax("GET", `${here.dataset.news}?${query}`, { target: "#lines", swap: "beforeend", source: "#lines" });
    if (room() !== here) return;
    const fresh = lines().querySelectorAll("[data-seq]").length - all.length;
    if (fresh > MANY) again = true; // there may be more than one answer holds
    if (follow) requestAnimationFrame(toEnd);
    else if (fresh) document.getElementById("to-end").hidden = false;
    countDown();
  } finally {
    fetching = false;
    if (again) {
      again = false;
      fetchNews();
    }
  }
}

const REST = 400; // ms between two refreshes of the list
let refreshing = null;
let refreshed = 0;

// The first hint refreshes the list at once, a burst makes one more refresh at its end, and none is lost.
function refreshSoon() {
  refreshing ??= setTimeout(() => {
    refreshing = null;
    refreshed = performance.now();
    document.body.dispatchEvent(new CustomEvent("inbox:refresh"));
  }, Math.max(0, refreshed + REST - performance.now()));
}

document.body.addEventListener("live:inbox", (event) => {
  const { conversation, reset, tick } = event.detail || {};
  // A reset of one conversation means that its lines have other numbers now: it is fetched whole (inbox_list.js).
  const here = conversation ? !reset && String(conversation) === room()?.dataset.conversation : reset;
  // The line somebody is waiting for comes first, the list after it: both at once and each is late.
  const shown = here ? fetchNews() : Promise.resolve();
  // A tick changes a thread, not the list: a campaign's thousands must not fetch it thousands of times.
  if (!tick) shown.finally(refreshSoon);
});

document.body.addEventListener("inbox:changed", () => {
  fetchNews();
  refreshSoon();
});

// The list is asked for with the conversation that is open now, not the one that was when it was made.
document.body.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt.id === "conversation-rows") {
    event.detail.parameters.abierta = room()?.dataset.conversation || "";
    const search = document.getElementById("inbox-search").value;
    if (search) event.detail.parameters.q = search;
  }
});

function arrived() {
  inbox.dataset.pane = room() ? "thread" : "list";
  const here = room()?.dataset.conversation;
  for (const link of inbox.querySelectorAll("[data-conversation].rows__link")) {
    link.closest(".talk").classList.toggle("is-current", link.dataset.conversation === here);
  }
  if (!here) return;
  if (innerWidth >= 1280 && localStorage.getItem("inbox-side") !== "off") room().classList.add("has-side");
  newKey(room());
  countDown();
  toEnd();
  refreshSoon();
}

document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id === "thread") arrived();
});
document.addEventListener(
  "scroll",
  (event) => {
    if (event.target.id !== "scroll") return;
    pinned = nearEnd();
    if (pinned) document.getElementById("to-end").hidden = true;
  },
  true,
);
document.addEventListener(
  "load",
  (event) => {
    if (event.target.matches?.(".bubble__picture") && pinned) toEnd();
  },
  true,
);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") fetchNews();
});

// How many wait is told by the tab too, for whoever is elsewhere.
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "queues") return;
  const waiting = document.querySelector("#queues .count--loud")?.textContent.trim();
  document.title = (waiting ? `(${waiting}) ` : "") + document.title.replace(/^\(\d+\) /, "");
});

// --- composer ---------------------------------------------------------------------------------------

// The same form sent twice (a weak line, a second tap) carries the same key and makes one message.
function newKey(root) {
  for (const field of root?.querySelectorAll('input[name="key"]') ?? []) field.value = crypto.randomUUID();
}

document.body.addEventListener("htmx:load", (event) => {
  for (const field of event.detail.elt.querySelectorAll?.('input[name="key"][value=""]') ?? []) {
    if (!field.value) field.value = crypto.randomUUID();
  }
});

document.body.addEventListener("inbox:sent", () => {
  const form = document.getElementById("reply-form");
  if (!form) return;
  const text = form.elements.body;
  // What was typed while the answer was on its way stays.
  const sent = form.dataset.sent ?? text.value;
  text.value = text.value.startsWith(sent) ? text.value.slice(sent.length) : text.value;
  if (!text.value) form.elements.kind.value = "reply";
  placeholder(form);
  document.getElementById("compose-error").replaceChildren();
  document.getElementById("template-fields")?.replaceChildren();
  const choice = document.getElementById("template-choice");
  if (choice) choice.value = "";
  newKey(room());
  toEnd();
});

function placeholder(form) {
  const text = form.elements.body;
  text.dataset.reply ??= text.placeholder;
  text.placeholder = form.elements.kind.value === "note" ? text.dataset.note : text.dataset.reply;
}

document.addEventListener("change", (event) => {
  if (event.target.name === "kind") {
    placeholder(event.target.form);
    event.target.form.elements.body.focus();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.target.id === "reply-body" && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    event.target.form.requestSubmit();
    return;
  }
  if (event.target.id === "reply-body" && event.key === "Escape") event.target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  const key = event.key.toLowerCase();
  if (key === "r" || key === "n") {
    const form = document.getElementById("reply-form");
    if (!form) return;
    event.preventDefault();
    form.elements.kind.value = key === "r" ? "reply" : "note";
    placeholder(form);
    form.elements.body.focus();
  }
});

// --- the window, the side, pictures, the state of the stream ------------------------------------------

function countDown() {
  const box = document.getElementById("window");
  const place = box?.querySelector("[data-countdown]");
  if (!place) return;
  const left = Math.floor((new Date(box.dataset.closes) - Date.now()) / 60_000);
  if (left < 0) fetchNews();
  else place.textContent = `${place.dataset.words} ${left >= 60 ? `${Math.floor(left / 60)} h ` : ""}${left % 60} min`;
}

setInterval(countDown, 30_000);

document.addEventListener("input", (event) => {
  const form = event.target.closest?.(".compose__values");
  if (!form) return;
  const preview = form.querySelector("[data-body]");
  preview.textContent = preview.dataset.body.replace(/\{\{(\d+)\}\}/g, (place, number) => {
    return form.querySelector(`[data-place="${number}"]`)?.value || place;
  });
});

function showPicture(link) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog picture-view";
  const picture = new Image();
  picture.src = link.href;
  picture.alt = link.querySelector("img")?.alt || "";
  dialog.append(picture);
  dialog.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const target = event.target.closest?.("[data-side], [data-picture], #to-end");
  if (!target) return;
  if (target.id === "to-end") {
    toEnd();
  } else if ("picture" in target.dataset) {
    event.preventDefault();
    showPicture(target);
  } else {
    event.preventDefault();
    const shown = room().classList.toggle("has-side");
    localStorage.setItem("inbox-side", shown ? "on" : "off");
  }
});

// A moment without the stream is nothing to tell; ten seconds are.
let complaint = null;
let ageing = null;
let current = Date.now(); // when what is on screen was last true

function tellAge(notice) {
  const place = notice.querySelector("[data-age]");
  const seconds = Math.floor((Date.now() - current) / 1000);
  const minutes = Math.floor(seconds / 60);
  const age = minutes >= 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : minutes ? `${minutes} min` : `${seconds} s`;
  place.textContent = seconds < 5 ? place.dataset.now : `${place.dataset.words} ${age}.`;
}

let wasLive = false;
new MutationObserver(() => {
  const notice = document.querySelector(".inbox__offline");
  const off = document.documentElement.dataset.live === "off";
  // Until the stream ended all was told as it happened; from then on only what is fetched counts.
  if (off && wasLive) current = Date.now();
  wasLive = document.documentElement.dataset.live === "on";
  if (!off) {
    clearTimeout(complaint);
    clearInterval(ageing);
    complaint = ageing = null;
    notice.hidden = true;
    return;
  }
  // A failed attempt to come back says «off» again: the ten seconds go on, they do not begin anew.
  complaint ??= setTimeout(() => {
    tellAge(notice);
    notice.hidden = false;
    ageing = setInterval(() => tellAge(notice), 1_000);
  }, 10_000);
}).observe(document.documentElement, { attributeFilter: ["data-live"] });

document.body.addEventListener("htmx:afterRequest", (event) => {
  const { elt, successful } = event.detail;
  // With a conversation open it is its lines that must be new; else the list.
  if (successful && elt.id === (room() ? "lines" : "conversation-rows")) current = Date.now();
});

arrived();
