// The room as a recipe shows it, and what must be true of it.
import assert from "node:assert/strict";
import { until } from "./world.mjs";

/** opened opens the room and keeps what the recipe says of it. */
export function opened(t, { connect, openRoom }, session, client = connect(session)) {
  const room = { list: [], heard: [], shown: [] };
  const view = openRoom(client, "general", {
    show(list) {
      room.list = list;
      const ids = list.map(({ id }) => id);
      if (new Set(ids).size < ids.length) room.doubled = ids;
    },
    heard: ({ number }) => room.heard.push(number),
    ended: (reason) => (room.reason = reason),
  });
  t.after(() => view.close());
  const said = () => describe(room);
  return Object.assign(room, {
    opened: view.opened,
    send: view.send,
    close: view.close,
    texts: () => room.list.map(({ text }) => text),
    shows: (n) => until(() => room.list.length === n && room.list.every(({ number }, i) => number === i + 1), said),
    // The stream may be behind the list, which has the answers of one's own sends too.
    async heardOnce(from, to) {
      await until(() => room.heard.length > to - from, said);
      assert.deepEqual(
        room.heard,
        Array.from({ length: to - from + 1 }, (_, i) => from + i),
      );
    },
    neverDoubled: () => assert.equal(room.doubled, undefined),
  });
}

/** same waits until the list is what the server has, and compares. */
export async function same(room, server) {
  const chats = await server.read();
  await room.shows(chats.length);
  assert.deepEqual(
    room.list.map(({ id, number, text }) => ({ id, number, text })),
    chats,
  );
}

const describe = ({ list, heard, reason }) =>
  `${list.length} shown, ${heard.length} heard, ended: ${reason}; ${list.slice(-3).map(({ number }) => number)}`;
