// The code in docs/clients.md is copied out of the tested files: `npm run snippets` writes it, and the test
// beside this file fails when the page and the files differ. In the page a snippet is a fenced block behind
//     <!-- web/clients/chats.mjs#merge -->
// and in the file it stands between the lines `#region merge` and `#endregion`.
import { readFile, writeFile } from "node:fs/promises";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
export const page = new URL("docs/clients.md", root);
const blocks = /(<!-- (\S+)#(\S+) -->\n```\w*\n)[^]*?(```\n)/g;

/** render returns the page with its snippets as they are in the files now. */
export async function render(text, read = (path) => readFile(new URL(path, root), "utf8")) {
  const files = new Map();
  for (const [, , path] of text.matchAll(blocks)) files.set(path, await read(path));
  return text.replace(blocks, (_, head, path, name, tail) => head + region(files.get(path), path, name) + tail);
}

function region(text, path, name) {
  const lines = text.split("\n");
  const begin = lines.findIndex((line) => line.trim().replace(/^\W+/, "") === `region ${name}`);
  const end = lines.findIndex((line, i) => i > begin && /^\W*endregion$/.test(line.trim()));
  if (begin < 0 || end < 0) throw new Error(`${path} has no region ${name}`);
  const inner = lines.slice(begin + 1, end);
  const indent = Math.min(...inner.filter((line) => line.trim()).map((line) => line.search(/\S/)));
  return inner.map((line) => `${line.slice(indent)}\n`).join("");
}

if (argv[1] === fileURLToPath(import.meta.url)) await writeFile(page, await render(await readFile(page, "utf8")));
