// The built binary on a port and in a data directory of its own, and ways to speak to it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { environmentOf, spawn } from "../clients/testing/children.mjs";
import { PATIENCE } from "../clients/testing/rounds.mjs";

const binary = process.env.PARLEY_BIN ?? fileURLToPath(new URL("../../bin/parley", import.meta.url));

/** start returns the origin of a server with these settings once it listens. It is stopped when the test t is over. */
export async function start(t, settings = {}) {
  const data = await mkdtemp(join(tmpdir(), "parley-"));
  const server = spawn(binary, [], {
    env: environmentOf(data, settings),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exit = once(server, "exit");
  t.after(async () => {
    server.kill("SIGTERM");
    await exit;
    await rm(data, { recursive: true });
  });
  return listening(server, exit);
}

// Its standard error is read to the end, so that the server never waits for us.
function listening(server, exit) {
  const lines = [];
  return new Promise((resolve, reject) => {
    createInterface({ input: server.stderr }).on("line", (line) => {
      lines.push(line);
      const address = /^listening on (http:\/\/\S+)$/.exec(line);
      if (address) resolve(address[1]);
    });
    exit.then(([status]) => reject(new Error(`${binary} ended with ${status}:\n${lines.join("\n")}`)), reject);
  });
}

/** answered makes a request and returns the data of its answer. A server that is too busy for one is asked again. */
export async function answered(request) {
  for (const end = Date.now() + PATIENCE; ; ) {
    const { data, errors } = await (await request()).json();
    const [busy] = errors ?? [];
    if (!busy?.extensions?.retryable || Date.now() > end) {
      assert.equal(errors, undefined, JSON.stringify(errors));
      return data;
    }
    await new Promise((resolve) => setTimeout(resolve, busy.extensions.retryAfterMs ?? 100));
  }
}

/** ask runs one document and returns its data. */
export async function ask(origin, query, { token, ...rest } = {}) {
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  return answered(() => fetch(`${origin}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, ...rest }) }));
}

/** register makes a user and returns their access token. */
export async function register(origin, username) {
  const data = await ask(
    origin,
    `mutation { register(username: "${username}", password: "correct horse battery") { accessToken } }`,
  );
  return data.register.accessToken;
}
