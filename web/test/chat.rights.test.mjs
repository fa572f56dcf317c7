// What a person may do on the server, and what they are offered.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, mortal, signUp } from "./mortal.mjs";
import { answered, say, visit } from "./people.mjs";
import { patient } from "../clients/testing/rounds.mjs";

const button = (page, name) => page.getByRole("button", { name, exact: true });

test("who may make no rooms is offered none, and uses those that others have made", patient, async (t) => {
  const server = await mortal(t, { PARLEY_MEMBERS_MAY: "none" });
  const [ann, bob] = await Promise.all(["ann", "bob"].map((name) => signUp(server.origin, name)));
  await server.shell("admin", "add", "ann");
  const hers = await visit(server, { as: ann });
  await button(hers, "New room").click();
  await hers.getByLabel("Name", { exact: true }).fill("general");
  await hers.getByLabel(/^People to add/).fill("bob");
  await button(hers, "Make the room").click();
  await say(hers, "welcome");

  const his = await visit(server, { as: bob, path: "/room/nowhere" });
  await his.getByText("There is no such room").waitFor();
  for (const name of ["Make it", "New room"]) await button(his, name).waitFor({ state: "detached" });
  await his.getByRole("link", { name: /^general/ }).click();
  await say(his, "thanks");
  for (const [page, count] of [[hers, 1], [his, 0]]) {
    await button(page, "Members").click();
    const panel = page.getByRole("dialog", { name: "Members" });
    await panel.getByText("ann", { exact: true }).waitFor();
    assert.equal(await panel.getByRole("button", { name: /^Write to/ }).count(), count);
    await button(panel, "Close").click();
  }
  await call(server.origin, ann.accessToken, `mutation { openDirectRoom(users: ["bob"]) { id } }`);
  await his.reload();
  await his.getByRole("link", { name: /^ann/ }).click();
  await say(his, "between us");
  await answered(his, "between us").waitFor();
});
