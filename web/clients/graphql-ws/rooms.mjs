// Everything that happens in several rooms, edits and deletions too, over one stream.

import { Refused } from "../session.mjs";

const EVENTS = `subscription ($rooms: [ID!], $after: [Cursor!]) {
  events(rooms: $rooms, after: $after) { kind cursor room { id } chat { id number username text editedAt deletedAt } }
}`;

// #region rooms
/**
 * followRooms calls `happened` with each event once. `cursors` says where to begin: the id of each room, with
 * the syncCursor of the page that is shown of it.
 */
export function followRooms(socket, cursors, { happened, ended }) {
  const places = new Map(cursors);
  const variables = { rooms: [...places.keys()], after: [...places.values()] };
  const sink = {
    next({ data: { events: event } }) {
      if (event.cursor) places.set(event.room.id, event.cursor); // CAUGHT_UP has none
      if (event.kind === "ROOM_DELETED") places.delete(event.room.id); // who asks for it again is refused
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
