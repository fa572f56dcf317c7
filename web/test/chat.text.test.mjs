// What people write is shown as a safe subset of Markdown.
import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "./axe.mjs";
import { mortal, send } from "./mortal.mjs";
import { fast, ready, room, row, visit } from "./people.mjs";
import { patient } from "../clients/testing/rounds.mjs";

const all = `# Title\n**bold** *it* ~~no~~ \`code\` https://x.example/${"long".repeat(60)} @ann @bob\n> a quote\nmy answer\n\n7. one\n   - two\n8. ${"word".repeat(80)}\n\n\`\`\`go\nfunc main() { ${"wide ".repeat(60)} }\n\`\`\`\n\nمرحبا **بك** 1.\n\n<img src=x onerror=alert(1)> [x](javascript:alert(1))`;

for (const colorScheme of ["light", "dark"]) {
  for (const width of [360, 1440]) {
    test(`all of it in ${colorScheme} at ${width} px`, patient, async (t) => {
      const server = await mortal(t, fast);
      const [ann, bob] = await room(server.origin, "ann", "bob");
      await send(server.origin, ann.accessToken, "general", ["hello"]);
      await send(server.origin, bob.accessToken, "general", [all]);
      const page = await visit(server, { as: ann, path: "/room/general", options: { viewport: { width, height: 900 }, colorScheme } });
      await ready(page);
      await row(page, "my answer").waitFor();
      await judge(page, colorScheme);
      assert.equal(await page.locator(".text img, .text script").count(), 0);
      assert.deepEqual(await page.locator(".text a").evaluateAll((links) => links.map(({ protocol, rel }) => `${protocol} ${rel}`)), ["https: noopener noreferrer ugc nofollow"]);
      assert.equal(await page.locator(".text ol").getAttribute("start"), "7");
      assert.equal(await page.locator(".mention[data-me]").innerText(), "@ann");
      assert.ok(await page.evaluate(() => document.querySelector(".list").scrollWidth <= document.querySelector(".list").clientWidth), "it scrolls sideways");
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${colorScheme}-${width}.png` });
    });
  }
}
