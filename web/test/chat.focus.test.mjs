// The focus never falls to the page, and sizes and keys are those that people have.
import assert from "node:assert/strict";
import { test } from "node:test";
import { mortal, send } from "./mortal.mjs";
import { box, eventually, fast, live, login, room, row, say, texts, visit } from "./people.mjs";
import { launch, watch } from "./browser.mjs";
import { patient } from "../clients/testing/rounds.mjs";

// Notes each frame in which nothing has the focus, once something had it.
function watchFocus() {
  globalThis.fallen = [];
  let last;
  const look = () => {
    const at = document.activeElement;
    if (at && at !== document.body && document.contains(at)) last = at.outerHTML.slice(0, 120);
    else if (last && document.hasFocus()) {
      globalThis.fallen.push(`after ${last}`);
      last = undefined;
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

// Two frames later what was done has been shown.
const settled = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done)))));

const focused = async (page) => {
  await settled(page);
  return page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent);
};

async function stands(page) {
  await settled(page);
  assert.deepEqual(await page.evaluate(() => globalThis.fallen), []);
}

test("whatever goes while it has the focus gives it to what is nearest", patient, async (t) => {
  const server = await mortal(t, fast);
  const [as] = await room(server.origin, "ann");
  await send(server.origin, as.accessToken, "general", ["one", "two", "three"]);
  const page = await visit(server, { as, path: "/room/general", prepare: watchFocus, troubled: true });
  await live(page);
  await eventually(() => focused(page), "Write to general");

  // Dialogs give it back, however they are closed.
  for (const close of ["Cancel", "Escape"]) {
    await page.getByRole("button", { name: "New room" }).click();
    if (close === "Escape") await page.keyboard.press("Escape");
    else await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await eventually(() => focused(page), "New room");
  }

  // A deleted chat gives it to the next one's buttons, the end of an edit to the box.
  await row(page, "two").getByRole("button", { name: "Delete this chat" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("This chat was deleted.").waitFor();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await eventually(() => page.evaluate(() => document.activeElement.closest(".chat")?.querySelector(".text").textContent), "three");
  for (const end of ["Escape", "Enter", "Cancel"]) {
    await row(page, "three").getByRole("button", { name: "Edit this chat" }).focus();
    await page.keyboard.press("Enter");
    await eventually(() => focused(page), "Your chat");
    if (end === "Cancel") await page.getByRole("button", { name: "Cancel" }).click();
    else await page.keyboard.press(end);
    await eventually(() => focused(page), "Write to general");
  }
  await stands(page);

  // What waits and is discarded; what was refused and is tried again.
  await server.kill();
  for (const text of ["four", "five"]) await say(page, text);
  await row(page, "four").getByRole("button", { name: "Discard" }).click();
  await row(page, "four").waitFor({ state: "detached" });
  await eventually(() => page.evaluate(() => document.activeElement.closest(".chat")?.querySelector(".text").textContent), "five");
  await server.start();
  await eventually(() => page.locator('.chat[data-state="waiting"]').count(), 0);
  await stands(page);

  // A row that is scrolled away.
  await send(server.origin, as.accessToken, "general", Array.from({ length: 60 }, (_, i) => `chat ${i}`));
  await row(page, "chat 59").getByRole("button", { name: "Edit this chat" }).focus();
  await page.evaluate(async () => {
    const list = document.querySelector(".list");
    while (list.scrollTop > 0) {
      list.scrollBy(0, -300);
      await new Promise(requestAnimationFrame);
    }
  });
  await row(page, "chat 59").waitFor({ state: "detached" });
  await stands(page);
});

test("signing in, ending sessions and deleting a room leave the focus on the page's next thing", patient, async (t) => {
  const server = await mortal(t, fast);
  await room(server.origin, "ann");
  const page = await visit(server, { prepare: watchFocus });
  await eventually(() => page.evaluate(() => document.activeElement.name), "username");
  await page.getByLabel("Username").fill("ann");
  await page.getByLabel("Password").fill("wrong, surely");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  await eventually(() => focused(page), "Sign in");
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: /general/ }).waitFor();
  await stands(page);

  await page.getByRole("button", { name: "New room" }).click();
  await page.getByLabel("Name", { exact: true }).fill("general");
  await page.getByRole("button", { name: "Make the room" }).click();
  await page.getByText("There is a room of this name.").waitFor();
  await stands(page);
  await page.getByLabel("Name", { exact: true }).fill("mine");
  await page.getByRole("button", { name: "Make the room" }).click();
  await eventually(() => focused(page), "Write to mine");
  await page.getByRole("button", { name: "Delete this room" }).click();
  await page.getByRole("button", { name: "Delete the room" }).click();
  await page.getByRole("heading", { name: "Choose a room" }).waitFor();
  await eventually(() => focused(page), "Choose a room");

  await login(server.origin, "ann"); // the third, with who made the account
  await page.getByRole("link", { name: "Your sign-ins" }).click();
  await eventually(() => page.locator(".session").count(), 3);
  await page.getByRole("button", { name: /^End this one/ }).first().click();
  await eventually(() => page.locator(".session").count(), 2);
  await eventually(async () => /^(End this one|Sign out here)/.test(await focused(page)), true);
  await page.getByRole("button", { name: "End all others" }).click();
  await eventually(() => page.locator(".session").count(), 1);
  await stands(page);
});

const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

test("on a phone a room that opens has the focus, Enter breaks the line, and the button sends", patient, async (t) => {
  const server = await mortal(t);
  const [as] = await room(server.origin, "ann");
  const page = await visit(server, { as, options: phone, prepare: watchFocus });
  await page.getByRole("link", { name: /general/ }).tap();
  await box(page).waitFor();
  await eventually(() => focused(page), "general");
  await box(page).tap();
  await page.keyboard.type("one");
  await page.keyboard.press("Enter");
  await page.keyboard.type("two");
  assert.equal(await box(page).inputValue(), "one\ntwo");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Send" }).tap();
  await eventually(() => texts(page), ["one\ntwo"]);
  await box(page).focus();
  await page.keyboard.press("ArrowUp");
  await page.getByRole("button", { name: "Cancel" }).tap();
  await page.getByRole("link", { name: "Back to the rooms" }).tap();
  await eventually(async () => (await focused(page)).startsWith("general"), true);
  await stands(page);
});

test("every size follows the one that is set in the browser", patient, async (t) => {
  const server = await mortal(t);
  const chosen = await launch("--blink-settings=defaultFontSize=24");
  t.after(() => chosen.close());
  const { page } = await watch(await chosen.newPage());
  await page.goto(server.origin);
  const size = (selector) => page.locator(selector).evaluate((element) => getComputedStyle(element).fontSize);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await size("html"), "24px");
  assert.equal(await size("h1"), "36px");
});
