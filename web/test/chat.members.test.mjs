// Rooms for some: who is in them, how people come in and go, and what each of them is offered.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, mortal, signUp } from "./mortal.mjs";
import { answered, box, eventually, live, room, row, say, visit } from "./people.mjs";
import { patient } from "../clients/testing/rounds.mjs";

const narrow = { viewport: { width: 360, height: 740 } };

const link = (page, name) => page.getByRole("link", { name });
const button = (page, name) => page.getByRole("button", { name, exact: true });
const members = async (page) => {
  await button(page, "Members").click();
  return page.getByRole("dialog", { name: "Members" });
};

async function make(page, name, { people = "", isPrivate = true } = {}) {
  await button(page, "New room").click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel(/^People to add/).fill(people);
  if (isPrivate) await page.getByRole("checkbox", { name: /^Private/ }).check();
  await button(page, "Make the room").click();
  await page.getByRole("textbox", { name: `Write to ${name}`, exact: true }).waitFor(); // and not that of the room before
}

test("a private room: who is added has it at once, who is removed has it no more", patient, async (t) => {
  const server = await mortal(t);
  const [ann, bob] = await Promise.all(["ann", "bob"].map((name) => signUp(server.origin, name)));
  const hers = await visit(server, { as: ann });
  const his = await visit(server, { as: bob });
  await Promise.all([live(hers), live(his)]);
  await his.getByText("You are in no room yet.").waitFor();

  await make(hers, "nobody's", { isPrivate: false });
  await button(hers, "New room").click();
  await hers.getByLabel("Name", { exact: true }).fill("secret");
  await hers.getByLabel(/^People to add/).fill("bob, nobody");
  await button(hers, "Make the room").click();
  await hers.getByText("One of these people has no account here.").waitFor();
  await hers.keyboard.press("Escape");
  await make(hers, "secret", { people: "bob" });
  await say(hers, "just us");

  await link(his, /^secret.*ann: just us/s).click();
  await row(his, "just us").waitFor();
  assert.equal(await link(his, /^nobody's/).count(), 0, "a room that he is not in is in his list");
  await say(his, "hello");
  await Promise.all([row(hers, "hello").waitFor(), answered(his, "hello").waitFor()]);
  assert.deepEqual(await his.getByRole("button", { name: /^(Delete this|Remove|Add)/ }).filter({ visible: true }).allInnerTexts(), [""]); // of his own chat

  let panel = await members(his);
  await panel.getByText("Owner").waitFor();
  assert.equal(await panel.getByRole("button", { name: /^(Remove|Add|Link)/ }).count(), 0);
  assert.equal(await panel.getByRole("combobox").count(), 0);
  await button(panel, "Close").click();
  await box(his).fill("not sent yet");

  panel = await members(hers);
  await panel.getByLabel("Role of bob").selectOption("ADMIN");
  await his.getByRole("button", { name: "Delete this chat" }).nth(1).waitFor({ state: "attached" }); // hers as well
  await panel.getByLabel("Role of bob").selectOption("MEMBER");
  await eventually(() => his.getByRole("button", { name: "Delete this chat" }).count(), 1);
  await button(panel, "Remove bob").click();
  await his.getByRole("heading", { name: "You were removed from this room" }).waitFor();
  await eventually(() => link(his, /^secret/).count(), 0);
  await his.locator("blockquote").getByText("not sent yet").waitFor();
  await eventually(() => panel.locator(".member").count(), 1);
  await his.reload();
  await his.getByText("There is no such room").waitFor();

  await panel.getByLabel(/^Add somebody/).fill("bob");
  await button(panel, "Add").click();
  await link(his, /^secret/).click();
  await row(his, "just us").waitFor();
  panel = await members(his);
  await button(panel, "Leave the room").click();
  await eventually(() => link(his, /^secret/).count(), 0);
  await his.getByRole("heading", { name: "Choose a room" }).waitFor();
});

test("public rooms are browsed and joined, and left", patient, async (t) => {
  const server = await mortal(t);
  const [, bob] = await room(server.origin, "ann", "bob");
  const his = await visit(server, { as: bob, options: narrow });
  await his.getByText("You are in no room yet.").waitFor();
  await link(his, "Browse public rooms").first().click();
  await his.getByText("1 member", { exact: true }).waitFor();
  await button(his, "Join general").click();
  await his.getByText("joined", { exact: true }).waitFor();
  await link(his, "general").filter({ visible: true }).click();
  await box(his).waitFor();
  assert.equal(await button(his, "Join general").count(), 0);
  const panel = await members(his);
  await button(panel, "Leave the room").click();
  await his.getByText("You are in no room yet.").waitFor();

  await his.getByRole("searchbox", { name: "Find a room" }).fill("gen");
  await link(his, /^general/).filter({ visible: true }).click();
  await button(his, "Join general").click();
  await eventually(() => button(his, "Join general").count(), 0);
  await link(his, "Back to the rooms").click();
  await his.getByRole("searchbox", { name: "Find a room" }).fill("");
  await link(his, /^general/).filter({ visible: true }).waitFor();
});

test("a link lets somebody in, also who has no account yet", patient, async (t) => {
  const server = await mortal(t);
  const ann = await signUp(server.origin, "ann");
  const hers = await visit(server, { as: ann });
  await make(hers, "by invitation");
  const panel = await members(hers);
  await button(panel, "Link for one person").click();
  const address = await panel.getByLabel("For one person").inputValue();
  assert.match(address, /\/join#[a-z0-9]+$/i);

  const path = address.slice(server.origin.length);
  const his = await visit(server, { path });
  await button(his, "Create one").click();
  await his.getByLabel("Username").fill("bob");
  await his.getByLabel("Password").fill("correct horse battery");
  await button(his, "Create an account").click();
  await button(his, "Join the room").click();
  await box(his).waitFor();
  await link(his, /^by invitation/).waitFor();
  await panel.getByText("bob", { exact: true }).waitFor();
  const code = path.split("#")[1];
  assert.deepEqual(his.all.flatMap(({ requests }) => requests).filter((url) => new URL(url).pathname.includes(code)), []);

  const late = await visit(server, { path, as: await signUp(server.origin, "eve") });
  await button(late, "Join the room").click();
  await late.getByText("This invite has ended").waitFor();
});

test("a conversation is opened from a person's name", patient, async (t) => {
  const server = await mortal(t);
  const [ann, bob] = await room(server.origin, "ann", "bob");
  const hers = await visit(server, { as: ann, path: "/room/general" });
  const his = await visit(server, { as: bob, path: "/room/general" });
  await Promise.all([live(hers), live(his)]);
  await say(hers, "anybody here?");
  await button(his, "ann").click();
  await button(his, "Write to ann alone").click();
  await his.getByRole("heading", { level: 1, name: "ann", exact: true }).waitFor();
  await his.getByRole("textbox", { name: "Write to ann", exact: true }).waitFor();
  await say(his, "only me");
  await link(hers, /^bob.*bob: only me/s).click();
  await row(hers, "only me").waitFor();
  const panel = await members(hers);
  await panel.getByText("bob", { exact: true }).waitFor();
  assert.equal(await panel.getByRole("button").count(), 1, "more than Close is offered");
});

test("who is added while the server is busy has the room a little later", patient, async (t) => {
  const server = await mortal(t);
  const [ann, bob] = await room(server.origin, "ann", "bob");
  const his = await visit(server, { as: bob });
  const busy = { errors: [{ message: "busy", extensions: { code: "SERVER_BUSY", retryable: true } }] };
  let added = false;
  let refused = 0;
  await his.route("**/graphql", async (route) => {
    if (!route.request().postData()?.includes("query Rooms")) return route.fallback();
    const response = await route.fetch(); // one that was asked for before may be answered behind it
    return added && refused++ < 2 ? route.fulfill({ json: busy }) : route.fulfill({ response });
  });
  await his.reload();
  await live(his);
  await his.getByText("You are in no room yet.").waitFor();
  added = true;
  await call(server.origin, ann.accessToken, 'mutation { addMember(room: "general", user: "bob") { id } }');
  await link(his, /^general/).waitFor();
  assert.ok(refused > 2, `it was answered ${refused} times`);
});

test("who is removed from a public room is told, and reads on", patient, async (t) => {
  const server = await mortal(t);
  const [ann, bob] = await room(server.origin, "ann", "bob");
  await call(server.origin, bob.accessToken, 'mutation { joinRoom(room: "general") { id } }');
  const his = await visit(server, { as: bob, path: "/room/general" });
  await live(his);
  await box(his).waitFor();
  // A busy server does not say what he may do now, until it is asked again.
  const busy = { errors: [{ message: "busy", extensions: { code: "SERVER_BUSY", retryable: true } }] };
  let asked = 0;
  await his.route("**/graphql", (route) =>
    route.request().postData()?.includes("RoomStanding") && !asked++ ? route.fulfill({ json: busy }) : route.fallback(),
  );
  await call(server.origin, ann.accessToken, 'mutation { removeMember(room: "general", user: "bob") }');
  await his.getByText("You were removed from this room.").waitFor();
  assert.ok(asked >= 2, `it was asked for ${asked} times`);
  await button(his, "Join general").click();
  await eventually(() => his.getByText("You were removed from this room.").count(), 0);
});

test("who may not write in a room is told so, and who is banned from it", patient, async (t) => {
  const server = await mortal(t);
  const [ann, bob] = await room(server.origin, "ann", "bob");
  const his = await visit(server, { as: bob, path: "/room/general" });
  await live(his);
  await box(his).waitFor();
  await call(server.origin, ann.accessToken, 'mutation { updateRoom(room: "general", sendRole: ADMIN) { id } }');
  await his.getByText("Only admins and owners write here.").waitFor();
  assert.equal(await box(his).count(), 0);
  await call(server.origin, ann.accessToken, 'mutation { banMember(room: "general", user: "bob") { createdAt } }');
  await his.getByText("You were banned from this room.").waitFor();
});
