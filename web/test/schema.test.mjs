// What the server says of its schema, in its two ways, is the file in the repository.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { buildClientSchema, buildSchema, getIntrospectionQuery, lexicographicSortSchema, printSchema } from "graphql";
import { ask, start } from "./server.mjs";
import { patient } from "../clients/testing/rounds.mjs";

const file = await readFile(new URL("../../graph/schema.graphqls", import.meta.url), "utf8");

// printed is a schema as text in which order means nothing; descriptions and deprecations stand in it.
const printed = (schema) => printSchema(lexicographicSortSchema(schema));

test("/schema.graphqls is the file, byte for byte", patient, async (t) => {
  const answer = await fetch(`${await start(t)}/schema.graphqls`);
  assert.equal(answer.headers.get("Content-Type"), "text/plain; charset=utf-8");
  assert.equal(await answer.text(), file);
});

test("introspection says what the file says", patient, async (t) => {
  const origin = await start(t);
  const query = getIntrospectionQuery({
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  });
  const said = printed(buildClientSchema(await ask(origin, query)));
  assert.equal(said, printed(buildSchema(file)));
});
