import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { render, table } from "./literals.mjs";

test("the table of literals is what graphql-js reads", async () => {
  assert.equal(await readFile(table, "utf8"), render(), "run `node test/literals.mjs` in web/");
});
