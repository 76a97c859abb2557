  // The button and the frame on a provider's page. `chat` comes with the script: hook, words and colours.
  var me = document.currentScript;
  if (!me || window["chat-" + chat.hook]) return;
  window["chat-" + chat.hook] = true;
  var home = new URL(me.src).origin;
  var key = "chat-" + chat.hook;
  var memory = null;
  var open = false;
  var frame = null;

  function read() {
    try {
      return localStorage.getItem(key) || memory;
    } catch (_error) {
      return memory; // storage is switched off here: as long as the page lives
    }
  }
  function keep(token) {
    memory = token;
    try {
      localStorage.setItem(key, token);
    } catch (_error) {
      return;
    }
  }

  var host = document.createElement("div");
  var room = host.attachShadow({ mode: "open" });
  var sheet = new CSSStyleSheet();
  sheet.replaceSync(
    ":host{all:initial;position:fixed;z-index:2147483000;right:max(16px,env(safe-area-inset-right));bottom:max(16px,env(safe-area-inset-bottom))}" +
      "button{all:unset;box-sizing:border-box;position:relative;display:grid;place-items:center;width:56px;height:56px;border-radius:28px;cursor:pointer;background:" +
      chat.fill + ";color:" + chat.ink +
      ";box-shadow:0 2px 6px #0003,0 8px 24px #0003;font:600 12px/1 system-ui,sans-serif}" +
      "button:focus-visible{outline:3px solid " + chat.fill + ";outline-offset:3px}" +
      "svg{width:26px;height:26px}b{position:absolute;top:-4px;right:-4px;min-width:20px;height:20px;padding:0 5px;box-sizing:border-box;border-radius:10px;background:#c62828;color:#fff;display:grid;place-items:center}b[hidden]{display:none}" +
      "iframe{display:none;position:fixed;right:16px;bottom:88px;width:min(380px,calc(100vw - 32px));height:min(620px,calc(100dvh - 112px));border:0;border-radius:16px;background:Canvas;box-shadow:0 4px 12px #0002,0 16px 48px #0004;color-scheme:light dark}" +
      "iframe.open{display:block}" +
      "@media (max-width:480px){iframe{inset:0;width:100vw;height:100dvh;border-radius:0}iframe.open~button{display:none}}" +
      "@media print{:host{display:none}}",
  );
  room.adoptedStyleSheets = [sheet];
  var button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-label", chat.open);
  button.innerHTML =
    '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M7.9 20A9 9 0 1 0 4 16.1L2 22Z"/></svg><b hidden></b>';
  var badge = button.querySelector("b");
  room.append(button);

  function make() {
    if (frame) return;
    frame = document.createElement("iframe");
    frame.src = home + "/chat/" + chat.hook + "/";
    frame.title = chat.title;
    frame.allow = "clipboard-write";
    // Only the name of this site goes along: it says whether the chat may be here.
    frame.referrerPolicy = "origin";
    room.insertBefore(frame, button);
  }
  function say(message) {
    if (frame && frame.contentWindow) frame.contentWindow.postMessage(message, home);
  }
  function show(wanted) {
    open = wanted;
    make();
    frame.classList.toggle("open", open);
    button.setAttribute("aria-expanded", String(open));
    button.setAttribute("aria-label", open ? chat.close : chat.open);
    say({ chat: "open", open: open });
    if (open) frame.focus();
    else button.focus();
  }
  button.addEventListener("click", function () {
    show(!open);
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && open) show(false);
  });
  window.addEventListener("message", function (event) {
    if (!frame || event.source !== frame.contentWindow || event.origin !== home || !event.data) return;
    var said = event.data;
    if (said.chat === "ready") say({ chat: "hello", token: read(), open: open });
    else if (said.chat === "token" && typeof said.token === "string") keep(said.token);
    else if (said.chat === "close") show(false);
    else if (said.chat === "unread") {
      badge.hidden = !said.count;
      badge.textContent = said.count > 9 ? "9+" : String(said.count || "");
    }
  });
  function begin() {
    document.body.append(host);
    if (read()) make(); // somebody who wrote before hears of an answer without opening it
  }
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
