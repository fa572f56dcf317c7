// The pages of a room in the client that the chat has, on a real server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { patient } from "../clients/testing/rounds.mjs";
import { asking, chat, held, sessionOf } from "./bare.mjs";
import { call, mortal, send } from "./mortal.mjs";
import { room } from "./people.mjs";

const { makeClient, newest, RoomsDocument } = chat;

test("a page is what the server answered, though a list that was asked for later knew an older chat", patient, async (t) => {
  const server = await mortal(t);
  const [ann] = await room(server.origin, "ann");
  await send(server.origin, ann.accessToken, "general", ["befor"]);
  const { chats } = await call(server.origin, ann.accessToken, `{ chats(room: "general") { nodes { id } } }`);
  const { until, release } = held();
  asking(t, server, { before: async (name) => name === "RoomPage" && until });
  const client = makeClient(ann.user.id, await sessionOf(server, ann), undefined, () => {});
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
