// The composer: drafts that survive a reload and a lost network, several files with a preview, ready answers (/),
// people (@), emoji, the count of what a message may hold. Sending itself is the form's own hx-post.

const SUGGEST_AFTER = 120; // ms
const EMOJI = "😀 😁 😂 😊 😉 😍 😘 😎 🤔 😅 😢 😭 😡 😴 🙄 😬 👍 👎 👌 🙏 👏 💪 🤝 👋 ❤️ 🔥 🎉 ✅ ❌ ⚠️ ⏰ 📞 📷 📄 💵 💳 🧾 📶 🛜 🔧 🏠 📍".split(" ");

const form = () => document.getElementById("reply-form");
const body = () => document.getElementById("reply-body");
const conversation = () => document.getElementById("talkroom")?.dataset.conversation;
const isNote = () => form()?.elements.kind.value === "note";
const headers = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}");

// --- drafts -----------------------------------------------------------------------------------------

const draftKey = () => `inbox-draft:${location.host}:${conversation()}`;

function keepDraft() {
  const text = body()?.value ?? "";
  const reply = form()?.elements.reply_to.value ?? "";
  if (!text && !reply) localStorage.removeItem(draftKey());
  else {
    const key = form().dataset.sent === text ? form().elements.key.value : "";
    localStorage.setItem(draftKey(), JSON.stringify({ text, kind: form().elements.kind.value, reply, key }));
  }
}

function restoreDraft() {
  if (!form() || body().value) return;
  let kept = null;
  try {
    kept = JSON.parse(localStorage.getItem(draftKey()) || "null");
  } catch {
    localStorage.removeItem(draftKey());
  }
  if (!kept) return;
  body().value = kept.text || "";
  form().elements.kind.value = kept.kind === "note" ? "note" : "reply";
  // A message whose answer was lost keeps its key, so that it is not sent twice after a reload.
  if (kept.key) {
    form().elements.key.value = kept.key;
    form().dataset.sent = kept.text;
  }
  if (kept.reply) quote(kept.reply);
  grow();
}

// --- size and count ---------------------------------------------------------------------------------

function grow() {
  const field = body();
  if (!field) return;
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight + 2, 180)}px`;
  const limit = isNote() ? 0 : Number(files.length ? form().dataset.caption : form().dataset.limit);
  const left = limit - [...field.value].length;
  const told = document.getElementById("compose-count");
  told.hidden = !limit || left > limit * 0.2;
  told.textContent = String(left);
  told.classList.toggle("is-over", left < 0);
}

// --- the line that is answered ------------------------------------------------------------------------

export function quote(line) {
  const bubble = document.getElementById(`line-${line}`);
  const bar = document.getElementById("compose-quote");
  if (!bubble || !form()) return;
  form().elements.reply_to.value = line;
  const words = bubble.querySelector(".bubble__text")?.textContent.trim() || bubble.querySelector("figcaption, .bubble__doc-name, .bubble__place strong, img")?.textContent.trim() || bubble.querySelector("img")?.alt || "…";
  bar.querySelector("[data-words]").textContent = words.slice(0, 160);
  bar.hidden = false;
  keepDraft();
}

function unquote() {
  if (!form()) return;
  form().elements.reply_to.value = "";
  document.getElementById("compose-quote").hidden = true;
}

// --- files ------------------------------------------------------------------------------------------

let files = [];

function show() {
  const list = document.getElementById("compose-files");
  const field = form()?.querySelector('input[type="file"]');
  if (!list || !field) return;
  for (const picture of list.querySelectorAll("img, audio, video")) URL.revokeObjectURL(picture.src);
  const chosen = new DataTransfer();
  for (const file of files) chosen.items.add(file);
  field.files = chosen.files;
  list.replaceChildren(...files.map((file, at) => card(list, file, at)));
  list.hidden = files.length === 0;
  if (!files.length) form().elements.voice.value = "";
  grow();
}

function card(list, file, at) {
  const row = document.createElement("li");
  const family = file.type.split("/")[0];
  if (["image", "audio", "video"].includes(family)) {
    const seen = document.createElement(family === "image" ? "img" : family);
    seen.src = URL.createObjectURL(file);
    if (family === "image") seen.alt = "";
    else seen.controls = true;
    row.append(seen);
  }
  const words = document.createElement("span");
  const size = file.size < 1048576 ? `${Math.ceil(file.size / 1024)} kB` : `${(file.size / 1048576).toFixed(1)} MB`;
  words.textContent = `${file.name} · ${size}`;
  if (file.size > Number(form().dataset.mediaLimit)) {
    words.textContent += ` · ${list.dataset.tooLarge}`;
    row.classList.add("is-over");
  }
  const drop = document.createElement("button");
  drop.type = "button";
  drop.className = "button button--quiet button--small";
  drop.textContent = list.dataset.remove;
  drop.addEventListener("click", () => {
    files.splice(at, 1);
    show();
  });
  row.append(words, drop);
  return row;
}

export function attach(more, { voice = false } = {}) {
  if (!form() || isNote() || !more?.length) return false;
  files = voice ? [...more] : [...files, ...more].slice(0, 10);
  form().elements.voice.value = voice ? "1" : "";
  show();
  body().focus();
  return true;
}

document.addEventListener("change", (event) => {
  if (event.target.matches?.('#reply-form input[type="file"]')) {
    const more = [...event.target.files];
    // The field holds all that is chosen; what is new in it is what was picked just now.
    files = [];
    attach(more);
  } else if (event.target.name === "kind") keepDraft();
});
document.addEventListener("paste", (event) => {
  if (event.target.id === "reply-body" && attach([...(event.clipboardData?.files ?? [])])) event.preventDefault();
});
document.addEventListener("dragover", (event) => {
  if (event.target.closest?.("#thread") && event.dataTransfer?.types.includes("Files")) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  if (!event.target.closest?.("#thread") || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault(); // a file that cannot be attached must not replace the page
  attach([...event.dataTransfer.files]);
});

// --- suggestions: /answers and @people ----------------------------------------------------------------

let people = null;
let options = [];
let chosen = 0;
let asked = 0;
let timer = null;

const box = () => document.getElementById("suggestions");

function token() {
  const field = body();
  const before = field.value.slice(0, field.selectionStart);
  const slash = isNote() ? null : before.match(/(?:^|\s)\/([\w-]{0,30})$/);
  if (slash) return { kind: "canned", text: slash[1], from: before.length - slash[1].length - 1 };
  const at = isNote() ? before.match(/(?:^|\s)@([^@\n]{0,30})$/) : null;
  return at ? { kind: "people", text: at[1], from: before.length - at[1].length - 1 } : null;
}

async function suggest() {
  const wanted = token();
  const number = ++asked;
  if (!wanted) return hide();
  let found = [];
  try {
    if (wanted.kind === "canned") {
      const answer = await fetch(`${form().dataset.canned}?${new URLSearchParams({ q: wanted.text })}`);
      if (answer.ok) found = (await answer.json()).replies.map((one) => ({ word: `/${one.shortcut}`, more: one.text, text: one.text, id: one.id }));
    } else {
      people ??= (await (await fetch(form().dataset.people)).json()).people;
      const like = wanted.text.toLowerCase();
      found = people.filter((one) => one.name.toLowerCase().includes(like)).slice(0, 8).map((one) => ({ word: one.name, text: `@${one.name} ` }));
    }
  } catch {
    return hide(); // no network: one goes on typing
  }
  if (number !== asked) return undefined;
  options = found.map((one) => ({ ...one, from: wanted.from }));
  chosen = 0;
  draw();
  return undefined;
}

function draw() {
  const list = box();
  list.replaceChildren(
    ...options.map((one, at) => {
      const row = document.createElement("li");
      row.setAttribute("role", "option");
      row.id = `suggestion-${at}`;
      row.setAttribute("aria-selected", String(at === chosen));
      const word = document.createElement("strong");
      word.textContent = one.word;
      row.append(word);
      if (one.more) {
        const more = document.createElement("span");
        more.textContent = one.more;
        row.append(more);
      }
      row.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        take(at);
      });
      return row;
    }),
  );
  list.hidden = options.length === 0;
  if (options.length) body().setAttribute("aria-activedescendant", `suggestion-${chosen}`);
  list.children[chosen]?.scrollIntoView({ block: "nearest" });
}

function hide() {
  options = [];
  if (box()) box().hidden = true;
  body()?.removeAttribute("aria-activedescendant");
}

function take(at) {
  const one = options[at];
  const field = body();
  field.setRangeText(one.text, one.from, field.selectionStart, "end");
  if (one.id) fetch(`${form().dataset.canned}usada/${one.id}/`, { method: "POST", headers: headers() }).catch(() => {});
  hide();
  // What could not be filled in is chosen, so that one writes over it.
  const gap = one.id ? field.value.slice(one.from).match(/\{\w{1,30}\}/) : null;
  if (gap) field.setSelectionRange(one.from + gap.index, one.from + gap.index + gap[0].length);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  hide();
}

document.addEventListener("input", (event) => {
  if (event.target.id !== "reply-body") return;
  // Other words than those that were tried are another message.
  if ("sent" in form().dataset && !form().classList.contains("htmx-request")) {
    delete form().dataset.sent;
    form().elements.key.value = crypto.randomUUID();
  }
  grow();
  keepDraft();
  clearTimeout(timer);
  timer = setTimeout(suggest, SUGGEST_AFTER);
});
document.addEventListener(
  "keydown",
  (event) => {
    if (event.target.id !== "reply-body") return;
    if (!options.length) {
      if (event.key === "Escape" && form().elements.reply_to.value) {
        event.stopPropagation();
        unquote();
        keepDraft();
      }
      return;
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : options.length - 1)) % options.length;
      draw();
    } else if (event.key === "Enter" || event.key === "Tab") take(chosen);
    else if (event.key === "Escape") hide();
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
document.addEventListener("focusout", (event) => {
  if (event.target.id === "reply-body") hide();
});

// --- emoji, clicks, what was sent ---------------------------------------------------------------------

// Before it opens: where it is put depends on how tall it is.
document.addEventListener("beforetoggle", (event) => {
  const menu = event.target;
  if (menu.id !== "emoji-menu" || event.newState !== "open" || menu.childElementCount) return;
  menu.append(
    ...EMOJI.map((emoji) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = emoji;
      button.addEventListener("click", () => {
        const field = body();
        field.setRangeText(emoji, field.selectionStart, field.selectionEnd, "end");
        menu.hidePopover();
        field.focus();
        field.dispatchEvent(new Event("input", { bubbles: true }));
      });
      return button;
    }),
  );
}, true);

document.addEventListener("click", (event) => {
  const target = event.target.closest?.("[data-reply-to], [data-unquote], [data-open-templates]");
  if (!target) return;
  if ("replyTo" in target.dataset) {
    form().elements.kind.value = "reply";
    quote(target.dataset.replyTo);
  } else if ("unquote" in target.dataset) unquote();
  else {
    document.getElementById("compose").classList.add("has-templates");
    document.getElementById("template-search")?.focus();
    return;
  }
  keepDraft();
  body().focus();
});

// Options and a point: a tray that is shut sends nothing.
function shut(tray) {
  tray.hidden = true;
  for (const field of tray.querySelectorAll("input, textarea")) field.value = "";
}

document.addEventListener("click", (event) => {
  const tray = document.getElementById(event.target.closest?.("[data-tray]")?.dataset.tray);
  if (!tray) return;
  if (!tray.hidden) return shut(tray);
  form().elements.kind.value = "reply";
  tray.hidden = false;
  tray.querySelector("input, textarea").focus();
});

document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.id !== "reply-form") return;
  form().dataset.sent = body().value;
  keepDraft();
});

// It was sent, whichever conversation is open by now: its draft is done.
document.body.addEventListener("htmx:afterRequest", (event) => {
  const { requestConfig, successful } = event.detail;
  const sent = requestConfig?.path.match(/(\d+)\/responder\/$/);
  if (!sent || !successful) return;
  const key = `inbox-draft:${location.host}:${sent[1]}`;
  const kept = JSON.parse(localStorage.getItem(key) || "null");
  if (kept && kept.text === requestConfig.parameters.body) localStorage.removeItem(key);
});

document.body.addEventListener("inbox:sent", () => {
  files = [];
  show();
  unquote();
  document.querySelectorAll(".compose__tray").forEach(shut);
  hide();
  delete form()?.dataset.sent;
  if (form()) keepDraft();
  document.getElementById("compose")?.classList.remove("has-templates");
  queueMicrotask(grow);
});

// A request that never came through leaves everything as it was, and says so.
document.body.addEventListener("htmx:sendError", (event) => {
  if (event.detail.elt.id !== "reply-form") return;
  const told = document.createElement("p");
  told.className = "compose__error";
  told.textContent = document.getElementById("talkroom").dataset.unsent;
  document.getElementById("compose-error").replaceChildren(told);
});

function arrived() {
  files = [];
  options = [];
  restoreDraft();
  document.dispatchEvent(new CustomEvent("composer:ready"));
}

document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id === "thread") arrived();
});
arrived();
