// The bot beside the composer: a suggested reply goes into the message, where one reads it before sending it.

document.addEventListener("click", (event) => {
  const reply = event.target.closest?.("[data-suggestion]");
  if (reply) {
    const field = document.getElementById("reply-body");
    if (!field) return;
    document.getElementById("reply-form").elements.kind.value = "reply";
    const before = field.value.trim();
    field.value = before ? `${before}\n${reply.dataset.suggestion}` : reply.dataset.suggestion;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  } else if (event.target.closest?.("[data-beside-close]")) {
    document.getElementById("beside").replaceChildren();
  }
});

// Whose conversation it is has changed: what the panel says is no longer so. It was sent: so is what it suggested.
for (const name of ["beside:done", "inbox:sent"]) {
  document.body.addEventListener(name, () => document.getElementById("beside")?.replaceChildren());
}
