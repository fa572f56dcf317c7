// A server that may die and come back: on the same port, with the same data.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text as all } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { uuid } from "../clients/chats.mjs";
import { answered } from "./server.mjs";
import { environmentOf, spawn } from "../clients/testing/children.mjs";

const binary = process.env.PARLEY_BIN ?? fileURLToPath(new URL("../../bin/parley", import.meta.url));

/** mortal starts a server with these settings. kill is kill -9, start starts it again; what `last` holds is run before it ends. */
export async function mortal(t, settings = {}) {
  const data = await mkdtemp(join(tmpdir(), "parley-"));
  const server = { origin: "http://127.0.0.1:0", data, last: [] };
  let child;
  server.start = async () => {
    const { host } = new URL(server.origin);
    child = spawn(binary, [], {
      env: environmentOf(data, { PARLEY_ADDR: host, ...settings }),
      stdio: ["ignore", "ignore", "pipe"],
    });
    server.origin = await listening(child);
  };
  /** shell runs a command of the program on the server's data, and returns what it writes. */
  server.shell = async (...args) => {
    const command = spawn(binary, args, { env: environmentOf(data, settings), stdio: ["ignore", "pipe", "inherit"] });
    const [wrote, [status]] = await Promise.all([all(command.stdout), once(command, "exit")]);
    assert.equal(status, 0, `parley ${args.join(" ")}`);
    return wrote.trim();
  };
  server.kill = async (signal = "SIGKILL") => {
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  };
  await server.start();
  t.after(async () => {
    try {
      for (const work of server.last) await work();
    } finally {
      if (child.exitCode === null && child.signalCode === null) await server.kill("SIGTERM");
      await rm(data, { recursive: true });
    }
  });
  return server;
}

// Its standard error is read to the end, so that the server never waits for us.
function listening(child) {
  const lines = [];
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      lines.push(line);
      const address = /^listening on (http:\/\/\S+)$/.exec(line);
      if (address) resolve(address[1]);
    });
    child.once("exit", () => reject(new Error(`it did not start:\n${lines.join("\n")}`)));
  });
}

/** call runs one document with its variables and returns its data. */
export async function call(origin, token, query, variables) {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  return answered(() => fetch(`${origin}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, variables }) }));
}

/** signUp makes a person and returns their tokens. */
export async function signUp(origin, username) {
  const data = await call(
    origin,
    undefined,
    `mutation ($username: String!) {
      register(username: $username, password: "correct horse battery") { accessToken refreshToken user { id username } }
    }`,
    { username },
  );
  return data.register;
}

/** send stores chats, each once, ten a request and `lanes` requests at a time; with one lane in this order. */
export async function send(origin, token, room, texts, lanes = 1) {
  const left = Array.from({ length: Math.ceil(texts.length / 10) }, (_, i) => texts.slice(i * 10, i * 10 + 10));
  const lane = async () => {
    for (let some = left.shift(); some; some = left.shift()) {
      const fields = some.map((_, n) => `c${n}: sendChat(room: $room, text: $t${n}, id: "${uuid()}") { id }`);
      const types = some.map((_, n) => `$t${n}: String!`);
      const variables = Object.fromEntries(some.map((text, n) => [`t${n}`, text]));
      await call(origin, token, `mutation ($room: ID!, ${types}) { ${fields.join(" ")} }`, { room, ...variables });
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** log is the whole history of a room as the server has it. */
export async function log(origin, token, room) {
  const chats = [];
  for (let after = null; ; ) {
    const { chats: page } = await call(
      origin,
      token,
      `query ($room: ID!, $after: Cursor) {
        chats(room: $room, first: 200, after: $after) { nodes { id number username text } pageInfo { endCursor hasNextPage } }
      }`,
      { room, after },
    );
    chats.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return chats;
    after = page.pageInfo.endCursor;
  }
}
