// Sound and browser notification for what is mine or nobody's. Each person turns them on in their own browser.
// The server says what is worth a word: the hint only carries ids.

const box = document.getElementById("alerts");
const kept = (name) => localStorage.getItem(`inbox-${name}:${location.host}`) === "on";
const keep = (name, on) => localStorage.setItem(`inbox-${name}:${location.host}`, on ? "on" : "off");
const told = new Map();

const allowed = () => "Notification" in window && Notification.permission === "granted";

let audio = null;

function beep() {
  audio ??= new AudioContext();
  // Made before anybody touched the page it sleeps, and would stay so.
  if (audio.state === "suspended") audio.resume().catch(() => {});
  const now = audio.currentTime;
  for (const [at, pitch] of [[0, 660], [0.12, 880]]) {
    const tone = audio.createOscillator();
    const level = audio.createGain();
    tone.frequency.value = pitch;
    level.gain.setValueAtTime(0.0001, now + at);
    level.gain.exponentialRampToValueAtTime(0.12, now + at + 0.02);
    level.gain.exponentialRampToValueAtTime(0.0001, now + at + 0.16);
    tone.connect(level).connect(audio.destination);
    tone.start(now + at);
    tone.stop(now + at + 0.18);
  }
}

async function tell(conversation, seq, mentioned) {
  const key = `${conversation}:${seq}:${mentioned}`;
  if (told.has(key)) return;
  told.set(key, true);
  const answer = await fetch(box.dataset.url.replace("/0/", `/${conversation}/`), { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const word = await answer.json();
  if (!word.tell && !mentioned) return;
  const open = document.getElementById("talkroom")?.dataset.conversation === String(conversation);
  if (open && document.visibilityState === "visible") return; // it is being read
  if (kept("sound")) beep();
  if (kept("notify") && allowed()) {
    const note = new Notification(word.title, { body: mentioned ? box.dataset.mentioned : word.text, tag: `c${conversation}` });
    note.onclick = () => {
      window.focus();
      location.assign(word.url);
    };
  }
}

document.body.addEventListener("live:inbox", (event) => {
  const { conversation, seq, direction, mentioned } = event.detail || {};
  if (!kept("sound") && !kept("notify")) return;
  const mine = mentioned?.includes(Number(box.dataset.me));
  if (!conversation || (direction !== "in" && !mine)) return;
  // Several tabs hear the same hint; one of them tells.
  const once = () => tell(conversation, seq, Boolean(mine)).catch(() => {});
  if (navigator.locks) {
    navigator.locks.request(`alert:${conversation}:${seq}`, { ifAvailable: true }, async (lock) => {
      if (!lock) return;
      await once();
      await new Promise((resolve) => setTimeout(resolve, 1500));
    });
  } else once();
});

function show() {
  for (const name of ["sound", "notify"]) {
    const on = kept(name) && (name === "sound" || allowed());
    box.querySelector(`[name=${name}]`).checked = on;
  }
}

box?.addEventListener("change", async (event) => {
  const { name, checked } = event.target;
  if (name === "notify" && checked && !allowed()) {
    const given = "Notification" in window ? await Notification.requestPermission() : "denied";
    if (given !== "granted") {
      event.target.checked = false;
      box.querySelector("[data-denied]").hidden = false;
      return;
    }
  }
  keep(name, checked);
  if (name === "sound" && checked) beep();
});
if (box) show();
