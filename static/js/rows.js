// j and k walk a list, Enter opens the row, x picks it. Focus goes to the row's link, so that the screen reader follows.

function links() {
  return [...document.querySelectorAll("main :is(.rows__link, .work__link)")].filter((link) => link.offsetParent);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
  const all = links();
  const at = all.findIndex((link) => link.closest("tr, li")?.contains(document.activeElement));
  if (event.key === "j" || event.key === "k") {
    const next = event.key === "j" ? Math.min(at + 1, all.length - 1) : Math.max(at - 1, 0);
    if (all[next]) {
      event.preventDefault();
      all[next].focus();
      all[next].closest("tr, li").scrollIntoView({ block: "nearest" });
    }
  } else if (event.key === "x" && at >= 0) {
    const pick = all[at].closest("tr, li").querySelector(".rows__pick");
    if (pick) {
      event.preventDefault();
      pick.click();
    }
  }
});
