// A server, a line to it that breaks, and two people.
import assert from "node:assert/strict";
import { WebSocket } from "ws";
import { uuid } from "../chats.mjs";
import { Session } from "../session.mjs";
import { Parley } from "./parley.mjs";
import { Proxy } from "./proxy.mjs";
import { PATIENCE } from "./rounds.mjs";

globalThis.WebSocket ??= WebSocket; // Node 20 has none

export const PASSWORD = "correct horse battery";
const settings = { SEND_RATE: "0", ROOM_SEND_RATE: "0" };

/** setUp: ann's line to the server is the one that breaks, bob's is not; the room is "general". */
export async function setUp(t, more) {
  const parley = await Parley.start(t, { ...settings, ...more });
  const proxy = await Proxy.open(t, parley.origin);
  const steady = await Proxy.open(t, parley.origin);
  const session = await person(t, proxy, "ann");
  const bob = { session: await person(t, steady, "bob") };
  bob.send = (text) => bob.session.ask(SEND, { text, id: uuid() });
  bob.edit = (id, text) => bob.session.ask(EDIT, { id, text });
  bob.remove = (id) => bob.session.ask("mutation ($id: ID!) { deleteChat(chat: $id) { id } }", { id });
  await bob.session.ask("mutation ($id: ID!) { createRoom(name: \"general\", id: $id) { id } }", { id: uuid() }); // it may be sent again
  return {
    parley,
    proxy,
    session,
    bob,
    server: reader(bob.session),
    /** restart runs the server again; ann finds it when `first` is done. */
    async restart(first = async () => {}) {
      await parley.run();
      steady.target = parley.origin;
      await first();
      proxy.target = parley.origin;
    },
    /** kill ends the server at once and runs it again, with other settings if some are given. */
    async kill(others = {}) {
      await parley.stop("SIGKILL");
      Object.assign(parley.settings, others);
      await this.restart();
    },
  };
}

const SEND = `mutation ($text: String!, $id: ID!) { sendChat(room: "general", text: $text, id: $id) { id number } }`;
const EDIT = `mutation ($id: ID!, $text: String!) { editChat(chat: $id, text: $text) { id } }`;

/** memory is a storage that counts what is put into it. */
export function memory() {
  const values = new Map();
  return {
    stored: 0,
    getItem: (key) => values.get(key) ?? null,
    setItem(key, value) {
      values.set(key, value);
      this.stored++;
    },
    removeItem: (key) => values.delete(key),
  };
}

// Waits are short here: what is tested must not hang on them.
const soon = () => new Promise((resolve) => setTimeout(resolve, 2));

/** session makes one that asks at the proxy and does not try on after the test. */
export function sessionAt(t, { origin }, storage = memory()) {
  const wait = () => (t.signal.aborted ? new Promise(() => {}) : soon());
  return new Session(`${origin}/graphql`, { storage, wait });
}

async function person(t, proxy, name) {
  const session = sessionAt(t, proxy);
  await session.register(name, PASSWORD);
  return session;
}

/** botOf makes a bot, and bob a server admin who may, and returns what asks as that bot, with a text. */
export async function botOf(t, parley) {
  await parley.tell("admin", "add", "bob");
  const admin = sessionAt(t, parley);
  await admin.signIn("bob", PASSWORD);
  const { token } = (await admin.ask("mutation { createBot(username: \"robot\") { token } }")).createBot;
  return async (query, text) => {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
    const answer = await (await fetch(parley.url, { method: "POST", headers, body: JSON.stringify({ query, variables: { text } }) })).json();
    assert.equal(answer.errors, undefined);
  };
}

// reader reads the whole room from the server, page by page.
function reader(session) {
  const server = {
    async read() {
      const chats = [];
      for (let after = null, more = true; more;) {
        const page = await session.ask(PAGE, { after });
        chats.push(...page.chats.nodes);
        ({ endCursor: after, hasNextPage: more } = page.chats.pageInfo);
      }
      server.count = chats.length;
      return chats;
    },
    texts: async () => (await server.read()).map(({ text }) => text),
  };
  return server;
}

const PAGE = `query ($after: Cursor) { chats(room: "general", first: 200, after: $after) {
  nodes { id number text } pageInfo { endCursor hasNextPage } } }`;

/** runOut waits until the server no longer takes a token, at the address of some session. */
export const runOut = ({ url }, token) =>
  until(async () => {
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query: "{ me { id } }" }) });
    return (await answer.json()).errors?.[0].extensions.code === "TOKEN_EXPIRED";
  });

/** until waits for what must happen; `said` tells what there is when it does not. */
export async function until(holds, said = () => "") {
  const end = Date.now() + PATIENCE;
  while (!(await holds())) {
    if (Date.now() > end) assert.fail(`waited in vain for ${holds} ${said()}`);
    await soon();
  }
}
