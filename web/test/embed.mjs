// The blocks of docs/embed.md, which are done as they are written.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

const page = new URL("../../docs/embed.md", import.meta.url);

/** blocks are those of the page from its top: what is to be done with one, as the comment before it says, about what, its code and its line. */
export async function blocks() {
  const text = await readFile(page, "utf8");
  const all = [...text.matchAll(/^<!-- (\w+)(?: (\S+))? -->\n```\w+\n([^]*?)^```$/gm)].map(({ 1: what, 2: about = "", 3: code, index }) => {
    return { what, about, code, line: text.slice(0, index).split("\n").length };
  });
  assert.equal(text.match(/^```\w+$/gm).length, all.length, "code that nobody does");
  return all;
}
