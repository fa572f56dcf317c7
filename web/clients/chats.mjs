// What the recipes know of chats: a list of them, and an id for a new one.

// #region merge
/** merge puts chats into a list: each id once, ordered by number; what is not stored yet comes last. */
export function merge(list, chats) {
  const byId = new Map(list.map((chat) => [chat.id, chat]));
  for (const chat of chats) if (chat.number || !byId.has(chat.id)) byId.set(chat.id, chat);
  return [...byId.values()].toSorted((a, b) => place(a) - place(b));
}

const place = ({ number }) => number ?? Number.MAX_SAFE_INTEGER;
// #endregion

// #region uuid
/** uuid makes a random UUID, also on a page without https, where crypto.randomUUID is missing. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40; // version 4
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}
// #endregion
