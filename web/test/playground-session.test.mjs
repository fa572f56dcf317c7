// What becomes of the playground's sign-in and streams with time, without a server and without storage.
import assert from "node:assert/strict";
import { test } from "node:test";
import { open, watch } from "./browser.mjs";
import { answered, compose, press, runLine, shows } from "./editor.mjs";
import { call, mortal } from "./mortal.mjs";
import { patient } from "../clients/testing/rounds.mjs";

test("tokens renew themselves, in two copies of a tab and under a stream", patient, async (t) => {
  const server = await mortal(t, { PARLEY_ACCESS_TOKEN_LIFETIME: "2s", PARLEY_LEEWAY: "0s", PARLEY_SEND_RATE: "0" });
  const { page, complaints } = await open(t, { viewport: { width: 1440, height: 1000 } });
  await page.goto(`${server.origin}/playground`);
  await runLine(page, "mutation Register", "accessToken");
  await runLine(page, "mutation CreateRoom", `"id"`);
  await runLine(page, "subscription Listen", "CAUGHT_UP");
  const opened = page.waitForEvent("popup");
  await page.evaluate(() => void window.open(location.href));
  const { page: copy } = await watch(await opened);
  const carried = new Set();
  copy.on("request", (request) => {
    const { authorization } = request.headers();
    if (authorization) carried.add(authorization);
  });
  let number = 1;
  while (carried.size < 4) await runLine(copy, "mutation SendChat", `"number": ${number++}`);
  // A stream that was cut on a busy machine is back in a moment.
  while (!(await shows(page, `"number": ${number - 1}`))) await runLine(copy, "mutation SendChat", `"number": ${number++}`);
  await press(page, "Stop query");
  await runLine(page, "query Me", `"ada-`);
  assert.deepEqual(complaints, []);
});

test("a server that is away is told in words, and streams go on", patient, async (t) => {
  const server = await mortal(t, { PARLEY_SEND_RATE: "0" });
  const { page } = await open(t, { viewport: { width: 1440, height: 1000 } });
  const registered = page.waitForResponse((response) => response.request().postData()?.includes('"Register"') ?? false);
  await page.goto(`${server.origin}/playground`);
  await runLine(page, "mutation Register", "accessToken");
  const { accessToken } = (await (await registered).json()).data.register;
  await runLine(page, "mutation CreateRoom", `"id"`);
  const { rooms } = await call(server.origin, accessToken, "{ rooms { nodes { id } } }");
  const [room] = rooms.nodes;
  await runLine(page, "subscription Listen", "CAUGHT_UP");
  await server.kill();
  await answered(page, "The line to the server was cut.");
  await server.start();
  await answered(page, "CAUGHT_UP");
  await press(page, "Stop query");

  // Here nothing comes behind the words until something happens.
  const opened = page.waitForEvent("websocket");
  await compose(page, `subscription { chatSent(room: "${room.id}") { text } }`);
  await press(page, "Execute query");
  await (await opened).waitForEvent("framereceived");
  await server.kill();
  await answered(page, "The line to the server was cut.");
  await server.start();
  await answered(page, "The line is back");
  let n = 0;
  const send = `mutation ($room: ID!, $text: String!) { sendChat(room: $room, text: $text) { id } }`;
  do await call(server.origin, accessToken, send, { room: room.id, text: `seen ${n++}` });
  while (!(await shows(page, `"text": "seen`))); // nobody says when chatSent has begun
  await press(page, "Stop query");

  await compose(page, "{ me { username } }");
  await server.kill();
  await press(page, "Execute query");
  await answered(page, "The server does not answer.");
  assert.doesNotMatch(await page.locator(".graphiql-response").textContent(), /fetch|TypeError|stack/);
  await server.start();
  await press(page, "Execute query");
  await answered(page, `"ada-`);
});

test("a session that was ended elsewhere is told apart", patient, async (t) => {
  const server = await mortal(t);
  const { page } = await open(t, { viewport: { width: 1440, height: 1000 } });
  const registered = page.waitForResponse((response) => response.request().postData()?.includes('"Register"') ?? false);
  await page.goto(`${server.origin}/playground`);
  await runLine(page, "mutation Register", "accessToken");
  const { accessToken } = (await (await registered).json()).data.register;
  await runLine(page, "mutation CreateRoom", `"id"`);
  await runLine(page, "subscription Listen", "CAUGHT_UP");
  await call(server.origin, accessToken, "mutation { logout(scope: ALL) }");
  await answered(page, "The stream ended: its session is over.");
  await page.getByText("Your session has ended (LOGOUT). No sign-in is kept.").waitFor();
});

test("the tour works where storage is forbidden", patient, async (t) => {
  const server = await mortal(t, { PARLEY_ACCESS_TOKEN_LIFETIME: "2s", PARLEY_LEEWAY: "0s", PARLEY_SEND_RATE: "0" });
  const { page, complaints } = await open(t, { viewport: { width: 1440, height: 1000 } });
  await page.addInitScript(() => {
    for (const name of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(globalThis, name, {
        get() {
          throw new DOMException("forbidden", "SecurityError");
        },
      });
    }
    LockManager.prototype.request = () => Promise.reject(new DOMException("forbidden", "SecurityError"));
  });
  const carried = new Set();
  page.on("request", (request) => carried.add(request.headers().authorization));
  await page.goto(`${server.origin}/playground`);
  await runLine(page, "mutation Register", "accessToken");
  await page.getByText(/Signed in as ada-\w{4}\./).waitFor();
  await runLine(page, "mutation CreateRoom", `"id"`);
  for (let n = 1; carried.size < 5; n++) await runLine(page, "mutation SendChat", `"number": ${n}`);
  await runLine(page, "mutation DeleteRoom", `"deleteRoom":`);
  assert.deepEqual(complaints, []);
});
