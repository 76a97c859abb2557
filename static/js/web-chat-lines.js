// The visitor's chat: how a line is shown. Every text is put in as text: nothing anybody writes is ever markup.

export const facts = JSON.parse(document.getElementById("facts").textContent);
const words = document.getElementById("words").dataset;

function element(tag, name, text) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text !== undefined) node.textContent = text;
  return node;
}

function clock(at) {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/** Return a line as it is shown; `live` says whether one that waits is on its way, `choose` is told of a button. */
export function draw(line, { live, choose }) {
  const node = element("div", line.mine ? "line mine" : "line");
  node.dataset.id = line.id;
  node.dataset.seq = line.seq || "";
  for (const file of line.files || []) node.append(drawFile(file));
  if (line.gone) node.append(element("span", "gone", words.gone));
  else if (line.text) node.append(element("span", "text", line.text));
  if (line.choices?.length) node.append(drawChoices(line, choose));
  const said = line.pending ? (live ? words.sending : words.waiting) : clock(line.at);
  node.append(element("small", "", said));
  return node;
}

function drawFile(file) {
  const address = file.local || (file.link ? `${facts.base}/file/${file.link}` : "");
  if (file.type.startsWith("image/") && address) {
    const image = element("img");
    image.src = address;
    image.alt = file.name || words.file;
    image.loading = "lazy";
    return image;
  }
  const link = element("a", "", file.name || words.file);
  if (address) link.href = address;
  link.target = "_blank";
  link.rel = "noopener";
  return link;
}

function drawChoices(line, choose) {
  const box = element("div", "choices");
  for (const choice of line.choices) {
    const button = element("button", "", choice.title);
    button.type = "button";
    button.addEventListener("click", () => {
      for (const one of box.children) one.disabled = true;
      choose({ body: choice.title, choice: { of: line.id, id: choice.id } });
    });
    box.append(button);
  }
  return box;
}
