// The rooms one is in, as a list that stays right by itself.

import { Unread } from "./unread.mjs";

const ROOM = "id kind name topic createdAt lastChat { id number username text createdAt }";
const ROOMS = `query MyRooms($after: Cursor) { me { id username } blockedUsers { id username }
  rooms(scope: JOINED, first: 200, after: $after) {
    nodes { ${ROOM} unreadCount mentionCount lastNumber me { id lastRead } } pageInfo { endCursor hasNextPage } } }`;
const EVENTS = `subscription MyRoomsEvents($after: [Cursor!]) { events(after: $after) {
  kind cursor cursors actor { id } user { id } member { id lastRead } room { ${ROOM} }
  chat { id number username deletedAt mentions { id } replyTo { id username } } } }`;
const MARK_READ = "mutation MarkRead($chat: ID!) { markRead(chat: $chat) { id lastRead } }";

// #region apply
const gone = new Set(["MEMBER_LEFT", "MEMBER_REMOVED"]);
const brings = new Set(["CHAT_SENT", "MEMBER_JOINED", "ROOM_UPDATED"]);

/** applyToRooms does to a list of rooms what an event says: each carries its room as it is now. `me` is one's own id. */
export function applyToRooms(rooms, { kind, room, user }, me) {
  const others = rooms.filter(({ id }) => id !== room.id);
  if (kind === "ROOM_DELETED" || (gone.has(kind) && user?.id === me)) return others;
  const listed = others.length < rooms.length;
  return listed || brings.has(kind) ? latestFirst([...others, room]) : rooms; // a hidden room waits for a chat
}

const latestFirst = (rooms) => rooms.toSorted((a, b) => (latest(a) < latest(b) ? 1 : -1));
const latest = ({ createdAt, lastChat }) => lastChat?.createdAt ?? createdAt;
// #endregion

/**
 * openMyRooms lists the rooms one is in, each with its unreadCount and mentionCount. `show` gets all of them, the latest
 * active first, whenever they change; `ended` gets the reason why nothing more will come. `ask` runs a query, `change` a
 * mutation, `follow` a stream.
 */
export function openMyRooms({ ask, change, follow }, { show, ended }) {
  let me, list, unread, stop;
  let news; // events since the list was last asked for, until the answer is there
  let closed = false;
  const put = () => show(list.map((room) => ({ ...room, ...unread.of(room.id) })));

  // The stream comes first: what happens between it and the list is then known to one of the two.
  function begin() {
    stop?.();
    list = news = unread = undefined; // an answer that is on its way counts no more
    stop = follow({ query: EVENTS, variables: { after: null } }, { next, error: lost });
  }

  function next(event) {
    if (event.kind === "CAUGHT_UP") return refresh(); // also after a time away: what was read elsewhere is not in the log
    news?.push(event);
    if (!list) return;
    const doubt = take(event);
    put();
    if (doubt && !news) refresh();
  }

  // take returns whether the server must count again.
  function take(event) {
    list = applyToRooms(list, event, me);
    return unread.happened(event);
  }

  async function refresh() {
    const since = (news = []);
    try {
      const answer = await read(ask);
      if (closed || news !== since) return; // asked again meanwhile
      news = undefined;
      me = answer.me.id;
      unread ??= new Unread(answer.me);
      unread.blocks(answer.blocked);
      for (const room of answer.rooms) unread.counted(room);
      list = latestFirst(answer.rooms);
      const doubts = since.map(take); // it may have counted before, or after them
      put();
      if (doubts.includes(true)) await refresh();
    } catch (error) {
      if (!closed) ended(error);
    }
  }

  function lost(refusal) {
    if (refusal.code !== "CURSOR_DIVERGED") return ended(refusal);
    begin(); // the server was put back to a backup
  }

  const seen = new Map(); // by room: the newest chat that was seen, until the server is told
  let telling = false;

  // It counts at once. The server is told one after the other, of each room the newest.
  async function markRead(room, { id, number }) {
    if (!unread?.read(room, number)) return;
    put();
    seen.set(room, id);
    if (telling) return;
    telling = true;
    for (const [place, chat] of seen) {
      seen.delete(place);
      const told = await change(MARK_READ, { chat }).then(() => true, () => unread?.forget(place));
      if (!closed && (!told || unread?.isInside(place))) await refresh();
    }
    telling = false;
  }

  function close() {
    closed = true;
    stop();
  }

  begin();
  return { refresh, markRead, close };
}

async function read(ask) {
  const rooms = new Map();
  for (let after = null; ; ) {
    const { me, blockedUsers, rooms: page } = await ask(ROOMS, { after });
    for (const room of page.nodes) rooms.set(room.id, room);
    if (!page.pageInfo.hasNextPage) return { me, blocked: blockedUsers, rooms: [...rooms.values()] };
    after = page.pageInfo.endCursor;
  }
}
