// For tests: processes and temporary files that go when this process goes, by kill -9 too. What undoes them is the shell
// script of the tests in Go, which waits for the end of its input.
import { spawn as begin } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const undo = fileURLToPath(new URL("../../../children/undo.sh", import.meta.url));
const shell = begin("sh", [undo], { cwd: "/", detached: true, stdio: ["pipe", "ignore", "ignore"] });
shell.unref();
shell.stdin.unref();

// All temporary files from here on, those of the browser too, lie in one folder.
process.env.TMPDIR = mkdtempSync(join(tmpdir(), "t"));
shell.stdin.write(`u1 rm -rf '${process.env.TMPDIR}'\n`);

// The process says who it is before it becomes the program, so there is no moment in which nobody knows it.
const enter = 'echo "p$$ end KILL $$" >&3; exec "$@" 3>&-';

/** environmentOf is that of a server on a data directory: a port of its own, and time for what a busy machine is slow at. */
export function environmentOf(data, settings = {}) {
  const slow = { PARLEY_WS_PONG_TIMEOUT: "10m", PARLEY_REFRESH_REUSE_WINDOW: "10m", PARLEY_REFRESH_RETRY_WINDOW: "10m" };
  for (const what of ["OPERATION", "HTTP_HEADER", "HTTP_BODY", "HTTP_RESPONSE", "WS_INIT", "WS_MESSAGE"]) {
    slow[`PARLEY_${what}_TIMEOUT`] = "60s";
  }
  return { PATH: process.env.PATH, PARLEY_ADDR: "127.0.0.1:0", PARLEY_DATA: data, ...slow, ...settings };
}

/** spawn is that of node:child_process, in a process group of its own. `stdio` has three elements. */
export function spawn(command, args, { stdio, ...options }) {
  const all = { ...options, detached: true, stdio: [...stdio, shell.stdin] };
  const child = begin("/bin/sh", ["-c", enter, "sh", command, ...args], all);
  child.once("exit", () => shell.stdin.write(`p${child.pid}\n`)); // its number may be another's from here on
  return child;
}
