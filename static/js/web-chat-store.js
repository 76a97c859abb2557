// The visitor's chat: what it remembers in this browser; where that is switched off for frames, as long as it is open.

const kept = new Map();

/** Keep `value` under `key` for the tab ("session") or for good, or return what is kept there. */
export function store(kind, key, value) {
  if (value !== undefined) kept.set(key, value);
  try {
    const place = kind === "session" ? sessionStorage : localStorage;
    if (value === undefined) return place.getItem(key);
    place.setItem(key, value);
  } catch {
    return kept.get(key) ?? null;
  }
  return null;
}
