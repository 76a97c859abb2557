// The visitor's chat: what it remembers in this browser, where that is allowed.

/** Keep `value` under `key` for the tab ("session") or for good, or return what is kept there. */
export function store(kind, key, value) {
  try {
    const place = kind === "session" ? sessionStorage : localStorage;
    if (value === undefined) return place.getItem(key);
    place.setItem(key, value);
  } catch {
    return null; // switched off in this browser
  }
  return null;
}
