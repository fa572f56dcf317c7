import assert from "node:assert/strict";
import { test } from "node:test";
import { connect as overSocket } from "./graphql-ws/client.mjs";
import { openRoom } from "./plain.mjs";
import { connect as overEvents } from "./sse/client.mjs";
import { setUp, until } from "./testing/world.mjs";
import { patient } from "./testing/rounds.mjs";

test("a socket that dies without a word is noticed", patient, (t) =>
  notices(t, (session) => overSocket(session, { keepAlive: 4000 })),
);

test("an event stream that dies without a word is noticed", patient, (t) =>
  notices(t, (session) => overEvents(session, { silence: 4000 })),
);

async function notices(t, connect) {
  const { bob, proxy, session } = await setUp(t);
  const heard = [];
  const callbacks = { show() {}, heard: ({ number }) => heard.push(number), ended: assert.fail };
  const room = openRoom(connect(session), "general", callbacks);
  t.after(room.close);
  await room.opened;
  await bob.send("one");
  await until(() => heard.length === 1);
  proxy.silence(); // what is open now says and hears nothing more
  await bob.send("two");
  await until(() => heard.length === 2);
  assert.deepEqual(heard, [1, 2]);
}
