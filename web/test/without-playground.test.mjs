// PARLEY_PLAYGROUND=false takes the page away, and everything that it is made of.
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Parley } from "../clients/testing/parley.mjs";
import { patient } from "../clients/testing/rounds.mjs";

const built = fileURLToPath(new URL("../static/playground", import.meta.url));
const files = (await readdir(built, { recursive: true })).filter((name) => name.endsWith(".gz"));
const assets = files.map((name) => `/playground/${name.slice(0, -3)}`).filter((path) => !path.endsWith("/index.html"));

const statuses = async ({ origin }, paths) => {
  const answers = await Promise.all(paths.map((path) => fetch(origin + path, { redirect: "manual" })));
  return new Set(answers.map(({ status }) => status));
};

test("without the playground no file of it is served", patient, async (t) => {
  const page = ["/playground", ...assets];
  assert.ok(page.length > 5);
  const there = await Parley.start(t);
  assert.deepEqual(await statuses(there, page), new Set([200]));

  const without = await Parley.start(t, { PLAYGROUND: "false" });
  assert.deepEqual(await statuses(without, [...page, "/playground/", "/playground/index.html"]), new Set([404]));
  assert.deepEqual(await statuses(without, ["/graphql?query={server{version}}", "/schema.graphqls"]), new Set([200]));
});
