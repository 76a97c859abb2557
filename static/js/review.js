// Reviewing comprobantes: zoom and turn the picture; A accepts, R rejects, J goes on, + and - zoom, G turns. Each new picture starts straight.

let zoom = 1;
let turns = 0;

function draw() {
  const picture = document.querySelector("[data-picture]");
  if (picture) {
    picture.style.setProperty("--zoom", String(zoom));
    picture.style.setProperty("--turn", `${turns * 90}deg`);
  }
}

function grow(by) {
  zoom = Math.min(5, Math.max(0.5, zoom * by));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-zoom], [data-rotate]");
  if (button?.dataset.zoom) grow(button.dataset.zoom === "in" ? 1.4 : 1 / 1.4);
  else if (button) turns = (turns + 1) % 4;
  else if (event.target.closest?.("[data-picture]")) zoom = zoom > 1 ? 1 : 2.2;
  else return;
  draw();
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  if (key === "a") document.querySelector("[data-accept]")?.requestSubmit();
  else if (key === "j") document.querySelector("[data-next]")?.click();
  else if (key === "+" || key === "=" || key === "-") {
    grow(key === "-" ? 1 / 1.4 : 1.4);
    draw();
  } else if (key === "g") {
    turns = (turns + 1) % 4;
    draw();
  } else if (key === "r") {
    const panel = document.querySelector("[data-reject]");
    if (!panel) return;
    panel.open = true;
    panel.querySelector("input[name=reason]").focus();
  } else return;
  event.preventDefault();
});

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "review") return;
  zoom = 1;
  turns = 0;
});
