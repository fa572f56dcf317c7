import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "./axe.mjs";
import { call, mortal, send, signUp } from "./mortal.mjs";
import { answered, box, eventually, fast, live, login, room, row, say, texts, visit } from "./people.mjs";
import { patient } from "../clients/testing/rounds.mjs";

test("two people meet, write, change, delete, and leave", patient, async (t) => {
  const server = await mortal(t);
  const ann = await visit(server);
  await enter(ann, "Sign in", "ann", "correct horse battery");
  await ann.getByText("Wrong username or password.").waitFor();
  await ann.getByRole("button", { name: "Create one" }).click();
  await enter(ann, "Create an account", "an", "correct horse battery");
  await ann.getByText("A username has 3 to 32 characters.").waitFor();
  await enter(ann, "Create an account", "ann", "password");
  await ann.getByText("Everybody tries this password.").waitFor();
  await enter(ann, "Create an account", "ann", "correct horse battery");

  await ann.getByText("You are in no room yet.").waitFor();
  await ann.getByRole("button", { name: "New room" }).click();
  await ann.getByLabel("Name", { exact: true }).fill("general");
  await ann.getByRole("button", { name: "Make the room" }).click();
  await say(ann, "hello");

  const bob = await visit(server, { options: { viewport: { width: 360, height: 740 } } });
  await bob.getByRole("button", { name: "Create one" }).click();
  await enter(bob, "Create an account", "ANN", "correct horse battery");
  await bob.getByText("Somebody has this username.").waitFor();
  await enter(bob, "Create an account", "bob", "correct horse battery");
  await bob.getByRole("searchbox", { name: "Find a room" }).fill("gen");
  await bob.getByRole("link", { name: /general.*ann: hello/s }).click();
  await row(bob, "hello").waitFor();
  await say(bob, "hi ann\nhow are you?");
  await row(ann, "how are you?").waitFor();
  await ann.getByRole("link", { name: /bob: hi ann/ }).waitFor();
  await ann.getByRole("log").getByText("bob: hi ann").waitFor({ state: "attached" });

  await row(bob, "hi ann").hover();
  await bob.getByRole("button", { name: "Edit this chat" }).click();
  await bob.getByRole("textbox", { name: "Your chat" }).fill("hi ann");
  await bob.keyboard.press("Enter");
  await ann.getByText("hi ann (edited)").waitFor();
  await row(bob, "hi ann").hover();
  await bob.getByRole("button", { name: "Delete this chat" }).click();
  await bob.getByRole("button", { name: "Delete", exact: true }).click();
  await ann.getByText("This chat was deleted.").waitFor();

  await ann.reload();
  await row(ann, "hello").waitFor();
  await ann.getByRole("button", { name: "Delete this room" }).click();
  await ann.getByRole("button", { name: "Delete the room" }).click();
  await ann.getByText("You are in no room yet.").waitFor();
  await bob.getByText("This room was deleted").waitFor();

  await ann.getByRole("button", { name: "Sign out" }).click();
  await ann.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await ann.evaluate(() => localStorage.length), 0);
});

async function enter(page, button, username, password) {
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: button }).click();
}

test("one's sessions are listed and ended", patient, async (t) => {
  const server = await mortal(t);
  const { origin } = server;
  const [ann] = await room(origin, "ann");
  const here = await visit(server, { as: ann, path: "/sessions" });
  const there = [];
  for (let i = 0; i < 3; i++) there.push(await visit(server, { as: await login(origin, "ann"), path: "/room/general" }));
  await Promise.all(there.map(live));
  await here.reload();

  await here.getByRole("button", { name: /^End this one/ }).first().click();
  await here.waitForFunction(() => document.querySelectorAll(".session").length === 3);
  await here.getByRole("button", { name: "End all others" }).click();
  await here.waitForFunction(() => document.querySelectorAll(".session").length === 1);
  for (const page of there) await page.getByText("This sign-in was ended.").waitFor();
  await here.getByRole("link", { name: /general/ }).click();
  await say(here, "still here");
  await row(here, "still here").waitFor();
});

test("hostile names and texts are shown as text, and stay in their place", patient, async (t) => {
  const server = await mortal(t, fast);
  const { origin } = server;
  const [as] = await room(origin, "ann");
  const names = ["<b>bold</b>", "../..%2f", "a/b//c", "קבוצה", "100%", "x".repeat(64), "..", "index.js", "👋 hi", "a\\b"];
  const hostile = [
    `<img src=x onerror="alert(1)"><script>alert(2)</script>`,
    "javascript:alert(3) {{constructor}} ${alert(4)} %s %o",
    `x${"\u0300".repeat(500)} zalgo`,
    "\u202Ereversed\u202D and \u2066isolated",
    "w".repeat(9000),
    "\n".repeat(5000),
    "مرحبا hello שלום",
    "null",
    "👩‍👩‍👧‍👦".repeat(900),
  ];
  const page = await visit(server, { as, options: { viewport: { width: 360, height: 740 } } });
  for (const name of names) {
    await call(origin, as.accessToken, `mutation ($name: String!, $topic: String) { createRoom(name: $name, topic: $topic) { id } }`, {
      name,
      topic: hostile[0],
    });
    await send(origin, as.accessToken, name, hostile);
    await page.goto(origin);
    await page.getByRole("link", { name }).filter({ has: page.getByText(name, { exact: true }) }).click();
    await box(page).waitFor();
    await page.reload();
    await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
    await row(page, "👩‍👩‍👧‍👦").last().waitFor();
  }
  await page.locator(".list").press("Home");
  await row(page, hostile[0]).waitFor();
  const found = await page.evaluate(() => ({
    images: document.querySelectorAll(".list :is(img, script, b)").length,
    sideways: [document.documentElement, document.querySelector(".list")].some((e) => e.scrollWidth > e.clientWidth),
    spilt: [...document.querySelectorAll(".chat")].filter((e) => e.getBoundingClientRect().height > 2000).length,
  }));
  assert.deepEqual(found, { images: 0, sideways: false, spilt: 0 });
  await box(page).fill("a long chat\n".repeat(800));
  const { height } = await box(page).boundingBox();
  assert.ok(height < 300, `the box to write in is ${height} px high`);
});

test("everything can be done with the keyboard", patient, async (t) => {
  const server = await mortal(t);
  const { origin } = server;
  await signUp(origin, "ann");
  const page = await visit(server);
  const { keyboard } = page;
  const type = async (...keys) => {
    for (const key of keys) await (key.length > 1 && /^[A-Z]/.test(key) ? keyboard.press(key) : keyboard.type(key));
  };
  await page.getByLabel("Username").waitFor();
  await type("ann", "Tab", "correct horse battery", "Enter");
  await page.getByRole("button", { name: "New room" }).waitFor();
  await tabTo(page, "New room");
  await type("Enter", "general", "Enter");
  await eventually(() => box(page).evaluate((element) => element === document.activeElement), true);
  await type("first", "Shift+Enter", "line two", "Enter");
  await row(page, "line two").waitFor();
  await type("seccond", "Enter");
  await answered(page, "seccond").waitFor();
  await type("ArrowUp");
  await page.getByRole("textbox", { name: "Your chat" }).waitFor();
  await type("ControlOrMeta+A", "thrown away", "Escape");
  assert.deepEqual(await texts(page), ["first\nline two", "seccond"]);
  await type("ArrowUp", "ControlOrMeta+A", "second", "Enter");
  await eventually(() => texts(page), ["first\nline two", "second (edited)"]);
  await type("ArrowUp", "ControlOrMeta+A", "Backspace", "Enter");
  await page.getByRole("dialog", { name: "Delete this chat?" }).waitFor();
  await type("Enter");
  await eventually(() => texts(page), ["first\nline two", "This chat was deleted."]);
  await tabTo(page, "Your sign-ins");
  await type("Enter");
  await page.getByText("How you stay signed in").waitFor();
  await tabTo(page, "Sign out");
  await type("Enter");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

async function tabTo(page, name) {
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))) === name) return;
  }
  assert.fail(`no Tab comes to "${name}"`);
}

for (const [colorScheme, width] of [
  ["light", 360],
  ["dark", 1440],
]) {
  test(`axe finds nothing, ${colorScheme}, ${width} px`, patient, async (t) => {
    const server = await mortal(t, fast);
  const { origin } = server;
    const [as, bob] = await room(origin, "ann", "bob");
    await call(origin, as.accessToken, `mutation { createRoom(name: "other") { id } }`);
    await send(origin, as.accessToken, "general", ["hello", "a second"]);
    await send(origin, bob.accessToken, "general", ["hi"]);
    const options = { colorScheme, viewport: { width, height: 800 } };
    const stranger = await visit(server, { options });
    await stranger.getByLabel("Password").fill("no");
    await stranger.getByLabel("Username").fill("ann");
    await stranger.keyboard.press("Enter");
    await stranger.getByRole("alert").waitFor();
    await judge(stranger, "sign-in");
    const page = await visit(server, { options, as, troubled: true });
    await page.getByRole("link", { name: /general/ }).waitFor();
    await judge(page, "home");
    await page.getByRole("button", { name: "New room" }).click();
    await judge(page, "new room");
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: /general/ }).click();
    await row(page, "hi").waitFor();
    await row(page, "hello").hover();
    await judge(page, "room");
    await row(page, "hi").hover();
    await row(page, "hi").getByRole("button", { name: "React to this chat" }).click();
    await judge(page, "reacting");
    await page.getByRole("button", { name: "👍" }).click();
    await page.getByRole("button", { name: "👍 by you" }).waitFor();
    await row(page, "hi").hover();
    await row(page, "hi").getByRole("button", { name: "Reply to this chat" }).click();
    await judge(page, "replying");
    await say(page, "hi to you");
    await page.locator(".quote").waitFor();
    const unread = async () => (await call(origin, as.accessToken, `{ room(id: "general") { unreadCount } }`)).room.unreadCount;
    await eventually(unread, 0); // what is shown has been read, before the page is left
    await send(origin, bob.accessToken, "other", ["@ann", "news"]);
    await page.goto(`${origin}/room/other`);
    await page.getByText("New", { exact: true }).waitFor();
    await judge(page, "a room with news");
    await page.goto(origin);
    await send(origin, bob.accessToken, "general", ["@ann", "more news"]);
    await page.getByRole("link", { name: /^general.*@ for you: 1 2 unread/s }).waitFor();
    await judge(page, "home with news");
    await page.goto(`${origin}/room/general`);
    await row(page, "more news").waitFor();
    await judge(page, "a room with a reply, a reaction and news");
    await page.getByRole("button", { name: "Members" }).click();
    await page.getByRole("button", { name: "Link for anybody" }).click();
    await page.getByLabel("For anybody").waitFor();
    await judge(page, "members");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "bob", exact: true }).first().click();
    await page.getByRole("button", { name: "Block", exact: true }).waitFor();
    await judge(page, "person");
    await page.keyboard.press("Escape");
    await box(page).press("ArrowUp");
    await judge(page, "editing");
    await page.keyboard.press("Escape");
    await page.context().setOffline(true);
    await page.getByText("Offline").filter({ visible: true }).waitFor();
    await say(page, "later");
    await page.getByText("Waiting to be sent").waitFor();
    await judge(page, "offline");
    if (width > 1000) {
      await page.getByRole("button", { name: "Sign out" }).click();
      await judge(page, "sign out with something unsent");
      await page.keyboard.press("Escape");
    }
    await page.context().setOffline(false);
    await live(page);
    await eventually(() => page.getByText("Waiting to be sent").count(), 0);
    await page.goto(`${origin}/sessions`);
    await page.getByRole("button", { name: "Sign out here" }).waitFor();
    await judge(page, "sessions");
    await page.goto(`${origin}/browse`);
    await page.getByText("members", { exact: false }).first().waitFor();
    await judge(page, "browse");
    await page.goto(`${origin}/join#none`);
    await page.getByRole("button", { name: "Join the room" }).click();
    await page.getByText("This invite has ended").waitFor();
    await judge(page, "join");
    await page.goto(`${origin}/room/none`);
    await page.getByText("There is no such room").waitFor();
    await judge(page, "no such room");
  });
}
