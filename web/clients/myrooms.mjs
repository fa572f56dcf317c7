// The rooms one is in, as a list that stays right by itself.

const ROOM = "{ id kind name topic createdAt lastChat { id number username text createdAt } }";
const ROOMS = `query MyRooms($after: Cursor) { me { id }
  rooms(scope: JOINED, first: 200, after: $after) { nodes ${ROOM} pageInfo { endCursor hasNextPage } } }`;
const EVENTS = `subscription MyRoomsEvents($after: [Cursor!]) {
  events(after: $after) { kind cursor cursors user { id } room ${ROOM} } }`;

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
 * openMyRooms lists the rooms one is in. `show` gets all of them, the latest active first, whenever they change;
 * `ended` gets the reason why nothing more will come. `ask` runs a query, `follow` a stream.
 */
export function openMyRooms({ ask, follow }, { show, ended }) {
  let me, list, stop;
  let news; // events since the list was last asked for, until the answer is there
  let closed = false;

  // #region rooms
  // The stream comes first: what happens between it and the list is then known to one of the two.
  function begin() {
    stop?.();
    list = news = undefined; // an answer that is on its way counts no more
    stop = follow({ query: EVENTS, variables: { after: null } }, { next, error: lost });
  }

  function next(event) {
    if (event.kind === "CAUGHT_UP") return list || refresh();
    news?.push(event);
    if (list) show((list = applyToRooms(list, event, me)));
  }

  async function refresh() {
    const since = (news = []);
    try {
      const answer = await read(ask);
      if (closed || news !== since) return; // asked again meanwhile
      news = undefined;
      me = answer.me;
      show((list = since.reduce((rooms, event) => applyToRooms(rooms, event, me), latestFirst(answer.rooms))));
    } catch (error) {
      if (!closed) ended(error);
    }
  }

  function lost(refusal) {
    if (refusal.code !== "CURSOR_DIVERGED") return ended(refusal);
    begin(); // the server was put back to a backup
  }
  // #endregion

  function close() {
    closed = true;
    stop();
  }

  begin();
  return { refresh, close };
}

async function read(ask) {
  const rooms = new Map();
  for (let after = null; ; ) {
    const { me, rooms: page } = await ask(ROOMS, { after });
    for (const room of page.nodes) rooms.set(room.id, room);
    if (!page.pageInfo.hasNextPage) return { me: me.id, rooms: [...rooms.values()] };
    after = page.pageInfo.endCursor;
  }
}
