// The code in docs/clients.md and docs/bots.md is copied out of the tested files: `npm run snippets` writes it, and the
// test beside this file fails when a page and the files differ. In a page a snippet is a fenced block behind
//     <!-- web/clients/chats.mjs#merge -->
// and in the file it stands between the lines `#region merge` and `#endregion`. Without a # it is the whole file.
import { readFile, writeFile } from "node:fs/promises";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
export const pages = ["docs/clients.md", "docs/bots.md"].map((path) => new URL(path, root));
const blocks = /(<!-- ([^\s#]+)(?:#(\S+))? -->\n```\w*\n)[^]*?(```\n)/g;

/** render returns the page with its snippets as they are in the files now. */
export async function render(text, read = (path) => readFile(new URL(path, root), "utf8")) {
  const files = new Map();
  for (const [, , path] of text.matchAll(blocks)) files.set(path, await read(path));
  return text.replace(blocks, (_, head, path, name, tail) => head + part(files.get(path), path, name) + tail);
}

function part(text, path, name) {
  if (!name) return text;
  const lines = text.split("\n");
  const begin = lines.findIndex((line) => line.trim().replace(/^\W+/, "") === `region ${name}`);
  const end = lines.findIndex((line, i) => i > begin && /^\W*endregion$/.test(line.trim()));
  if (begin < 0 || end < 0) throw new Error(`${path} has no region ${name}`);
  const inner = lines.slice(begin + 1, end).join("\n").replace(/^\n+|\n+$/g, "").split("\n");
  const indent = Math.min(...inner.filter((line) => line.trim()).map((line) => line.search(/\S/)));
  return inner.map((line) => `${line.slice(indent)}\n`).join("");
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  for (const page of pages) await writeFile(page, await render(await readFile(page, "utf8")));
}
