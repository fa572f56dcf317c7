// A test that is killed leaves nothing behind: no server, no browser and no files.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch, watch } from "./browser.mjs";
import { start } from "./server.mjs";
import { spawn } from "../clients/testing/children.mjs";
import { patient } from "../clients/testing/rounds.mjs";
import { until } from "../clients/testing/world.mjs";

if (process.env.KILLED) {
  await start({ after() {} });
  const { page } = await watch(await (await launch()).newPage());
  await page.goto("about:blank");
  console.log(process.env.TMPDIR);
} else {
  test("what a killed test started ends", patient, async () => {
    const self = fileURLToPath(import.meta.url);
    const env = { ...process.env, KILLED: "1" };
    delete env.NODE_TEST_CONTEXT;
    const victim = spawn(process.execPath, [self], { env, stdio: ["ignore", "pipe", "inherit"] });
    const exit = once(victim, "exit");
    const [folder] = await once(createInterface({ input: victim.stdout }), "line");
    assert.ok(existsSync(folder));
    const started = descendants(victim.pid);
    victim.kill("SIGKILL");
    await exit;
    const all = [...started.values()].join("\n");
    for (const program of [/parley$/m, /chromium.*--type=renderer/, /undo\.sh/]) assert.match(all, program);
    await until(() => [...started.keys()].every(gone));
    assert.ok(!existsSync(folder));
  });
}

function gone(pid) {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}

// descendants are the commands of the processes that a process started, and that those started.
function descendants(of) {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).trim().split("\n");
  const commands = new Map();
  for (let before = -1; commands.size > before;) {
    before = commands.size; // a child may stand before its parent
    for (const line of lines) {
      const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
      if (Number(parent) === of || commands.has(Number(parent))) commands.set(Number(pid), command);
    }
  }
  return commands;
}
