// The built binary, which a test can kill and start again on the same data.
import { spawn as run } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { environmentOf, spawn } from "./children.mjs";

const binary = process.env.PARLEY_BIN ?? fileURLToPath(new URL("../../../bin/parley", import.meta.url));

/** Parley is a server with a data directory of its own. Its `settings` are read whenever it starts. */
export class Parley {
  #process;

  /** start returns a running server; settings are given without PARLEY_. */
  static async start(t, settings = {}) {
    const parley = new Parley();
    parley.data = await mkdtemp(join(tmpdir(), "parley-"));
    parley.settings = { ...settings };
    t.after(async () => {
      await parley.stop("SIGKILL");
      await rm(parley.data, { recursive: true });
    });
    await parley.run();
    return parley;
  }

  /** run starts it, on another port than before; `origin` is set once it listens. */
  async run() {
    const env = environmentOf(this.data);
    for (const [name, value] of Object.entries(this.settings)) env[`PARLEY_${name}`] = value;
    this.#process = spawn(binary, [], { env, stdio: ["ignore", "ignore", "pipe"] });
    const exit = once(this.#process, "exit");
    const log = [];
    this.origin = await new Promise((resolve, reject) => {
      createInterface({ input: this.#process.stderr }).on("line", (line) => {
        log.push(line);
        const address = /^listening on (http:\/\/\S+)$/.exec(line);
        if (address) resolve(address[1]);
      });
      exit.then(([status]) => reject(new Error(`${binary} ended with ${status}:\n${log.join("\n")}`)), reject);
    });
  }

  /** stop ends it; SIGKILL gives it no time for anything. */
  async stop(signal = "SIGTERM") {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, "exit");
    this.#process.kill(signal);
    await exit;
  }

  /** tell runs a sub-command of the binary on the same data. */
  async tell(...args) {
    const env = { PATH: process.env.PATH, PARLEY_DATA: this.data };
    const [status] = await once(run(binary, args, { env, stdio: "inherit" }), "exit");
    if (status !== 0) throw new Error(`parley ${args.join(" ")}: exit status ${status}`);
  }

  get url() {
    return `${this.origin}/graphql`;
  }
}
