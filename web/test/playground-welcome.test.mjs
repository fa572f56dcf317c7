// The document that the playground greets with, run line by line as a person does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { launch, open, watch } from "./browser.mjs";
import { answered, press, runLine } from "./editor.mjs";
import { ask, register, start } from "./server.mjs";
import { patient } from "../clients/testing/rounds.mjs";

test("two tabs run all lines at once where their names are taken, and delete their own room only", patient, async (t) => {
  const origin = await start(t, { PARLEY_SEND_RATE: "0" });
  const ada = await register(origin, "ada");
  for (const room of ["tour", "general"]) await ask(origin, `mutation { createRoom(name: "${room}") { id } }`, { token: ada });

  const browser = await launch();
  t.after(() => browser.close());
  await Promise.all([tour(browser, origin), tour(browser, origin)]);
  const { rooms } = await ask(origin, "{ rooms { nodes { name } } }", { token: ada });
  assert.deepEqual(rooms.nodes.map(({ name }) => name).toSorted(), ["general", "tour"]);
});

async function tour(browser, origin) {
  const { page, complaints } = await watch(await browser.newPage({ viewport: { width: 1440, height: 1000 } }));
  await page.goto(`${origin}/playground`);
  await page.getByText("Parley in ten lines.").waitFor();
  await page.getByRole("region", { name: "Variables" }).waitFor(); // which has what the lines send
  await runLine(page, "mutation Register", "accessToken");
  await page.getByText(/Signed in as ada-\w{4}\./).waitFor();
  await runLine(page, "mutation Login", "accessToken");
  await runLine(page, "query Me", `"ada-`);
  await runLine(page, "mutation CreateRoom", `"id"`);
  await runLine(page, "query ListRooms", `"tour-`);

  // Listen waits in this tab; SendChat runs in a copy of it, which has its names and its token.
  await runLine(page, "subscription Listen", "CAUGHT_UP");
  const opened = page.waitForEvent("popup");
  await page.evaluate(() => void window.open(location.href)); // copies sessionStorage, as Duplicate does
  const { page: copy } = await watch(await opened);
  await copy.getByText(/Signed in as ada-\w{4}\./).waitFor();
  await runLine(copy, "mutation SendChat", `"number": 1`);
  await answered(page, `"number": 1`);
  await press(page, "Stop query");

  await runLine(copy, "query ReadChats", "Hello");
  await runLine(copy, "mutation DeleteRoom", `"deleteRoom":`);
  assert.deepEqual(complaints, []);
}

test("what the page links to is there", patient, async (t) => {
  const links = async (settings) => {
    const origin = await start(t, settings);
    const { page } = await open(t);
    const looked = page.waitForResponse((response) => response.request().method() === "HEAD");
    await page.goto(`${origin}/playground`);
    await looked;
    const found = page.locator(".parley-session nav a");
    if (!settings) await found.nth(1).waitFor();
    const addresses = await found.evaluateAll((all) => all.map(({ href }) => href));
    const answers = await Promise.all(addresses.map((address) => fetch(address, { redirect: "manual" })));
    assert.deepEqual(answers.map(({ status }) => status), addresses.map(() => 200));
    return addresses.map((address) => address.slice(origin.length));
  };
  assert.deepEqual(await links(), ["/", "/schema.graphqls"]);
  assert.deepEqual(await links({ PARLEY_WEB: "false" }), ["/schema.graphqls"]);
});
