// A server that can be started again on its data, and a proxy that can cut what goes through it.
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { environmentOf, spawn } from "../clients/testing/children.mjs";

const binary = process.env.PARLEY_BIN ?? fileURLToPath(new URL("../../bin/parley", import.meta.url));

/** serve returns the origin of a server on this data directory, and how to stop it. */
export async function serve(t, data) {
  const server = spawn(binary, [], {
    env: environmentOf(data, { PARLEY_SEND_RATE: "0" }),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exit = once(server, "exit");
  const stop = async () => {
    server.kill("SIGTERM");
    await exit;
  };
  t.after(stop);
  const lines = [];
  const origin = await new Promise((resolve, reject) => {
    createInterface({ input: server.stderr }).on("line", (line) => {
      lines.push(line);
      const address = /^listening on (http:\/\/\S+)$/.exec(line);
      if (address) resolve(address[1]);
    });
    exit.then(([status]) => reject(new Error(`${binary} ended with ${status}:\n${lines.join("\n")}`)), reject);
  });
  return { origin, stop };
}

/** proxy carries connections to wherever `to` points, and cuts those that are open. */
export async function proxy(t, to) {
  const open = new Set();
  const state = { to, connections: 0 };
  const listener = createServer((near) => {
    state.connections += 1;
    const { hostname, port } = new URL(state.to);
    const far = connect(Number(port), hostname);
    for (const [one, other] of [[near, far], [far, near]]) {
      open.add(one);
      one.on("error", () => {}); // what is cut breaks on both sides
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  state.cut = () => {
    for (const one of open) one.destroy();
  };
  state.host = `127.0.0.1:${listener.address().port}`;
  t.after(() => {
    state.cut();
    listener.close();
  });
  return state;
}
