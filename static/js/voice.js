// Voice notes: recorded as Opus, and put into an Ogg file, which is what the channels take. Firefox records Ogg by
// itself; Chromium records the same Opus packets in WebM, and they are moved from one container to the other here.

import { attach } from "./composer.js";

const OGG = "audio/ogg;codecs=opus";
const WEBM = "audio/webm;codecs=opus";
const LONGEST = 10 * 60; // seconds

const able = "MediaRecorder" in window && navigator.mediaDevices ? [OGG, WEBM].find((kind) => MediaRecorder.isTypeSupported(kind)) : null;

let recorder = null;
let pieces = [];
let kept = true;
let clock = null;

// --- WebM: only what a recorder writes ---------------------------------------------------------------

const CONTAINERS = new Set([0x18538067, 0x1f43b675, 0x1654ae6b, 0xae, 0xa0]); // segment, cluster, tracks, track, group

function size(bytes, at, keepMark) {
  const first = bytes[at];
  let length = 1;
  while (length <= 8 && !(first & (0x80 >> (length - 1)))) length += 1;
  let value = keepMark ? first : first & (0xff >> length);
  let all = (first & (0xff >> length)) === 0xff >> length;
  for (let i = 1; i < length; i += 1) {
    value = value * 256 + bytes[at + i];
    all = all && bytes[at + i] === 0xff;
  }
  return { value, length, unknown: all && !keepMark };
}

export function opusPackets(bytes, from = 0, to = bytes.length, found = { head: null, packets: [] }) {
  let at = from;
  while (at < to) {
    const id = size(bytes, at, true);
    at += id.length;
    const held = size(bytes, at, false);
    at += held.length;
    const end = held.unknown ? to : Math.min(at + held.value, to);
    if (CONTAINERS.has(id.value)) opusPackets(bytes, at, end, found);
    else if (id.value === 0x63a2) found.head = bytes.slice(at, end); // CodecPrivate: OpusHead
    else if (id.value === 0xa3 || id.value === 0xa1) {
      // A block: the track's number, two bytes of time, flags, then one packet (a recorder does not lace Opus).
      found.packets.push(bytes.slice(at + size(bytes, at, false).length + 3, end));
    }
    at = end;
  }
  return found;
}

// --- Ogg, RFC 3533 and RFC 7845 -----------------------------------------------------------------------

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n << 24;
  for (let i = 0; i < 8; i += 1) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

function checksum(bytes) {
  let value = 0;
  for (const byte of bytes) value = ((value << 8) ^ TABLE[(value >>> 24) ^ byte]) >>> 0;
  return value;
}

function page(packet, { serial, number, granule, flags }) {
  const laces = Math.floor(packet.length / 255) + 1;
  const bytes = new Uint8Array(27 + laces + packet.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x4f, 0x67, 0x67, 0x53, 0, flags]);
  view.setBigUint64(6, BigInt(granule), true);
  view.setUint32(14, serial, true);
  view.setUint32(18, number, true);
  bytes[26] = laces;
  bytes.fill(255, 27, 27 + laces - 1);
  bytes[27 + laces - 1] = packet.length % 255;
  bytes.set(packet, 27 + laces);
  view.setUint32(22, checksum(bytes), true);
  return bytes;
}

// How long an Opus packet plays, in samples of 48 kHz (RFC 6716, 3.1).
function samples(packet) {
  const kind = packet[0] >> 3;
  const frame = kind < 12 ? [480, 960, 1920, 2880][kind % 4] : kind < 16 ? [480, 960][kind % 2] : [120, 240, 480, 960][kind % 4];
  const count = [1, 2, 2, packet[1] & 0x3f][packet[0] & 3];
  return frame * count;
}

export function oggOf({ head, packets }) {
  const serial = Math.floor(Math.random() * 0xffffffff);
  const words = new TextEncoder();
  const tags = new Uint8Array([...words.encode("OpusTags"), 6, 0, 0, 0, ...words.encode("enlace"), 0, 0, 0, 0]);
  const pages = [
    page(head, { serial, number: 0, granule: 0, flags: 2 }),
    page(tags, { serial, number: 1, granule: 0, flags: 0 }),
  ];
  let granule = 0;
  packets.forEach((packet, at) => {
    granule += samples(packet);
    pages.push(page(packet, { serial, number: at + 2, granule, flags: at === packets.length - 1 ? 4 : 0 }));
  });
  return pages;
}

async function finished() {
  const blob = new Blob(pieces);
  if (able === OGG) return new File([blob], "nota-de-voz.ogg", { type: "audio/ogg" });
  const read = opusPackets(new Uint8Array(await blob.arrayBuffer()));
  if (!read.head || !read.packets.length) return null;
  return new File(oggOf(read), "nota-de-voz.ogg", { type: "audio/ogg" });
}

// --- recording ------------------------------------------------------------------------------------------

function refuse(words) {
  const told = document.createElement("p");
  told.className = "compose__error";
  told.textContent = words;
  document.getElementById("compose-error")?.replaceChildren(told);
}

function show(on) {
  const tray = document.getElementById("compose-voice");
  if (!tray) return;
  tray.hidden = !on;
  clearInterval(clock);
  if (!on) return;
  const began = Date.now();
  const place = tray.querySelector("[data-clock]");
  place.textContent = "0:00";
  clock = setInterval(() => {
    const seconds = Math.floor((Date.now() - began) / 1000);
    place.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (seconds >= LONGEST) stop(true);
  }, 250);
}

function stop(keep) {
  kept = keep;
  if (recorder?.state === "recording") recorder.stop();
}

async function start(button) {
  if (!able) return refuse(button.dataset.unable);
  if (recorder?.state === "recording") return undefined;
  const where = document.getElementById("talkroom")?.dataset.conversation;
  let sound = null;
  try {
    sound = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    return refuse(button.dataset.denied);
  }
  pieces = [];
  kept = true;
  recorder = new MediaRecorder(sound, { mimeType: able, audioBitsPerSecond: 32_000 });
  recorder.ondataavailable = (event) => pieces.push(event.data);
  recorder.onstop = async () => {
    for (const track of sound.getTracks()) track.stop();
    show(false);
    // What was recorded for one person is not sent to another.
    if (!kept || document.getElementById("talkroom")?.dataset.conversation !== where) return;
    const file = await finished();
    if (file) attach([file], { voice: true });
    else refuse(button.dataset.unable);
  };
  recorder.start();
  show(true);
  return undefined;
}

document.addEventListener("click", (event) => {
  const target = event.target.closest?.("#voice-start, [data-voice-stop], [data-voice-drop]");
  if (!target) return;
  if (target.id === "voice-start") start(target);
  else stop("voiceStop" in target.dataset);
});

function arrived() {
  stop(false);
  const button = document.getElementById("voice-start");
  if (button) button.hidden = false;
}

document.addEventListener("composer:ready", arrived);
arrived();
