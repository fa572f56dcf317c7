// Any of the recipes as a chat in the terminal:
//
//     NAME=ada PASSWORD='correct horse battery' node clients/main.mjs apollo general
//
// The recipes are apollo, urql, graphql-ws and sse; a third argument is the address of another server. What you
// type is sent. Kill the server, start it again, pull the cable: nothing is missing and nothing comes twice.
import { stderr, stdin } from "node:process";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import { Session } from "./session.mjs";

globalThis.WebSocket ??= WebSocket; // Node 20 has none

const [recipe = "graphql-ws", name = "general", server = "http://127.0.0.1:8080"] = process.argv.slice(2);
const { connect } = await import(`./${recipe}/client.mjs`);
const { openRoom } = await import(["graphql-ws", "sse"].includes(recipe) ? "./plain.mjs" : `./${recipe}/room.mjs`);

const values = new Map(); // a page gives localStorage; here a restart signs in again
const storage = {
  getItem: (key) => values.get(key) ?? null,
  setItem: (key, value) => values.set(key, value),
  removeItem: (key) => values.delete(key),
};
const session = new Session(`${server}/graphql`, { storage });
await enter();

let printed = 0;
const room = openRoom(connect(session), name, {
  show(list) {
    for (const { number, username, text } of list) {
      const next = printed ? number === printed + 1 : number; // an own chat may be known before another's that is older
      if (next) console.log(`${(printed = number)} ${username}: ${text}`);
    }
  },
  heard() {},
  ended(reason) {
    stderr.write(`${reason.message}\n`);
    process.exit(1);
  },
});
await room.opened;
for await (const text of createInterface({ input: stdin })) {
  room.send(text).catch(({ message }) => stderr.write(`${message}\n`));
}

// enter signs in, makes the account when there is none, and the room.
async function enter() {
  const { NAME = "ada", PASSWORD = "correct horse battery" } = process.env;
  try {
    await session.register(NAME, PASSWORD);
  } catch (error) {
    if (error.code !== "USERNAME_TAKEN") throw error;
    await session.signIn(NAME, PASSWORD);
  }
  try {
    await session.ask("mutation ($name: String!) { createRoom(name: $name) { id } }", { name });
  } catch (error) {
    if (error.code !== "ROOM_NAME_TAKEN") throw error;
  }
}
