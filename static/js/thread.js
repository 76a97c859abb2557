// The thread's own: reactions, going to the line that was quoted, who else is here, the list of keys.

const QUICK = ["👍", "❤️", "😂", "😮", "😢", "🙏", "✅", "👀"];
const LOOK = 25_000; // ms between two «I am looking»
const TYPE = 6_000; // ms between two «I am typing»
const STALE = { looking: 45_000, typing: 12_000 };

const room = () => document.getElementById("talkroom");
const headers = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}");

// --- reactions --------------------------------------------------------------------------------------

let reacting = null;

function post(emoji) {
  const menu = document.getElementById("react-menu");
  menu.hidePopover();
  window.htmx.ajax("POST", reacting, { values: { emoji }, swap: "none", source: menu });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-react]");
  if (!button) return;
  const menu = document.getElementById("react-menu");
  reacting = button.dataset.react;
  if (!menu.childElementCount) {
    for (const emoji of [...QUICK, ""]) {
      const one = document.createElement("button");
      one.type = "button";
      one.textContent = emoji || "✕";
      if (!emoji) one.setAttribute("aria-label", menu.dataset.none);
      one.addEventListener("click", () => post(emoji));
      menu.append(one);
    }
  }
  menu.showPopover();
  const at = button.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${at.top > menu.offsetHeight + 12 ? at.top - menu.offsetHeight - 6 : at.bottom + 6}px`;
  menu.querySelector("button").focus();
});

// A touch on a line shows what can be done with it, a second one or a touch elsewhere hides it.
document.addEventListener("click", (event) => {
  if (matchMedia("(hover: hover)").matches) return;
  const line = event.target.closest?.(".bubble");
  if (event.target.closest?.("a, button, audio, video, summary, #react-menu")) return;
  for (const one of document.querySelectorAll(".bubble.is-touched")) if (one !== line) one.classList.remove("is-touched");
  line?.classList.toggle("is-touched");
});

// --- the quoted line ----------------------------------------------------------------------------------

function shine(line) {
  line.scrollIntoView({ block: "center" });
  line.classList.remove("is-shown");
  requestAnimationFrame(() => line.classList.add("is-shown"));
}

async function goTo(id, seq) {
  // It may lie above what is shown; older lines are asked for until it is there.
  for (let page = 0; page < 40; page += 1) {
    const line = document.getElementById(`line-${id}`);
    if (line) return shine(line);
    const button = document.querySelector("#above button");
    const first = document.querySelector("#scroll [data-seq]");
    if (!button || Number(first?.dataset.seq) <= Number(seq)) return undefined;
    await window.htmx.ajax("GET", button.getAttribute("hx-get"), { target: "#above", swap: "outerHTML", source: button });
  }
  return undefined;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-quote]");
  if (!link) return;
  event.preventDefault();
  goTo(link.dataset.quote, link.dataset.quoteSeq);
});

// --- who else is here -----------------------------------------------------------------------------------

let me = "";
let here = new Map();
let told = { state: "", at: 0, conversation: "" };

function say(state) {
  const url = room()?.dataset.presence;
  if (!url) return;
  const conversation = room().dataset.conversation;
  const rest = state === "typing" ? TYPE : LOOK;
  if (told.conversation === conversation && told.state === state && Date.now() - told.at < rest - 500) return;
  told = { state, at: Date.now(), conversation };
  const answer = document.getElementById("reply-form")?.elements.kind.value === "reply" ? "1" : "0";
  fetch(url, { method: "POST", headers: headers(), body: new URLSearchParams({ state, answer }) })
    .then((response) => (response.ok ? response.json() : null))
    .then((said) => {
      if (!said || room()?.dataset.conversation !== conversation) return;
      me = said.me;
      here = new Map(said.others.map((one) => [one.who, { ...one, at: Date.now() }]));
      drawPresence();
    })
    .catch(() => {}); // a courtesy; the next one tells
}

function leave() {
  if (!told.conversation || told.state === "gone") return;
  const url = document.querySelector("[data-presence]")?.dataset.presence.replace(/\/\d+\/presencia/, `/${told.conversation}/presencia`);
  if (url) fetch(url, { method: "POST", headers: headers(), keepalive: true, body: new URLSearchParams({ state: "gone" }) }).catch(() => {});
  told = { state: "gone", at: 0, conversation: "" };
}

function drawPresence() {
  const place = document.getElementById("presence");
  if (!place) return;
  const now = Date.now();
  const current = [...here.values()].filter((one) => now - one.at < STALE[one.state]);
  const typing = current.filter((one) => one.state === "typing").map((one) => one.name);
  const looking = current.filter((one) => one.state === "looking").map((one) => one.name);
  const parts = [];
  if (typing.length) parts.push(`${typing.join(", ")} ${place.dataset.typing}`);
  if (looking.length) parts.push(`${looking.join(", ")} ${place.dataset.looking}`);
  const words = parts.join(" · ");
  if (place.textContent !== words) place.textContent = words;
  place.hidden = !words;
}

document.body.addEventListener("live:presence", (event) => {
  const { conversation, who, name, state, reset } = event.detail || {};
  if (reset || String(conversation) !== room()?.dataset.conversation || who === me) return;
  if (state === "gone") here.delete(who);
  else here.set(who, { who, name, state, at: Date.now() });
  drawPresence();
});

let idle = null;
document.addEventListener("input", (event) => {
  if (event.target.id !== "reply-body" || !event.target.value) return;
  say("typing");
  clearTimeout(idle);
  idle = setTimeout(() => say("looking"), TYPE);
});
document.body.addEventListener("inbox:sent", () => {
  clearTimeout(idle);
  say("looking");
});
setInterval(() => {
  drawPresence();
  if (room() && document.visibilityState === "visible" && told.state !== "typing") say("looking");
}, 5_000);
window.addEventListener("pagehide", leave);

// --- keys -----------------------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  if (event.key === "?") {
    event.preventDefault();
    document.getElementById("keys")?.showModal();
  }
  const head = document.getElementById("thread-head");
  const wanted = { a: "[popovertarget=assign-menu]", e: "[data-resolve]", c: "[data-side]" }[event.key];
  const button = wanted && head?.querySelector(wanted);
  if (!button) return;
  event.preventDefault();
  button.click();
});

function arrived() {
  if (told.conversation && told.conversation !== room()?.dataset.conversation) leave();
  here = new Map();
  drawPresence();
  if (room()) say("looking");
  const wanted = location.hash.match(/^#line-(\d+)$/);
  if (wanted) goTo(wanted[1], 0);
}

document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id === "thread") arrived();
});
arrived();
