// What the recipes know of chats: a list of them, and an id for a new one.

// #region merge
/** merge puts chats into a list: each id once, as it came last, ordered by number; what is not stored yet is at the end. */
export function merge(list, chats) {
  const byId = new Map([...list, ...chats].map((chat) => [chat.id, chat]));
  return [...byId.values()].toSorted((a, b) => place(a) - place(b));
}

/** apply does to a list what an event says. An edit of a chat on an older page, which is not shown, changes nothing. */
export function apply(list, { kind, chat }) {
  const belongs = kind === "CHAT_SENT" || list.some(({ id }) => id === chat?.id);
  return belongs ? merge(list, [chat]) : list;
}

const place = ({ number }) => number ?? Number.MAX_SAFE_INTEGER;
// #endregion

/** uuid makes a random UUID, also on a page without https, where crypto.randomUUID is missing. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40; // version 4
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}
