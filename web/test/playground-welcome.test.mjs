// The document that the playground greets with, run line by line as a person does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { open, watch } from "./browser.mjs";
import { ask, register, start } from "./server.mjs";
import { patient } from "../clients/testing/rounds.mjs";

test("the lines run where their names are taken, and delete their own room only", patient, async (t) => {
  const origin = await start(t, { PARLEY_SEND_RATE: "0" });
  const ada = await register(origin, "ada");
  await ask(origin, `mutation { createRoom(name: "general") { id } }`, { token: ada });

  const { page, complaints } = await open(t, { viewport: { width: 1280, height: 900 } });
  await page.goto(`${origin}/playground`);
  await page.getByText("Parley in ten lines.").waitFor();
  await run(page, "mutation Register", "accessToken");
  await page.getByText(/Signed in as ada-\w+\./).waitFor();
  await run(page, "mutation CreateRoom", `"id"`);

  // Listen waits in this tab; SendChat runs in a copy of it, which has its names and its token.
  await page.getByText("subscription Listen").click();
  await page.keyboard.press("ControlOrMeta+Enter");
  const opened = page.waitForEvent("popup");
  await page.evaluate(() => void window.open(location.href)); // copies sessionStorage, as Duplicate does
  const { page: copy } = await watch(await opened);
  await copy.getByText(/Signed in as ada-\w+\./).waitFor();
  const heard = answered(page, `"number":`);
  const enough = new AbortController();
  heard.finally(() => enough.abort()).catch(() => {}); // judged below
  while (!enough.signal.aborted) await run(copy, "mutation SendChat", `"id"`); // nobody says when Listen has begun
  await heard;
  await run(copy, "query ReadChats", "Hello");
  await page.getByRole("button", { name: /^Stop query/ }).click();

  await run(copy, "query ListRooms", "general-");
  await run(copy, "mutation DeleteRoom", `"deleteRoom":`);
  const { rooms } = await ask(origin, "{ rooms { nodes { name } } }", { token: ada });
  assert.deepEqual(rooms.nodes, [{ name: "general" }]);

  const { page: other } = await open(t);
  await other.goto(`${origin}/playground`);
  await other.getByText("No sign-in is kept.").waitFor();
  await run(other, "mutation Register", "accessToken");
  assert.deepEqual(complaints, []);
});

// run puts the cursor into a line, presses Ctrl-Enter and waits for an answer with this text.
async function run(page, line, wanted) {
  await page.getByText(line).click();
  await page.keyboard.press("ControlOrMeta+Enter");
  await answered(page, wanted);
}

// answered waits until the answer that is shown has a text. The editor writes each blank as U+00A0.
const answered = (page, wanted) =>
  page.waitForFunction((text) => {
    const { textContent } = document.querySelector(".graphiql-response");
    return textContent.replaceAll("\u00a0", " ").includes(text);
  }, wanted);
