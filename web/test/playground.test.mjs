import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { buildClientSchema, getIntrospectionQuery, parse, validate } from "graphql";
import { open } from "./browser.mjs";
import { compose, press, setHeaders } from "./editor.mjs";
import { ask, register, start } from "./server.mjs";
import { PATIENCE, patient } from "../clients/testing/rounds.mjs";

const welcome = await readFile(new URL("../playground/welcome.graphql", import.meta.url), "utf8");

test("a chat sent from elsewhere appears in the playground", patient, async (t) => {
  const origin = await start(t);
  const ann = await register(origin, "ann");
  const bob = await register(origin, "bob");
  await ask(origin, `mutation { createRoom(name: "general") { id } }`, { token: ann });

  const { page, requests, sockets, complaints } = await open(t, { viewport: { width: 1280, height: 800 } });
  await page.goto(`${origin}/playground`);
  await page.getByText("Parley in ten lines.").waitFor();
  await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  await page.getByRole("link", { name: "Query", exact: true }).click();
  await page.getByText("Everything that can be read").waitFor();

  // Once a reload opened a second tab, empty but for the headers, and showed that one.
  await setHeaders(page, { Authorization: `Bearer ${ann}` });
  await page.reload();
  await page.getByText("Parley in ten lines.").waitFor();
  assert.equal(await page.getByRole("tab").count(), 1);

  await compose(page, `subscription { chatSent(room: "general") { username text } }`);
  await press(page, "Execute query");
  await sendUntilShown(page, (text) =>
    ask(origin, `mutation { sendChat(room: "general", text: "${text}") { id } }`, { token: bob }),
  );
  if (process.env.PLAYGROUND_SCREENSHOT) await page.screenshot({ path: process.env.PLAYGROUND_SCREENSHOT });

  // The next run signs in with what the headers say then.
  await press(page, "Stop query");
  await setHeaders(page, { authorization: `Bearer ${bob}` });
  const opened = page.waitForEvent("websocket");
  await press(page, "Execute query");
  const socket = await opened;
  if (sockets[1].sent.length === 0) await socket.waitForEvent("framesent");
  assert.deepEqual(
    sockets.map(({ sent }) => sent[0].payload),
    [{ authorization: `Bearer ${ann}` }, { authorization: `Bearer ${bob}` }],
  );

  await page.close();
  const host = new URL(origin).host;
  const elsewhere = [...requests, ...sockets.map(({ url }) => url)]
    .map((address) => new URL(address))
    .filter((address) => address.protocol !== "data:" && address.host !== host);
  assert.deepEqual(elsewhere, [], "requests that left the origin");
  assert.deepEqual(complaints, [], "errors and warnings in the console");
});

test("the lines that the playground greets with work", patient, async (t) => {
  const origin = await start(t);
  const document = parse(welcome);
  const schema = buildClientSchema(await ask(origin, getIntrospectionQuery()));
  assert.deepEqual(validate(schema, document), []);

  let tokens = {};
  let chat;
  for (const { name, operation } of document.definitions) {
    if (operation === "subscription") continue;
    const data = await ask(origin, welcome, { operationName: name.value, variables: { chat }, token: tokens.accessToken });
    tokens = { ...tokens, ...data.register, ...data.login };
    chat ??= data.sendChat?.id;
    assert.ok(Object.values(data).every((value) => value !== null), `${name.value}: ${JSON.stringify(data)}`);
  }
});

// A subscription is not acknowledged, so the first chats may come before it. Any of the others will do.
async function sendUntilShown(page, send) {
  const shown = page.locator(".graphiql-response").getByText("seen-").first();
  const end = Date.now() + PATIENCE;
  for (let i = 1; ; i++) {
    await send(`seen-${i}`);
    if (await shown.waitFor({ timeout: 2000 }).then(() => true, (error) => Date.now() > end && Promise.reject(error))) return;
  }
}
