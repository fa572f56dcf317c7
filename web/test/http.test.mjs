import assert from "node:assert/strict";
import { test } from "node:test";
import { serverAudits } from "graphql-http";
import { start } from "./server.mjs";
import { patient } from "../clients/testing/rounds.mjs";

test("every audit of GraphQL over HTTP passes", patient, async (t) => {
  const origin = await start(t);
  const audits = serverAudits({ url: `${origin}/graphql` });
  const levels = { MUST: 0, SHOULD: 0, MAY: 0 };
  for (const { name } of audits) levels[name.split(" ")[0]]++;
  assert.deepEqual(levels, { MUST: 13, SHOULD: 23, MAY: 25 });
  for (const { id, name, fn } of audits) {
    await t.test(`${id} ${name}`, async () => {
      const { status, reason } = await fn();
      assert.equal(status, "ok", reason);
    });
  }
});
