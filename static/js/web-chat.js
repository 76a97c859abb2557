// The visitor's chat, in a frame on the provider's page. What is said is kept here until the server has it; what
// comes is told by a hint and fetched.

import { draw, facts } from "./web-chat-lines.js";
import { store } from "./web-chat-store.js";

const $ = (id) => document.getElementById(id);
const room = $("lines");
const OUTBOX = `chat-out-${facts.hook}`;

let token = null;
let stamp = null;
let parentOrigin = null;
let open = window.parent === window; // opened by itself it is a page like any other
let live = false;
let failures = 0;
let seenSeq = 0;
let deliveredSeq = 0;
let oldest = 0;
let stream = null;
let refused = "";
const drawn = new Map();
const waiting = new Map(restore());

function restore() {
  try {
    return JSON.parse(store("session", OUTBOX) || "[]").map((one) => [one.id, one]);
  } catch {
    return [];
  }
}

function keepOutbox() {
  store("session", OUTBOX, JSON.stringify([...waiting.values()].filter((one) => !one.file)));
}

function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// --- calls -------------------------------------------------------------------------------------------------

async function call(name, said) {
  const form = said instanceof FormData;
  const answer = await fetch(`${facts.base}/${name}`, {
    method: "POST",
    body: form ? said : JSON.stringify(said ?? {}),
    credentials: "omit",
    headers: { Authorization: `Bearer ${token ?? ""}`, ...(form ? {} : { "Content-Type": "application/json" }) },
  });
  const given = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(given.error || String(answer.status)), { status: answer.status });
  return given;
}

let opening = null;

// One at a time: whoever wrote before the page was ready would else be two visitors, and the answer go to the other.
function session() {
  opening ??= openSession().finally(() => {
    opening = null;
  });
  return opening;
}

async function openSession() {
  const given = await call("session", { token });
  if (given.token !== token) {
    token = given.token;
    if (parentOrigin) window.parent.postMessage({ chat: "token", token }, parentOrigin);
    else store("local", `chat-${facts.hook}`, token);
  }
  return given;
}

// --- what is shown -----------------------------------------------------------------------------------------

function say(code) {
  const text = code ? $("state").dataset[code] || $("state").dataset.failed : "";
  $("state").textContent = text;
  $("state").hidden = !text;
}

function state() {
  say(refused || (live ? "" : failures > 1 || !navigator.onLine ? "off" : ""));
}

function put(line) {
  const node = draw(line, { live, choose: send });
  const before = drawn.get(line.id);
  const atEnd = room.scrollHeight - room.scrollTop - room.clientHeight < 80;
  if (before) before.replaceWith(node);
  else {
    const rows = [...room.querySelectorAll(".line[data-id]")];
    const next = line.seq ? rows.find((row) => !row.dataset.seq || Number(row.dataset.seq) > line.seq) : null;
    if (next) next.before(node);
    else room.append(node);
  }
  drawn.set(line.id, node);
  if (atEnd || line.mine) room.scrollTop = room.scrollHeight;
}

function take(lines) {
  for (const line of lines) {
    if (line.mine && waiting.delete(line.id)) keepOutbox();
    // One that waited for its number stands at the end; with it, it goes to its place.
    if (drawn.has(line.id) && !drawn.get(line.id).dataset.seq) {
      drawn.get(line.id).remove();
      drawn.delete(line.id);
    }
    put(line);
    if (!line.mine) {
      deliveredSeq = Math.max(deliveredSeq, line.seq);
      $("typing").hidden = true;
    }
    oldest = oldest ? Math.min(oldest, line.seq) : line.seq;
  }
  report();
}

// --- fetching ----------------------------------------------------------------------------------------------

let fetching = null;
let again = false;

// One at a time; a hint that comes meanwhile makes one more.
function fetchLines() {
  if (fetching) {
    again = true;
    return fetching;
  }
  fetching = (async () => {
    const given = await call("lines", stamp ? { since: stamp } : {});
    if (!stamp) $("more").hidden = !given.more;
    stamp = given.stamp;
    take(given.lines);
  })().finally(() => {
    fetching = null;
    if (again) {
      again = false;
      fetchLines().catch(lost);
    }
  });
  return fetching;
}

let reported = { delivered: 0, read: 0 };

function report() {
  const seen = open && document.visibilityState === "visible";
  if (seen) seenSeq = deliveredSeq;
  const unread = [...room.querySelectorAll(".line[data-id]:not(.mine)")].filter(
    (row) => Number(row.dataset.seq) > seenSeq && Number(row.dataset.seq) > reported.read,
  ).length;
  if (parentOrigin) window.parent.postMessage({ chat: "unread", count: unread }, parentOrigin);
  const status = seen ? "read" : "delivered";
  if (!deliveredSeq || reported[status] >= deliveredSeq) return;
  const seq = deliveredSeq;
  const before = reported[status];
  reported[status] = seq;
  call("state", { seq, status }).catch(() => {
    reported[status] = before;
  });
}

function lost() {
  failures += 1;
  live = false;
  state();
}

// --- live --------------------------------------------------------------------------------------------------

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function listen() {
  const given = await session();
  stream = new EventSource(`/live?${new URLSearchParams({ token: given.live })}`);
  await new Promise((resolve) => {
    const end = () => {
      stream.close();
      resolve();
    };
    stream.addEventListener("ready", () => {
      // Everything since the last fetch is fetched now: nothing is lost, however long it was away.
      fetchLines()
        .then(() => {
          failures = 0;
          live = true;
          state();
          flush();
        })
        .catch(end);
    });
    stream.addEventListener("reset", () => fetchLines().catch(end));
    stream.addEventListener(given.topic, (event) => {
      const hint = JSON.parse(event.data);
      if (hint.typing) showTyping();
      else fetchLines().catch(end);
    });
    stream.addEventListener("renew", end);
    stream.onerror = end;
    window.addEventListener("offline", end, { once: true });
  });
}

async function hold() {
  for (;;) {
    try {
      await listen();
    } catch {
      failures += 1;
    }
    live = false;
    failures += 1;
    state();
    await Promise.race([
      pause(Math.min(400 * 2 ** Math.min(failures, 5), 8000) * (0.75 + Math.random() / 2)),
      new Promise((resolve) => window.addEventListener("online", resolve, { once: true })),
    ]);
  }
}

let typingEnds = 0;

function showTyping() {
  $("typing").hidden = false;
  clearTimeout(typingEnds);
  typingEnds = setTimeout(() => {
    $("typing").hidden = true;
  }, 6000);
}

// --- saying ------------------------------------------------------------------------------------------------

function person() {
  try {
    return JSON.parse(store("session", `chat-who-${facts.hook}`) || "{}");
  } catch {
    return {};
  }
}

function send(said) {
  const one = { id: newId(), at: new Date().toISOString(), ...said };
  waiting.set(one.id, one);
  keepOutbox();
  show(one);
  flush();
}

function show(one) {
  const files = one.file ? [{ type: one.file.type, name: one.file.name, local: URL.createObjectURL(one.file) }] : [];
  put({ id: one.id, mine: true, text: one.body || "", at: one.at, pending: true, files });
}

let flushing = false;

// In order, one after the other; each until the server says that it has it. The same id twice is one message.
async function flush() {
  if (flushing) return;
  flushing = true;
  try {
    for (const one of [...waiting.values()]) {
      if (one.taken) continue;
      try {
        await call("message", body(one));
        one.taken = true;
        refused = "";
      } catch (error) {
        if (!error.status || error.status >= 500) break; // the network: it stays here
        if (error.status === 401) {
          await session();
          break;
        }
        refused = error.message;
        if (error.status === 429) {
          setTimeout(flush, 8000);
          break;
        }
        waiting.delete(one.id);
        drawn.get(one.id)?.remove();
        drawn.delete(one.id);
      }
      keepOutbox();
    }
  } catch {
    lost();
  } finally {
    flushing = false;
    state();
    if ([...waiting.values()].some((one) => !one.taken)) setTimeout(flush, 2500);
    confirm();
  }
}

let confirming = null;

// What the server took comes back as a line; should its hint be lost, the page asks until it is here.
function confirm() {
  clearTimeout(confirming);
  if (![...waiting.values()].some((one) => one.taken)) return;
  confirming = setTimeout(() => fetchLines().catch(lost).finally(confirm), 3000);
}

function body(one) {
  const said = { id: one.id, body: one.body || "", ...person() };
  if (one.choice) said.choice = one.choice;
  if (!one.file) return said;
  const form = new FormData();
  for (const [name, value] of Object.entries(said)) form.set(name, value);
  form.set("file", one.file);
  return form;
}

$("write").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("body").value.trim();
  if (!text) return;
  $("body").value = "";
  grow();
  send({ body: text });
});

function grow() {
  const field = $("body");
  field.rows = Math.min(5, field.value.split("\n").length);
}

let typedAt = 0;
$("body").addEventListener("input", () => {
  grow();
  if (Date.now() - typedAt < 4000 || !$("body").value || !drawn.size) return;
  typedAt = Date.now();
  call("typing").catch(() => {}); // a courtesy
});

$("body").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("write").requestSubmit();
});

$("file").addEventListener("change", () => {
  const file = $("file").files[0];
  $("file").value = "";
  if (!file) return;
  refused = file.size > facts.limit ? "large" : "";
  state();
  if (!refused) send({ body: "", file });
});

$("who").addEventListener("submit", (event) => {
  event.preventDefault();
  const given = Object.fromEntries(new FormData($("who")));
  store("session", `chat-who-${facts.hook}`, JSON.stringify({ ...given, done: true }));
  $("who").hidden = true;
  $("write").hidden = false;
  $("body").focus();
});

$("more").addEventListener("click", async () => {
  const given = await call("lines", { before: oldest }).catch(() => null);
  if (!given) return;
  $("more").hidden = !given.more;
  take(given.lines);
});

$("close").addEventListener("click", () => window.parent.postMessage({ chat: "close" }, parentOrigin ?? "*"));
$("close").hidden = open;
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && parentOrigin) window.parent.postMessage({ chat: "close" }, parentOrigin);
});
document.addEventListener("visibilitychange", report);

// --- beginning ---------------------------------------------------------------------------------------------

let begun = false;

async function begin() {
  if (begun) return;
  begun = true;
  $("body").disabled = false; // until here nobody would hear what is written
  if (facts.ask && !token && !person().done) {
    $("who").hidden = false;
    $("write").hidden = true;
  }
  for (const one of waiting.values()) {
    one.taken = false;
    show(one);
  }
  hold();
}

window.addEventListener("message", (event) => {
  if (event.source !== window.parent || !facts.origins.includes(event.origin)) return;
  const said = event.data;
  if (said?.chat === "hello") {
    parentOrigin = event.origin;
    open = Boolean(said.open);
    token ??= said.token || null;
    begin();
    if (open) $("body").focus();
  } else if (said?.chat === "open") {
    open = Boolean(said.open);
    if (open) {
      room.scrollTop = room.scrollHeight;
      $("body").focus();
    }
    report();
  }
});

if (open) {
  token = store("local", `chat-${facts.hook}`);
  begin();
} else window.parent.postMessage({ chat: "ready" }, "*");
