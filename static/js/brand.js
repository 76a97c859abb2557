// The brand page: colour squares follow their text and back, and a chosen logo shows before it is sent.

const form = document.getElementById("brand-form");
let picture = "";

for (const square of form.querySelectorAll("[data-mirror]")) {
  const text = document.getElementById(square.dataset.mirror);
  square.addEventListener("input", () => {
    text.value = square.value;
  });
  text.addEventListener("input", () => {
    if (/^#[0-9a-f]{6}$/i.test(text.value)) square.value = text.value;
  });
}

function showLogo() {
  const dropped = form.querySelector("[name=drop_logo]")?.checked && !picture;
  for (const image of document.querySelectorAll("[data-logo-preview]")) {
    const instead = image.parentElement.querySelector("[data-logo-instead]");
    if (picture) image.src = picture;
    image.hidden = dropped || !image.getAttribute("src");
    instead.hidden = !image.hidden;
  }
}

form.querySelector("[type=file]").addEventListener("change", (event) => {
  if (picture) URL.revokeObjectURL(picture);
  const [file] = event.target.files;
  picture = file?.type.startsWith("image/") ? URL.createObjectURL(file) : "";
  showLogo();
});
form.querySelector("[name=drop_logo]")?.addEventListener("change", showLogo);
document.getElementById("preview").addEventListener("htmx:afterSwap", showLogo);
