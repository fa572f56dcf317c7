import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { pages, render } from "./snippets.mjs";

for (const page of pages) {
  test(`the code in ${page.pathname.split("/").slice(-2).join("/")} is the code that is tested`, async () => {
    const text = await readFile(page, "utf8");
    assert.equal(await render(text), text, "run `npm run snippets` in web/");
    const fences = text.match(/^```(js|jsx|ts|tsx|bash|go)$/gm).length;
    assert.equal(text.match(/^<!-- [^\s#]+(#\S+)? -->$/gm).length, fences, "code that comes from no file");
  });
}

const block = (name, code) => `<!-- x.mjs#${name} -->\n\`\`\`js\n${code}\`\`\`\n`;

test("a snippet is taken out and moved to the left; one that is not there is an error", async () => {
  const file = ["function f() {", "  // #region a", "  one {", "    two", "  }", "  // #endregion", "}", ""].join("\n");
  const read = async () => file;
  assert.equal(await render(`A\n${block("a", "old\n")}B`, read), `A\n${block("a", "one {\n  two\n}\n")}B`);
  assert.equal(await render(block("a", "old\n").replace("#a", ""), read), block("a", file).replace("#a", ""));
  await assert.rejects(render(block("b", ""), read), /x\.mjs has no region b/);
});
