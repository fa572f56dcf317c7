// What the chat asks is within the server's bounds, with the largest pages that it asks for.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { formatDocument } from "@urql/core";
import { Kind, parse, print, visit } from "graphql";
import { uuid } from "../clients/chats.mjs";
import { patient } from "../clients/testing/rounds.mjs";
import { mortal, signUp } from "./mortal.mjs";

const folder = new URL("../chat/src/documents/", import.meta.url);
const text = await Promise.all((await readdir(folder)).map((name) => readFile(new URL(name, folder), "utf8")));
const { definitions } = parse(text.join("\n"));
const fragments = new Map(definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION).map((one) => [one.name.value, one]));

/** whole is an operation with its fragments, and the names of types that the cache asks for. */
function whole(operation) {
  const used = new Map();
  const collect = (part) =>
    visit(part, {
      FragmentSpread({ name: { value } }) {
        if (used.has(value)) return;
        used.set(value, fragments.get(value));
        collect(fragments.get(value));
      },
    });
  collect(operation);
  return print(formatDocument({ kind: Kind.DOCUMENT, definitions: [operation, ...used.values()] }));
}

const sizes = { RoomPage: { last: 50 }, OlderChats: { last: 50 }, Rooms: { first: 200 } };
const ids = Array.from({ length: 100 }, uuid);

// For every type of a variable a value of it, and a list as long as the chat has one.
function valueOf({ type }) {
  const bare = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
  if (bare.kind === Kind.LIST_TYPE) return bare.type.type.name.value === "ID" ? ids : [];
  return { ID: ids[0], Boolean: true, Int: 1, RoomScope: "JOINED", RoomKind: "PRIVATE", Role: "ADMIN" }[bare.name.value] ?? "x";
}

// The first event of a stream, or why there is none.
async function firstEvent({ body }) {
  let said = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    said += chunk;
    if (said.includes("data: {")) return said; // the first event is small, and comes whole
  }
  return said;
}

test("no document of the chat costs too much, or could be answered with too much", patient, async (t) => {
  const { origin } = await mortal(t);
  const { accessToken } = await signUp(origin, "ann");
  const operations = definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  for (const operation of operations) {
    const streams = operation.operation === "subscription";
    const { name, variableDefinitions = [] } = operation;
    const variables = Object.fromEntries(variableDefinitions.map((one) => [one.variable.name.value, valueOf(one)]));
    const response = await fetch(`${origin}/graphql`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: streams ? "text/event-stream" : "application/json", Authorization: `Bearer ${accessToken}` },
      body: JSON.stringify({ query: whole(operation), variables: { ...variables, ...sizes[name.value] } }),
    });
    const said = streams ? await firstEvent(response) : await response.text();
    assert.doesNotMatch(said, /TOO_COMPLEX|VALIDATION|VARIABLE|STREAM/, `${name.value}: ${said}`);
  }
  assert.ok(operations.length > 30);
});
