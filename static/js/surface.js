// What every page can do: dialogs, menus, toasts, theme, the folding rail, and leaving forms alone when offline.

const year = 60 * 60 * 24 * 365;

function remember(name, value) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${value}; path=/; max-age=${value ? year : 0}; samesite=lax${secure}`;
}

function setTheme(theme) {
  remember("theme", theme);
  document.documentElement.dataset.theme = theme;
  for (const button of document.querySelectorAll("[data-set-theme]")) {
    button.setAttribute("aria-pressed", String(button.dataset.setTheme === theme));
  }
}

function foldRail() {
  const folded = document.documentElement.dataset.rail === "folded" ? "" : "folded";
  remember("rail", folded);
  document.documentElement.dataset.rail = folded;
}

export function openDialog(dialog) {
  if (dialog && !dialog.open) {
    dialog.showModal();
    dialog.dispatchEvent(new CustomEvent("opened"));
  }
}

export function toast(text, kind = "good") {
  const room = document.getElementById("toasts");
  const template = document.getElementById(kind === "bad" ? "toast-template-bad" : "toast-template");
  if (!room || !template) return;
  const node = template.content.firstElementChild.cloneNode(true);
  if (kind === "good") node.classList.add("toast--good");
  node.querySelector(".toast__text").textContent = text;
  room.append(node);
  leaveLater(node);
}

async function copy(button) {
  const field = document.querySelector(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // Without permission, or over plain http: the old way, on what is selected.
    if (!document.execCommand("copy")) return;
  }
  button.closest("dialog")?.close(); // which would lie over the toast
  toast(button.dataset.copied);
}

function leaveLater(node) {
  // A refusal stays until it is read; good news goes by itself.
  if (node.classList.contains("toast--bad")) return;
  setTimeout(() => dismiss(node), 6000);
}

function dismiss(node) {
  node.classList.add("is-leaving");
  setTimeout(() => node.remove(), 240);
}

document.addEventListener("click", (event) => {
  const target = event.target.closest?.(
    "[data-set-theme], [data-fold-rail], [data-dialog], [data-close], [data-dismiss], [data-print], [data-copy]",
  );
  if (!target) {
    // A click on the backdrop has the dialog itself as its target.
    if (event.target instanceof HTMLDialogElement && event.target.open) {
      const box = event.target.getBoundingClientRect();
      const inside =
        event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
      if (!inside) event.target.close();
    }
    return;
  }
  if ("setTheme" in target.dataset) setTheme(target.dataset.setTheme);
  else if ("foldRail" in target.dataset) foldRail();
  else if ("dialog" in target.dataset) openDialog(document.querySelector(target.dataset.dialog));
  else if ("close" in target.dataset) target.closest("dialog")?.close();
  else if ("dismiss" in target.dataset) dismiss(target.closest(".toast"));
  else if ("print" in target.dataset) window.print();
  else if ("copy" in target.dataset) copy(target);
});

// A menu opens under its button, or above it where there is no room below.
document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLElement) || !menu.matches(".menu[popover]") || event.newState !== "open") return;
    const button = document.querySelector(`[popovertarget="${menu.id}"]`);
    if (!button) return;
    const from = button.getBoundingClientRect();
    const own = menu.getBoundingClientRect();
    const below = from.bottom + 4 + own.height <= innerHeight - 8;
    const top = below ? from.bottom + 4 : Math.max(8, from.top - own.height - 4);
    const alignEnd = from.left + own.width > innerWidth - 8;
    const left = alignEnd ? Math.max(8, from.right - own.width) : from.left;
    menu.style.top = `${top}px`;
    menu.style.left = `${left}px`;
  },
  true,
);

// CSS values that come with a fragment: data-vars='{"--brand": "#ff0"}' (no inline styles are allowed).
export function applyVars(root) {
  const nodes = [...root.querySelectorAll("[data-vars]")];
  if (root.matches?.("[data-vars]")) nodes.push(root);
  for (const node of nodes) {
    for (const [name, value] of Object.entries(JSON.parse(node.dataset.vars))) {
      if (name.startsWith("--")) node.style.setProperty(name, value);
    }
  }
}

document.body.addEventListener("htmx:load", (event) => {
  applyVars(event.detail.elt);
  if (event.detail.elt.closest?.("#dialog-room")) {
    const dialog = event.detail.elt.closest("dialog") ?? event.detail.elt.querySelector?.("dialog");
    openDialog(dialog);
  }
});

document.body.addEventListener("toast", (event) => toast(event.detail.text ?? event.detail.value, event.detail.kind));
document.body.addEventListener("closeDialogs", () => {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
});

// A form is sent once: a second click while the first is under way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.classList.add("htmx-request");
});

window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector(".htmx-request")?.classList.remove("htmx-request");
  }
});

function complain(name) {
  const words = document.getElementById("toasts")?.dataset[name];
  if (words) toast(words, "bad");
}

document.body.addEventListener("htmx:sendError", () => complain("offline"));
document.body.addEventListener("htmx:responseError", (event) => {
  complain(event.detail.xhr.status >= 500 ? "failed" : "refused");
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openDialog(document.getElementById("palette"));
  } else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    const search = document.querySelector("main [type=search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
});

document.addEventListener("change", (event) => {
  const name = event.target.closest?.("[data-file]")?.querySelector("[data-file-name]");
  if (name && event.target.type === "file") {
    name.textContent = [...event.target.files].map((file) => file.name).join(", ");
  }
});

// On a phone the tab one is on may lie outside the strip.
for (const tab of document.querySelectorAll(".tabs > [aria-current]")) {
  tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;
}

for (const node of document.querySelectorAll(".toast")) leaveLater(node);
applyVars(document.body);
