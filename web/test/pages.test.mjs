// The pages of a room in the client that the chat has, on a real server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { patient } from "../clients/testing/rounds.mjs";
import { call, mortal, send } from "./mortal.mjs";
import { room } from "./people.mjs";

const entry = fileURLToPath(new URL("pages.entry.ts", import.meta.url));
const [{ output }] = await build({
  configFile: false,
  logLevel: "silent",
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
  build: { write: false, minify: false, lib: { entry, formats: ["es"] } },
});
const { makeClient, newest, RoomsDocument } = await import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);

test("a page is what the server answered, though a list that was asked for later knew an older chat", patient, async (t) => {
  const server = await mortal(t);
  const [ann] = await room(server.origin, "ann");
  await send(server.origin, ann.accessToken, "general", ["befor"]);
  const { chats } = await call(server.origin, ann.accessToken, `{ chats(room: "general") { nodes { id } } }`);
  let release;
  const held = new Promise((resolve) => (release = resolve));
  const real = globalThis.fetch;
  t.after(() => (globalThis.fetch = real));
  globalThis.fetch = async (path, options) => {
    if (options?.body?.includes("query RoomPage")) await held;
    return real(new URL(path, server.origin), options);
  };
  const tokens = { current: ann.accessToken, fresh: true, drop() {}, async get() {} };
  const client = makeClient(ann.user.id, tokens, { socket: {} });
  const page = new Promise((resolve, reject) => {
    newest(client, "general", { answered: (failure, data) => (failure ? reject(failure) : resolve(data)) });
  });
  const { data } = await client.query(RoomsDocument, { scope: "JOINED", first: 20 }).toPromise();
  assert.equal(data.rooms.nodes[0].lastChat.text, "befor");
  await call(server.origin, ann.accessToken, `mutation ($id: ID!) { editChat(chat: $id, text: "before") { id } }`, chats.nodes[0]);
  release();
  const [{ text, editedAt }] = (await page).chats.nodes;
  assert.deepEqual([text, editedAt !== null], ["before", true]);
});
