// The small apps in examples: installed in an empty folder with the package as it is published, built as theirs is, and used in a
// browser. They have the same words on their buttons.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { preview } from "vite";
import { patient } from "../clients/testing/rounds.mjs";
import { until } from "../clients/testing/world.mjs";
import { open } from "./browser.mjs";
import { call, log, mortal, send as store, signUp } from "./mortal.mjs";
import { compile, copy, install, link, packed, project, run, unpack, web } from "./projects.mjs";

const folder = join(web, "../examples");
const examples = (await readdir(folder)).filter((name) => name.startsWith("vite-"));
const createVite = "create-vite@9.3.0";
const settings = { PARLEY_CORS_ALLOWED_ORIGINS: "*", PARLEY_SEND_RATE: "0", PARLEY_ROOM_SEND_RATE: "0" };
const password = "correct horse battery";

before(packed, patient);

describe("examples", { concurrency: 3, ...patient }, () => {
  for (const name of examples) {
    test(`${name} builds in an empty folder, and people can talk with it`, patient, async (t) => {
      const app = await project(t, name);
      await copy(join(folder, name), app);
      await strict(app);
      const [server] = await Promise.all([mortal(t, settings), install(app)]);
      await run(app, ["npm", "run", "build"], { VITE_PARLEY_URL: `${server.origin}/graphql` });
      await talk(t, server, await serve(t, app));
    });
  }

  test("vite-react/src builds in a project that npm create vite has made", patient, async (t) => {
    const app = await project(t, "created");
    await run(app, ["npm", "exec", "--yes", "--prefer-offline", createVite, "--", ".", "--template", "react-ts", "--no-interactive"]);
    await copy(join(folder, "vite-react/src"), join(app, "src"));
    const { dependencies, devDependencies } = JSON.parse(await readFile(join(app, "package.json"), "utf8"));
    for (const name of [...Object.keys({ ...dependencies, ...devDependencies }), "graphql", "graphql-ws"]) await link(name, app);
    await unpack(app);
    await compile(app, "-b");
    await run(app, [join(web, "node_modules/.bin/vite"), "build"]);
  });
});

test("the examples install what is tested here", async () => {
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(web, "package.json"), "utf8"));
  const ours = { ...dependencies, ...devDependencies };
  for (const name of examples) {
    const theirs = JSON.parse(await readFile(join(folder, name, "package.json"), "utf8"));
    const { "parley-client": client, ...others } = { ...theirs.dependencies, ...theirs.devDependencies };
    assert.match(client, /^file:/);
    for (const [one, version] of Object.entries(others)) assert.equal(version, ours[one], `${one} of ${name}`);
  }
});

async function strict(app) {
  const { compilerOptions } = JSON.parse(await readFile(join(app, "tsconfig.json"), "utf8"));
  assert.ok(compilerOptions.strict && compilerOptions.exactOptionalPropertyTypes);
}

async function serve(t, app) {
  const server = await preview({ root: app, configFile: false, logLevel: "silent", preview: { host: "127.0.0.1", port: 0 } });
  t.after(() => server.close());
  return `http://127.0.0.1:${server.httpServer.address().port}/`;
}

async function talk(t, server, address) {
  const bob = await signUp(server.origin, "bob");
  const ask = async (query, variables) => call(server.origin, bob.accessToken, query, variables);
  const send = async (text) =>
    (await ask(`mutation ($text: String!) { sendChat(room: "general", text: $text) { id } }`, { text })).sendChat.id;
  const { page, complaints } = await open(t);
  const shown = (text) => page.locator(".row", { hasText: text });
  const sees = (text) => shown(text).waitFor();
  const say = async (text) => {
    await page.getByPlaceholder("Write").fill(text);
    await page.getByPlaceholder("Write").press("Enter");
  };

  await page.goto(address);
  await page.getByPlaceholder("Username").fill("ann");
  await page.getByPlaceholder("Password").fill("short");
  await page.getByRole("button", { name: "Register" }).click();
  await page.getByRole("alert").filter({ hasText: /password/i }).waitFor();
  await page.getByPlaceholder("Username").fill("ann");
  await page.getByPlaceholder("Password").fill(password);
  await page.getByRole("button", { name: "Register" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  await ask(`mutation { createRoom(name: "general", members: ["ann"]) { id } }`);
  await page.getByRole("button", { name: "general" }).waitFor();
  const old = Array.from({ length: 60 }, (_, n) => `old ${n}.`);
  await store(server.origin, bob.accessToken, "general", old);
  const ids = [await send("to be edited"), await send("to be deleted")];
  await page.getByRole("button", { name: "general 62" }).click();
  await sees("to be deleted");
  await page.getByRole("button", { name: "general", exact: true }).waitFor(); // all of it is read
  assert.equal(await shown("old 0.").count(), 0);
  await page.getByRole("button", { name: "Older" }).click();
  await sees("old 0.");
  await say("mine");
  await until(async () => (await log(server.origin, bob.accessToken, "general")).some(({ text }) => text === "mine"));
  await ask("mutation ($id: ID!) { editChat(chat: $id, text: \"as it is now\") { id } }", { id: ids[0] });
  await sees("as it is now edited");
  await ask("mutation ($id: ID!) { react(chat: $id, emoji: \"👍\") { id } }", { id: ids[0] });
  await sees("👍 1");
  await shown("👍 1").getByRole("button", { name: "👍 1" }).click();
  await page.getByRole("button", { name: "👍 2", pressed: true }).waitFor();
  await ask("mutation ($id: ID!) { deleteChat(chat: $id) { id } }", { id: ids[1] });
  await page.getByText("deleted", { exact: true }).waitFor();

  await server.kill();
  await say("written while it was away");
  await sees("written while it was away");
  await server.start();
  await send("and it is back");
  await sees("and it is back");
  const want = [...old, "as it is now", null, "mine", "and it is back", "written while it was away"];
  const stored = async () => (await log(server.origin, bob.accessToken, "general")).map(({ text }) => text);
  await until(async () => (await stored()).length >= want.length);
  assert.deepEqual((await stored()).toSorted(), want.toSorted());
  await page.locator(".row", { hasText: /ann\s+written while it was away/ }).waitFor();
  assert.equal(await shown("written while it was away").count(), 1);

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  assert.equal(await page.locator(".row").count(), 0);
  assert.deepEqual(complaints.filter((text) => !/net::ERR_|WebSocket connection to/.test(text)), []);
}
