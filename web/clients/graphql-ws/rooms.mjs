// Everything that happens in several rooms, edits and deletions too, over one stream.

import { Refused } from "../session.mjs";

const EVENTS = `subscription ($rooms: [ID!], $after: [Cursor!]) {
  events(rooms: $rooms, after: $after) { kind cursor room { id } user { id } chat { id number username text editedAt deletedAt } }
}`;

// #region rooms
const gone = new Set(["MEMBER_LEFT", "MEMBER_REMOVED"]);

/**
 * followRooms calls `happened` with each event once. `me` is one's own id. `cursors` says where to begin: the id of
 * each room, with the syncCursor of the page that is shown of it.
 */
export function followRooms(socket, me, cursors, { happened, ended }) {
  const places = new Map(cursors);
  const variables = { rooms: [...places.keys()], after: [...places.values()] };
  const sink = {
    next({ data: { events: event } }) {
      if (event.cursor) places.set(event.room.id, event.cursor); // CAUGHT_UP has none
      const lost = event.kind === "ROOM_DELETED" || (gone.has(event.kind) && event.user?.id === me);
      if (lost) places.delete(event.room.id); // who asks for it again is refused, and for the others with it
      variables.rooms = [...places.keys()];
      variables.after = [...places.values()];
      happened(event);
    },
    error: (reason) => ended(Array.isArray(reason) ? new Refused(reason[0]) : reason),
    complete() {},
  };
  return socket.subscribe({ query: EVENTS, variables }, sink);
}
// #endregion
