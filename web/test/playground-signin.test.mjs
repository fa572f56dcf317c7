import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./browser.mjs";
import { compose, press, setHeaders } from "./editor.mjs";
import { register, start } from "./server.mjs";
import { PATIENCE, patient } from "../clients/testing/rounds.mjs";

test("the playground carries the token of the last sign-in", patient, async (t) => {
  const origin = await start(t);
  const cleo = await register(origin, "cleo");
  await register(origin, "ada");
  const { page, sockets, complaints } = await open(t, { viewport: { width: 1280, height: 800 } });
  const said = watch(page);
  await page.goto(`${origin}/playground`);
  await page.getByText("No sign-in is kept.").waitFor();

  // The first line as the page tells it: the cursor into Register, then Ctrl-Enter.
  await page.getByText("mutation Register").click();
  await page.keyboard.press("ControlOrMeta+Enter");
  await page.getByText(/Signed in as ada-\w+\./).waitFor();
  const { register: ada } = (await said((query) => query.includes("Register"))).answer.data;
  const made = await run(page, said, `mutation { createRoom(name: "general") { id } }`);
  assert.equal(made.sender, `Bearer ${ada.accessToken}`);
  if (process.env.PLAYGROUND_SCREENSHOT) await page.screenshot({ path: process.env.PLAYGROUND_SCREENSHOT });

  // A subscription too, and after a reload of the page.
  await page.reload();
  await page.getByText(/Signed in as ada-\w+\./).waitFor();
  await compose(page, `subscription { chatSent(room: "general") { username text } }`);
  await press(page, "Execute query");
  await until(page, () => sockets.length === 1 && sockets[0].sent.length >= 2);
  assert.equal(sessionOf(sockets[0].sent[0].payload.authorization), sessionOf(ada.accessToken));
  await press(page, "Stop query");

  // A refresh needs no copying either, whatever the document calls its fields.
  const refreshed = await run(
    page,
    said,
    `mutation ($refreshToken: String) { new: refreshToken(token: $refreshToken) { ...pair } }
    fragment pair on AuthPayload { now: accessToken refreshToken }`,
  );
  const { now } = refreshed.answer.data.new;
  assert.notEqual(now, ada.accessToken);
  assert.equal((await run(page, said, `{ rooms { nodes { name } } }`)).sender, `Bearer ${now}`);

  // What is written into Headers wins; an empty token there is none.
  await setHeaders(page, { authorization: `Bearer ${cleo}` });
  assert.equal((await run(page, said, `{ me { username id } }`)).answer.data.me.username, "cleo");
  await setHeaders(page, { Authorization: "Bearer " });
  assert.equal((await run(page, said, `{ me { id username } }`)).sender, `Bearer ${now}`);

  // Ending the others keeps the token; ending this one forgets it.
  await run(page, said, `mutation { logout(scope: OTHERS) }`);
  await page.getByText(/Signed in as ada-\w+\./).waitFor();
  await run(page, said, `mutation { logout }`);
  await page.getByText("No sign-in is kept.").waitFor();
  assert.equal((await run(page, said, `{ server { time } }`)).sender, "Bearer"); // as it stands in Headers

  // Another sign-in takes its place; what the page kept is forgotten at a press.
  await run(page, said, `mutation { login(username: "ada", password: "correct horse battery") { accessToken } }`);
  await page.getByText("Signed in as ada.").waitFor();
  await page.getByRole("button", { name: "Forget it" }).click();
  await page.getByText("No sign-in is kept.").waitFor();
  assert.equal(await page.evaluate(() => JSON.stringify(sessionStorage).includes("playground.session")), false);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  assert.deepEqual(complaints, []);
});

test("a sign-in that is refused changes nothing", patient, async (t) => {
  const origin = await start(t);
  await register(origin, "ada");
  const { page } = await open(t);
  const said = watch(page);
  await page.goto(`${origin}/playground`);
  await run(page, said, `mutation { login(username: "ada", password: "correct horse battery") { accessToken } }`);
  await page.getByText("Signed in as ada.").waitFor();
  await page.locator(".graphiql-response").getByText("accessToken").waitFor(); // and nothing that the document does not ask for
  assert.doesNotMatch(await page.locator(".graphiql-response").textContent(), /pg[A-Z]|refreshToken/);
  const refused = `mutation { login(username: "ada", password: "not my password") { accessToken } }`;
  const { answer } = await run(page, said, refused);
  assert.equal(answer.errors[0].extensions.code, "INVALID_CREDENTIALS");
  await page.getByText("Signed in as ada.").waitFor();
});

const sessionOf = (token) => JSON.parse(atob(token.split(".")[1])).sid;

// run runs an operation and returns what was sent and what came back. Each is run once in a test.
async function run(page, said, operation) {
  await compose(page, operation);
  await press(page, "Execute query");
  return said((query) => query.replace(/ pgAccess: .* \{ id username \}/, "") === operation);
}

// watch returns a function that waits for the request of a document: who sent it, and its answer.
function watch(page) {
  const seen = [];
  page.on("response", async (response) => {
    const request = response.request();
    if (request.method() !== "POST") return;
    const { query } = request.postDataJSON();
    const answer = await response.json().catch(() => undefined); // a page that is loaded again loses what was under way
    if (answer) seen.push({ query, sender: request.headers().authorization, answer });
  });
  return async (wanted) => {
    await until(page, () => seen.some(({ query }) => wanted(query)));
    return seen.find(({ query }) => wanted(query));
  };
}

async function until(page, holds) {
  for (const end = Date.now() + PATIENCE; !holds();) {
    if (Date.now() > end) assert.fail(`waited in vain for ${holds}`);
    await page.waitForTimeout(20);
  }
}
