import assert from "node:assert/strict";
import { test } from "node:test";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { spawn } from "./testing/children.mjs";
import { Parley } from "./testing/parley.mjs";
import { until } from "./testing/world.mjs";
import { patient } from "./testing/rounds.mjs";

const main = fileURLToPath(new URL("main.mjs", import.meta.url));

test("two people talk in two terminals, with every recipe", patient, async (t) => {
  const { origin } = await Parley.start(t);
  for (const recipe of ["apollo", "urql", "graphql-ws", "sse"]) {
    const [ann, bob] = ["ann", "bob"].map((name) => run(t, name, [recipe, `the ${recipe} room`, origin]));
    ann.type("hello");
    await until(
      () => bob.lines.includes("1 ann: hello"),
      () => bob.lines,
    );
    bob.type("hello yourself");
    for (const { lines } of [ann, bob]) {
      await until(
        () => lines.length === 2,
        () => lines,
      );
      assert.deepEqual(lines, ["1 ann: hello", "2 bob: hello yourself"]);
    }
  }
});

function run(t, name, args) {
  const env = { PATH: process.env.PATH, NAME: name };
  const terminal = spawn(process.execPath, [main, ...args], { env, stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => terminal.kill());
  const lines = [];
  createInterface({ input: terminal.stdout }).on("line", (line) => lines.push(line));
  return { lines, type: (text) => terminal.stdin.write(`${text}\n`) };
}
