import assert from "node:assert/strict";
import { test } from "node:test";
import { mortal } from "./mortal.mjs";
import { visit } from "./people.mjs";
import { patient } from "../clients/testing/rounds.mjs";

const button = (page, name) => page.getByRole("button", { name, exact: true });

async function create(page, username) {
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill("correct horse battery");
  await button(page, "Create an account").click();
}

test("where an invite is needed a link lets one person make an account", patient, async (t) => {
  const server = await mortal(t, { PARLEY_REGISTRATION: "invite" });
  const code = await server.shell("invite");

  const hers = await visit(server, { path: `/join#${code}` });
  await button(hers, "Create one").click();
  const invite = hers.getByLabel("Invite");
  await invite.waitFor();
  assert.equal(await invite.inputValue(), code);
  await create(hers, "ann");
  await hers.getByText("You are in no room yet.").waitFor(); // the code is used, and lets into no room
  assert.equal(new URL(hers.url()).pathname + new URL(hers.url()).hash, "/");
  const went = hers.all.flatMap(({ requests }) => requests);
  assert.deepEqual(went.filter((url) => url.includes(code)), []);

  const his = await visit(server, { path: `/join#${code}` });
  await button(his, "Create one").click();
  await his.getByLabel("Invite").waitFor();
  await create(his, "bob");
  await his.getByText("This invite lets nobody make an account here").waitFor();

  await his.getByLabel("Invite").fill(`${(await server.shell("invite")).toLowerCase()} `); // as somebody may have typed it
  await button(his, "Create an account").click();
  await his.getByText("You are in no room yet.").waitFor();
});

test("where nobody may register no account is offered, and who has one signs in", patient, async (t) => {
  const server = await mortal(t, { PARLEY_REGISTRATION: "closed" });
  const [, password] = /password: (.+)/.exec(await server.shell("user", "add", "ann"));
  const page = await visit(server);
  await page.getByText("Whoever runs this server makes one for you.").waitFor();
  assert.equal(await button(page, "Create one").count(), 0);
  await page.getByLabel("Username").fill("ann");
  await page.getByLabel("Password").fill(password);
  await button(page, "Sign in").click();
  await page.getByText("You are in no room yet.").waitFor();
});
