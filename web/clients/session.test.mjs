// Staying signed in: many requests, two tabs, lost answers, and the end of it.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "./graphql-ws/client.mjs";
import { patiently } from "./patience.mjs";
import { Session } from "./session.mjs";
import { Parley } from "./testing/parley.mjs";
import { memory, PASSWORD, runOut, sessionAt, setUp, until } from "./testing/world.mjs";
import { patient } from "./testing/rounds.mjs";

const short = { ACCESS_TOKEN_LIFETIME: "4s", LEEWAY: "0s" };
const me = (session) => session.ask("{ me { username } }");

// expired waits until the server no longer takes ann's token. The next one lasts, however slow the machine is.
async function expired({ bob, session, ...world }) {
  await runOut(bob.session, await session.token());
  await world.kill({ ACCESS_TOKEN_LIFETIME: "90m" });
}

test("twenty requests with an expired token: one refresh, and all are answered", patient, async (t) => {
  const world = await setUp(t, short);
  const { session } = world;
  await expired(world);
  const before = session.storage.stored;
  const answers = await Promise.all(Array.from({ length: 20 }, () => me(session)));
  assert.ok(answers.every((answer) => answer.me.username === "ann"));
  assert.equal(session.storage.stored, before + 1);
});

test("a refresh whose answer is lost three times is still the same refresh", patient, async (t) => {
  const world = await setUp(t, short);
  const { proxy, session } = world;
  await expired(world);
  const before = session.storage.stored;
  const lost = proxy.cuts + 3;
  proxy.lifetime = () => (proxy.cuts < lost ? 0 : Infinity); // the server hears and answers, we do not
  proxy.cut();
  assert.equal((await me(session)).me.username, "ann");
  assert.ok(proxy.cuts >= lost);
  assert.equal(session.storage.stored, before + 1);
});

test("two tabs that refresh at once both stay signed in", patient, async (t) => {
  const { proxy, session } = await setUp(t);
  const tabs = [session, sessionAt(t, proxy, session.storage)];
  for (let i = 0; i < 50; i++) {
    for (const tab of tabs) tab.expire(await tab.token());
    const [one, other] = await Promise.all(tabs.map((tab) => tab.token()));
    assert.equal(one, other);
  }
  assert.equal((await me(tabs[1])).me.username, "ann");
});

test("a page that goes away while it refreshes, and is loaded again, is signed in", patient, async (t) => {
  const { proxy, session } = await setUp(t);
  proxy.cut();
  proxy.lifetime = () => 0;
  const before = proxy.cuts;
  const wait = () => (proxy.cuts > before ? new Promise(() => {}) : undefined);
  new Session(session.url, { storage: session.storage, wait }).token(); // exchanged, but the answer is lost
  await until(() => proxy.cuts > before);
  proxy.lifetime = () => Infinity;
  const again = sessionAt(t, proxy, session.storage);
  assert.equal((await me(again)).me.username, "ann");
});

test("a tab that reads an old refresh token waits for what the other tab stores", patient, async (t) => {
  const { proxy, session } = await setUp(t);
  const old = { ...JSON.parse(session.storage.getItem("parley")), key: "another" };
  session.expire(await session.token());
  await session.token();
  const stale = Object.create(session.storage, { reads: { value: 0, writable: true } });
  stale.getItem = (key) => (stale.reads++ ? session.storage.getItem(key) : JSON.stringify(old));
  assert.equal((await me(sessionAt(t, proxy, stale))).me.username, "ann");
  assert.ok(stale.reads > 1);
});

test("a page that is loaded again is signed in; one that was signed out is not", patient, async (t) => {
  const { proxy, session } = await setUp(t);
  const again = sessionAt(t, proxy, session.storage);
  assert.equal((await me(again)).me.username, "ann");
  await session.signOut();
  assert.equal(session.signedIn, false);
  await assert.rejects(me(session), /signed out/);
  await assert.rejects(me(again), { code: "SESSION_REVOKED" });
});

test("a session that was ended elsewhere is forgotten at the next refresh", patient, async (t) => {
  const { proxy, session } = await setUp(t);
  const elsewhere = sessionAt(t, proxy, memory());
  await elsewhere.signIn("ann", PASSWORD);
  await elsewhere.ask("mutation { logout(scope: OTHERS) }");
  session.expire(await session.token());
  await assert.rejects(me(session), { code: "SESSION_REVOKED" });
  assert.equal(session.signedIn, false);
});

test("a session by a token of an app ends when the app's entry says so, and a page that only listens is told", patient, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "issuers-"));
  const secret = "0123456789abcdef0123456789abcdef";
  await writeFile(join(folder, "secrets"), secret);
  const entry = { issuer: "app", audience: ["parley"], secret_file: "secrets", session_lifetime: "2s" };
  await writeFile(join(folder, "issuers.json"), JSON.stringify([entry]));
  const { origin } = await Parley.start(t, { ISSUERS: join(folder, "issuers.json"), LEEWAY: "0s" });
  const claims = { iss: "app", aud: "parley", sub: "17", exp: Math.floor(Date.now() / 1000) + 3600 };
  const text = [{ alg: "HS256" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const session = sessionAt(t, { origin });
  const over = new Promise((resolve) => (session.signedOut = resolve));
  await session.loginWith(`${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`);
  assert.equal(session.signedIn, true);
  const query = "subscription ($after: [Cursor!]) { events(after: $after) { kind cursor cursors } }";
  const ended = new Promise((resolve) => connect(session).follow({ query, variables: {} }, { next() {}, error: resolve }));
  assert.equal((await over).code, "UNAUTHENTICATED");
  await ended;
  assert.equal(session.signedIn, false);
});

test("a request that is never answered is sent again, until its sender gives up", async (t) => {
  const alive = setInterval(() => {}, 1000); // Node ends a process that only waits for AbortSignal.timeout
  t.after(() => clearInterval(alive));
  const enough = new AbortController();
  let attempts = 0;
  const unanswered = (_, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      if (++attempts === 3) enough.abort(new Error("enough"));
    });
  const ask = patiently(unanswered, async () => {}, 10);
  await assert.rejects(ask("", { signal: enough.signal }), /enough/);
  assert.equal(attempts, 3);
});

test("a server that is busy is asked again, not before the time it names", async () => {
  const pauses = [];
  const answers = [
    () => new Response("", { status: 503 }),
    () => Promise.reject(new TypeError("no network")),
    () => Response.json({ errors: [{ extensions: { retryable: true, retryAfterMs: 700 } }] }),
    () => Response.json({ data: {} }),
  ];
  const ask = patiently(
    async () => answers.shift()(),
    async (n, least) => pauses.push([n, least]),
  );
  assert.deepEqual(await (await ask("", {})).json(), { data: {} });
  assert.deepEqual(pauses, [
    [0, 0],
    [1, undefined],
    [2, 700],
  ]);
});
