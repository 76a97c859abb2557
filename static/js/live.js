// Live hints. One tab of the browser holds the stream and passes hints on; the others listen to it.
// A hint becomes a DOM event on body, `live:<topic>`, which htmx elements use as a trigger
// (hx-trigger="live:inbox from:body") and scripts as a reason to fetch what they miss. Hints may be lost:
// after every gap all topics are told to fetch, with detail {reset: true}.
// `calm:<topic>` comes once a second at most, `slow:<topic>` once in eight: at once, and once more after what came
// meanwhile. htmx's own throttle would drop the last hint of a burst, and the page would stay behind.

const source = document.querySelector('meta[name="live"]')?.content;
const channel = "BroadcastChannel" in window ? new BroadcastChannel("live") : null;
const POLL = 20_000; // ms between fetches while there is no stream
const SILENCE = 50_000; // ms without even a beat (they come every 20 s): the connection is dead, and nobody says so

// What this person may hear; the server says it with the token.
let topics = [];
let last = "";
let live = false;
let poll = null;
let failures = 0;

const PACES = { calm: 1000, slow: 8000 };
const waiting = new Map(); // "calm:network": whether something came since it was said

function pace(name, ms) {
  if (waiting.has(name)) {
    waiting.set(name, true);
    return;
  }
  document.body.dispatchEvent(new CustomEvent(name));
  waiting.set(name, false);
  setTimeout(() => {
    const again = waiting.get(name);
    waiting.delete(name);
    if (again) pace(name, ms);
  }, ms);
}

function dispatch(topic, detail) {
  document.body.dispatchEvent(new CustomEvent(`live:${topic}`, { detail }));
  for (const [prefix, ms] of Object.entries(PACES)) pace(`${prefix}:${topic}`, ms);
}

function reset() {
  for (const topic of topics) dispatch(topic, { reset: true });
}

function say(state) {
  live = state;
  document.documentElement.dataset.live = state ? "on" : "off";
  clearInterval(poll);
  // Without a stream the page still moves, only slower.
  poll = state ? null : setInterval(reset, POLL);
}

function take(message, shared = true) {
  if (message.topics) topics = message.topics;
  if (shared) channel?.postMessage(message);
  if (message.kind === "hint") dispatch(message.topic, message.hint);
  else if (message.kind === "reset") reset();
  else if (message.kind === "state") say(message.live);
}

async function token() {
  const answer = await fetch(source, { headers: { Accept: "application/json" }, redirect: "manual" });
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return null; // signed out
  if (!answer.ok) throw new Error(String(answer.status));
  const given = await answer.json();
  topics = given.topics;
  return given.token;
}

// Ends at once when the network is back.
const pause = (ms) => new Promise((resolve) => {
  const done = () => {
    clearTimeout(timer);
    window.removeEventListener("online", back);
    resolve();
  };
  const back = () => {
    failures = 0;
    done();
  };
  const timer = setTimeout(done, ms);
  window.addEventListener("online", back);
});

// Resolves when the stream has ended: "gone" when this person has no session any more.
async function listen() {
  const value = await token();
  if (value === null) return "gone";
  const query = new URLSearchParams({ token: value });
  if (last) query.set("last", last);
  const stream = new EventSource(`/live?${query}`);
  return await new Promise((resolve) => {
    const over = new AbortController();
    const until = { signal: over.signal };
    let silence = null;
    const end = (event) => {
      last = event?.lastEventId || last;
      clearTimeout(silence);
      over.abort();
      stream.close();
      resolve("ended");
    };
    const hear = (name, act) => stream.addEventListener(name, (event) => {
      clearTimeout(silence);
      silence = setTimeout(end, SILENCE);
      last = event.lastEventId || last;
      act?.(event);
    });
    silence = setTimeout(end, SILENCE);
    const first = !last;
    hear("ready", () => {
      failures = 0;
      take({ kind: "state", live: true, topics });
      // What happened between the page's making and this moment.
      if (first) take({ kind: "reset" });
    });
    hear("reset", () => {
      if (!live) take({ kind: "state", live: true, topics });
      take({ kind: "reset" });
    });
    // The stream stands, but whoever fills it hears nothing itself; a reset tells when that is over.
    hear("deaf", () => take({ kind: "state", live: false }));
    hear("beat");
    for (const name of ["revoked", "renew"]) hear(name, end);
    for (const topic of topics) hear(topic, (event) => take({ kind: "hint", topic, hint: JSON.parse(event.data) }));
    // The browser would try again by itself, but with a token that may be old by then.
    stream.onerror = end;
    window.addEventListener("pagehide", end, until);
    // What was sent into a network that went away may be lost without an error: the next stream asks for it.
    window.addEventListener("offline", end, until);
  });
}

async function hold() {
  for (;;) {
    try {
      if ((await listen()) === "gone") break;
    } catch {
      failures += 1;
    }
    take({ kind: "state", live: false });
    await pause(Math.min(500 * 2 ** failures, 15_000) * (0.75 + Math.random() / 2));
    failures += 1;
  }
  take({ kind: "state", live: false });
}

function start() {
  if (channel) {
    channel.onmessage = (event) => {
      // A new tab asks how things stand; only the one that holds the stream knows.
      if (event.data.kind === "ask") {
        if (holding) channel.postMessage({ kind: "state", live, topics });
      } else if (!holding) {
        const behind = event.data.kind === "state" && event.data.live && !live;
        take(event.data, false);
        if (behind) reset();
      }
    };
    channel.postMessage({ kind: "ask" });
  }
  let holding = false;
  const run = async () => {
    holding = true;
    await hold();
    holding = false;
  };
  if (navigator.locks && channel) navigator.locks.request("live", run);
  else run();
}

if (source) {
  document.documentElement.dataset.live = "wait";
  start();
}
