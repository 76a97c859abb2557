const $ = (id) => document.getElementById(id);
const chosen = () => ({ customer: normal($("customer").value), number: $("number").value });
let stream = null;
let last = "";

// A typed phone loses its spaces; an address like MX.1234 stays as it is.
function normal(raw) {
  const text = raw.trim();
  if (/^[A-Z]{2}\./.test(text)) return text;
  return text.replace(/[^\d+]/g, "");
}

function tell(text) {
  $("hint").textContent = text;
}

async function post(path, body, headers = { "Content-Type": "application/json" }) {
  try {
    const answer = await fetch(path, { method: "POST", body, headers });
    const data = await answer.json();
    tell(answer.ok ? "" : data.error || "No se pudo enviar.");
    return answer.ok;
  } catch {
    tell("El simulador no responde. ¿Sigue encendido?");
    return false;
  }
}

async function loadBook() {
  const book = await (await fetch("/phone/api/book")).json();
  const query = new URLSearchParams(location.search);
  $("number").replaceChildren(...book.numbers.map((n) => new Option(`${n.name} · ${n.number}`, n.number)));
  $("contacts").replaceChildren(...book.contacts.map((c) => new Option(c.name || c.phone, c.phone)));
  if (query.get("number")) $("number").value = query.get("number");
  $("customer").value = query.get("customer") || localStorage.getItem("customer") || "";
  if (!book.numbers.length) tell("Todavía no hay ningún número de proveedor conectado.");
  else if ($("customer").value) open();
}

function open() {
  const { customer, number } = chosen();
  if (!/^(\+\d{8,15}|[A-Z]{2}\.\w+)$/.test(customer)) {
    tell("Escribe el número con código de país, por ejemplo +524441234567.");
    return;
  }
  tell("");
  localStorage.setItem("customer", customer);
  history.replaceState(null, "", `?${new URLSearchParams({ customer, number })}`);
  $("title").textContent = $("number").selectedOptions[0]?.textContent.split(" · ")[0] || number;
  $("face").textContent = $("title").textContent.trim()[0] || "";
  stream?.close();
  last = "";
  stream = new EventSource(`/phone/api/stream?${new URLSearchParams({ customer, number })}`);
  stream.onopen = () => ($("state").textContent = `en línea · soy ${customer}`);
  stream.onerror = () => ($("state").textContent = "sin conexión, reintentando…");
  stream.onmessage = (event) => draw(JSON.parse(event.data));
  quote(null);
}

// The line that the next message answers.
let quoted = null;

function quote(message) {
  quoted = message?.sid || null;
  $("quoted").hidden = !message;
  $("quoted-text").textContent = message ? message.body || "Archivo" : "";
  if (message) $("body").focus();
}

function press(message, title) {
  post("/phone/api/send", JSON.stringify({ ...chosen(), answers: message.sid, choose: title }));
}

function button(text, className, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

function bubble(message, all) {
  const item = document.createElement("li");
  item.className = message.inbound ? "bubble mine" : "bubble";
  item.dataset.sid = message.sid;
  const answered = all.find((one) => one.sid === message.answers);
  if (answered) {
    const line = document.createElement("blockquote");
    line.textContent = answered.body || "Archivo";
    item.append(line);
  }
  for (const media of message.media) {
    const href = `/phone/api/media/${message.sid}/${media.sid}`;
    if (media.content_type.startsWith("image/")) {
      const picture = new Image();
      picture.src = href;
      picture.alt = "Foto";
      item.append(picture);
    } else {
      const link = document.createElement("a");
      link.href = href;
      link.textContent = "Abrir archivo";
      item.append(link);
    }
  }
  if (message.location.Latitude) item.append(`Ubicación: ${message.location.Latitude}, ${message.location.Longitude}`);
  item.append(message.body);
  const time = document.createElement("time");
  time.dateTime = message.at;
  time.textContent = new Date(message.at).toLocaleTimeString("es", { hour: "2-digit", minute: "2-digit" });
  if (message.inbound) time.textContent += " ✓✓";
  item.append(time, button("Responder", "answer", () => quote(message)));
  for (const title of message.choices) item.append(button(title, "choice", () => press(message, title)));
  return item;
}

function draw(chat) {
  // A message that failed never reached this phone.
  const shown = chat.messages.filter((m) => m.inbound || ["delivered", "read"].includes(m.status));
  const key = JSON.stringify(shown.map((m) => m.sid));
  if (key !== last || !shown.length) {
    last = key;
    const rows = [];
    let day = "";
    for (const message of shown) {
      const date = new Date(message.at).toLocaleDateString("es", { weekday: "long", day: "numeric", month: "long" });
      if (date !== day) {
        day = date;
        const label = document.createElement("li");
        label.className = "day";
        label.textContent = date;
        rows.push(label);
      }
      rows.push(bubble(message, shown));
    }
    if (!rows.length) {
      const empty = document.createElement("li");
      empty.className = "empty";
      empty.textContent = "Escribe el primer mensaje. Prueba con «hola», «¿cuánto debo?» o una foto de un pago.";
      rows.push(empty);
    }
    $("chat").replaceChildren(...rows);
    $("chat").scrollTop = $("chat").scrollHeight;
  }
  if (document.visibilityState === "visible" && shown.some((m) => m.status === "delivered")) {
    const { customer, number } = chosen();
    post("/phone/api/read", JSON.stringify({ customer, number }));
  }
}

async function send() {
  const body = $("body").value.trim();
  if (!body || !stream) {
    if (!stream) tell("Primero abre el chat con tu número.");
    return;
  }
  if (await post("/phone/api/send", JSON.stringify({ ...chosen(), body, answers: quoted }))) {
    $("body").value = "";
    quote(null);
  }
}

$("unquote").addEventListener("click", () => quote(null));
$("who-form").addEventListener("submit", (event) => {
  event.preventDefault();
  open();
});
$("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
$("body").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    send();
  }
});
$("photo").addEventListener("change", async () => {
  const file = $("photo").files[0];
  if (!file) return;
  if (!stream) {
    tell("Primero abre el chat con tu número.");
  } else {
    const query = new URLSearchParams({ ...chosen(), name: file.name, body: $("body").value.trim() });
    const kind = { "Content-Type": file.type || "application/octet-stream" };
    if (await post(`/phone/api/photo?${query}`, file, kind)) $("body").value = "";
  }
  $("photo").value = "";
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") last = "";
});
loadBook();
