// What people are called: their names, and what tells those of one name, bots and people apart.
import assert from "node:assert/strict";
import { test } from "node:test";
import { uuid } from "../clients/chats.mjs";
import { judge } from "./axe.mjs";
import { call, mortal, send, signUp } from "./mortal.mjs";
import { box, eventually, fast, live, ready, room, row, say, visit } from "./people.mjs";
import { patient } from "../clients/testing/rounds.mjs";

const button = (page, name) => page.getByRole("button", { name, exact: true });
const link = (page, name) => page.getByRole("link", { name });
const act = (server, { accessToken }, fields, variables, types = "") => call(server.origin, accessToken, `mutation ${types} { ${fields} }`, variables);
const rename = (server, as, name) => act(server, as, "updateMe(name: $name) { id }", { name }, "($name: String)");
const join = (server, as) => act(server, as, 'joinRoom(room: "general") { id }');

/** heads are the names above the chats, as they are shown. */
const heads = (page) => page.locator(".chat[data-head] .chat-name").allInnerTexts();

/** crew is a room with two people of one name, a bot with a picture that lies elsewhere, and one who reads. */
async function crew(t) {
  const server = await mortal(t, { ...fast, PARLEY_MUTATION_RATE: "0" });
  const [ann, bob, carl] = await room(server.origin, "ann", "bob", "carl");
  await Promise.all([rename(server, ann, "Ann Lee"), rename(server, bob, "Ann Lee"), join(server, bob), join(server, carl)]);
  await server.shell("admin", "add", "ann");
  const make = 'createBot(username: "weather", name: "Weather", image: "https://example.org/w.png") { token bot { id } }';
  let made;
  await eventually(async () => {
    const { serverRole } = (await call(server.origin, ann.accessToken, "{ me { serverRole } }")).me;
    if (serverRole === "ADMIN") ({ createBot: made } = await act(server, ann, make));
    return made !== undefined;
  }, true);
  const bot = { accessToken: made.token };
  await join(server, bot);
  return { server, ann, bob, carl, bot };
}

test("people are shown by their names, two of one name with their usernames, and bots as what they are", patient, async (t) => {
  const { server, ann, bob, carl, bot } = await crew(t);
  const dan = await signUp(server.origin, "dan");
  await send(server.origin, dan.accessToken, "general", ["I am gone"]);
  await rename(server, dan, "Daniel");
  await send(server.origin, ann.accessToken, "general", ["one"]);
  await send(server.origin, bot.accessToken, "general", ["rain"]);

  const his = await visit(server, { as: carl, path: "/room/general" });
  await ready(his);
  // Of the other Ann Lee, who has said nothing yet, the list of members tells.
  await eventually(() => heads(his), ["Daniel", "Ann Lee @ann", "Weather bot"]);
  await link(his, /^general.*Weather bot: rain/s).waitFor();
  await send(server.origin, bob.accessToken, "general", ["two"]);
  await row(his, "two").waitFor();
  await eventually(() => heads(his), ["Daniel", "Ann Lee @ann", "Weather bot", "Ann Lee @bob"]);
  await his.getByRole("log").getByText("Ann Lee (@bob): two").waitFor();

  // Quotes, reactions and who is typing.
  const [, one] = (await call(server.origin, bob.accessToken, '{ chats(room: "general") { nodes { id } } }')).chats.nodes;
  await act(server, bot, 'sendChat(room: "general", text: "hail", replyTo: $id) { id }', one, "($id: ID!)");
  await act(server, bob, 'react(chat: $id, emoji: "👍") { id }', one, "($id: ID!)");
  await act(server, bot, 'react(chat: $id, emoji: "👍") { id }', one, "($id: ID!)");
  await button(his, "👍 by Ann Lee (@bob) and Weather (bot)").waitFor();
  assert.equal((await row(his, "hail").locator(".quote").innerText()).replace(/\s+/g, " ").trim(), "Answers Ann Lee @ann : one");
  await eventually(async () => {
    await act(server, bot, 'setTyping(room: "general") { id }');
    return his.locator(".typing").innerText();
  }, "Weather bot is typing…");

  // Who is gone is called what they were called when they wrote.
  await act(server, dan, 'deleteAccount(password: "correct horse battery")');
  await his.reload();
  await row(his, "I am gone").waitFor();
  await eventually(async () => (await heads(his))[0], "dan");
});

test("members and a person's dialog have the username beside the name, and say who is a bot and who is disabled", patient, async (t) => {
  const { server, ann, carl } = await crew(t);
  await rename(server, carl, "Carl");
  await act(server, ann, 'disableUser(user: "bob") { id }');
  await send(server.origin, carl.accessToken, "general", ["hello"]);
  const hers = await visit(server, { as: ann, path: "/room/general" });
  await ready(hers);
  await button(hers, "Members").click();
  const panel = hers.getByRole("dialog", { name: "Members" });
  const listed = () => panel.locator(".member-name").allInnerTexts();
  await eventually(listed, ["Ann Lee @ann", "Ann Lee @bob disabled", "Carl @carl", "Weather @weather bot"]);
  for (const name of ["Remove Carl (@carl)", "Write to Weather (@weather, bot) alone", "Write to Ann Lee (@bob) alone"]) await button(panel, name).waitFor();
  await panel.getByRole("combobox", { name: "Role of Carl (@carl)" }).waitFor();
  await hers.keyboard.press("Escape");

  await button(hers, "Carl").click();
  const dialog = hers.getByRole("dialog", { name: "Carl", exact: true });
  await dialog.getByText("@carl").waitFor();
  await button(dialog, "Write to Carl (@carl) alone").click();
  // A new conversation says whom it is with.
  await hers.getByRole("heading", { level: 1, name: "Carl", exact: true }).waitFor();
  await hers.getByRole("heading", { level: 2, name: "Carl (@carl)", exact: true }).waitFor();
  await box(hers).and(hers.getByRole("textbox", { name: "Write to Carl", exact: true })).waitFor();
  await say(hers, "just us");
  const his = await visit(server, { as: carl });
  await link(his, /^Ann Lee.*Ann Lee: just us/s).waitFor();
});

test("one changes one's own name, and is told what it cannot be", patient, async (t) => {
  const server = await mortal(t, fast);
  const [ann, bob] = await room(server.origin, "ann", "bob");
  const hers = await visit(server, { as: ann, path: "/room/general" });
  const his = await visit(server, { as: bob, path: "/room/general" });
  await Promise.all([live(hers), live(his)]);
  await say(hers, "before");
  await row(his, "before").waitFor();
  await button(hers, "ann").click();
  const dialog = hers.getByRole("dialog", { name: "Your name" });
  const field = dialog.getByLabel(/^What you are called/);
  for (const [typed, problem] of [
    ["a\u202Eb", "Your name cannot hold characters that are not seen"],
    ["a\u200Db", "Your name cannot hold characters that are not seen"],
    ["x".repeat(65), "Your name has at most 64 characters."],
  ]) {
    await field.fill(typed);
    await button(dialog, "Save").click();
    await dialog.getByRole("alert").getByText(problem).waitFor();
  }
  await field.fill("  Ann Lee ❤️ ");
  await button(dialog, "Save").click();
  await dialog.waitFor({ state: "detached" });
  await eventually(() => heads(hers), ["Ann Lee ❤"]);
  await button(hers, "Ann Lee ❤").waitFor();
  assert.deepEqual(await heads(his), ["ann"]);
  await say(hers, "after");
  await row(his, "after").waitFor();
  await eventually(() => heads(his), ["Ann Lee ❤"]); // which the chat has told
  await his.reload();
  await row(his, "after").waitFor();
  assert.deepEqual(await heads(his), ["Ann Lee ❤"]);

  await button(hers, "Ann Lee ❤").click();
  assert.equal(await field.inputValue(), "Ann Lee ❤");
  await field.fill(" ");
  await button(dialog, "Save").click();
  await button(hers, "ann").waitFor();
  assert.deepEqual(await heads(hers), ["ann"]);
});

test("where more are in a room than are known everybody is shown with their username", patient, async (t) => {
  const { server, ann, carl } = await crew(t);
  const usernames = Array.from({ length: 200 }, (_, i) => `bot${i}`);
  for (let i = 0; i < usernames.length; i += 10) {
    await act(server, ann, usernames.slice(i, i + 10).map((username) => `${username}: createBot(username: "${username}", id: "${uuid()}") { bot { id } }`).join(" "));
  }
  await act(server, ann, 'createRoom(name: "many", members: $members) { id }', { members: ["carl", ...usernames.slice(101)] }, "($members: [ID!])");
  await act(server, ann, 'sendChat(room: "many", text: "hello") { id }');
  await rename(server, ann, "Ann of many");
  const his = await visit(server, { as: carl, path: "/room/many" });
  await ready(his);
  await eventually(() => heads(his), ["Ann of many"]);
  for (let i = 0; i < 101; i += 10) {
    const some = usernames.slice(i, Math.min(i + 10, 101));
    await act(server, ann, some.map((username) => `${username}: addMember(room: "many", user: "${username}") { id }`).join(" "));
  }
  await his.reload();
  await ready(his);
  await eventually(() => heads(his), ["Ann of many @ann"]);
  await button(his, "Members").click();
  await his.getByText("And others: 202 are in the room.").waitFor();
});

const names = { sara: "سارة العلي", long: "Maximiliana Friederike von und zu Hohenstein-Waldeck, die Ältere", zalgo: `Z${"\u0301".repeat(29)}`, smile: "🎈🎈" };

for (const [colorScheme, width] of [
  ["light", 360],
  ["dark", 360],
  ["light", 1280],
  ["dark", 1280],
]) {
  test(`names of all kinds stay in their place, ${colorScheme}, ${width} px`, patient, async (t) => {
    const { server, ann, bob, carl, bot } = await crew(t);
    const others = await Promise.all(Object.keys(names).map((name) => signUp(server.origin, name)));
    for (const [i, name] of Object.values(names).entries()) await rename(server, others[i], name);
    for (const as of [ann, bob, bot, ...others]) await send(server.origin, as.accessToken, "general", ["Some words. ".repeat(3)]);
    const [first] = (await call(server.origin, bob.accessToken, '{ chats(room: "general", first: 5) { nodes { id } } }')).chats.nodes.slice(4);
    await act(server, others[0], 'sendChat(room: "general", text: "نعم", replyTo: $id) { id }', first, "($id: ID!)");
    await act(server, others[1], 'openDirectRoom(users: ["carl"]) { id }');
    await act(server, others[0], 'openDirectRoom(users: ["carl", "smile"]) { id }');
    const page = await visit(server, { as: carl, path: "/room/general", options: { colorScheme, viewport: { width, height: 900 } } });
    await ready(page);
    await eventually(async () => (await heads(page)).includes("Ann Lee @bob"), true);
    await picture(page, `room-${colorScheme}-${width}`);
    const sticksOut = () =>
      page.evaluate(() => [...document.querySelectorAll(".chat, .sidebar, .room-top, dialog[open], .member")].filter((one) => one.scrollWidth > one.clientWidth + 1).map(({ className }) => className));
    assert.deepEqual(await sticksOut(), []);
    await button(page, "Members").click();
    await page.locator(".member-name").nth(7).waitFor();
    await picture(page, `members-${colorScheme}-${width}`);
    assert.deepEqual(await sticksOut(), []);
    await page.keyboard.press("Escape");
    await page.locator("button.chat-name", { hasText: "Maximiliana" }).first().click();
    await button(page, "Block").waitFor();
    await picture(page, `person-${colorScheme}-${width}`);
    assert.deepEqual(await sticksOut(), []);
    await page.keyboard.press("Escape");
    if (width < 500) await link(page, "Back to the rooms").click();
    await link(page, /Maximiliana/).waitFor();
    await picture(page, `rooms-${colorScheme}-${width}`);
    assert.deepEqual(await sticksOut(), []);
    await button(page, "carl").click();
    await picture(page, `mine-${colorScheme}-${width}`);
  });
}

// What is judged can be looked at where SHOTS names a folder.
async function picture(page, name) {
  await judge(page, name);
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
}
