// People in browsers of their own, at the chat of one server.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launch, watch } from "./browser.mjs";
import { call, log, signUp } from "./mortal.mjs";
import { PATIENCE } from "../clients/testing/rounds.mjs";

/** fast are the settings of a server that lets people send as fast as they can. */
export const fast = { PARLEY_SEND_RATE: "0", PARLEY_ROOM_SEND_RATE: "0" };

const wide = { viewport: { width: 1440, height: 900 } };

/** tall is a window in which a list of some dozens of chats is rendered whole. */
export const tall = { viewport: { width: 1440, height: 6000 } };

export let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/**
 * visit opens a page in a browser that nobody else has, signed in as somebody if that is given. What it
 * complained about and where it went is judged before the server ends; one that is `troubled` may say
 * that the server did not answer, or was going down. `all` are its tabs, `another` opens one.
 */
export async function visit({ origin, last }, { options = wide, as, path = "/", troubled = false, prepare } = {}) {
  const context = await browser.newContext(options);
  if (as) await context.addInitScript(keep, { ...as.user, refreshToken: as.refreshToken });
  if (prepare) await context.addInitScript(prepare);
  const page = await tab(context, origin, path);
  last.push(async () => {
    await context.close();
    const { host } = new URL(origin);
    for (const seen of page.all) {
      const went = [...seen.requests, ...seen.sockets.map(({ url }) => url)];
      assert.deepEqual(went.filter((address) => new URL(address).host !== host), [], "requests that left the origin");
      const complaints = seen.complaints.filter((text) => !troubled || !/net::ERR_|WebSocket connection to|status of 503/.test(text));
      assert.deepEqual(complaints, [], "errors and warnings in the console");
    }
  });
  return page;
}

async function tab(context, origin, path, all = []) {
  const seen = await watch(await context.newPage());
  await seen.page.goto(origin + path);
  all.push(seen);
  return Object.assign(seen.page, { all, another: (at) => tab(context, origin, at, all) });
}

// A sign-in that a browser has kept. It is put there once, not at each load.
function keep(stored) {
  if (location.protocol === "about:") return;
  if (!localStorage.getItem("test.kept")) localStorage.setItem("parley.session", JSON.stringify(stored));
  localStorage.setItem("test.kept", "yes");
}

/** room makes people and a room "general", and returns their tokens. */
export async function room(origin, ...names) {
  const people = await Promise.all(names.map((name) => signUp(origin, name)));
  await call(origin, people[0].accessToken, `mutation { createRoom(name: "general", topic: "Everything") { id } }`);
  return people;
}

/** login begins another session of somebody. */
export async function login(origin, username) {
  const query = `mutation ($username: String!) {
    login(username: $username, password: "correct horse battery") { accessToken refreshToken user { id username } }
  }`;
  return (await call(origin, undefined, query, { username })).login;
}

/** deaf prepares a page that hears nothing of what happens: it reads and sends. */
export function deaf() {
  const Heard = WebSocket;
  globalThis.WebSocket = class extends Heard {
    constructor(url, protocols) {
      super(`${url}/nowhere`, protocols);
    }
  };
}

/** box is where one writes, row the chat with a text, texts all that are rendered, oldest first. */
export const box = (page) => page.getByRole("textbox", { name: /^Write to/ });
export const row = (page, text) => page.locator(".chat", { has: page.locator(".text", { hasText: text }) });
export const texts = (page) => page.locator(".list .text").allInnerTexts();

/** answered is the chat with a text once the server has it: until then one that is changed is sent changed, and one that is discarded never. */
export const answered = (page, text) => row(page, text).and(page.locator(".chat:not([data-state])"));

/** live waits until the page says that it is. */
export const live = (page) => page.locator('.line[data-link="live"]:visible').waitFor();

/** ready waits until a page is live and its room can be written in: it has all that it shows without the server. */
export const ready = (page) => Promise.all([live(page), box(page).waitFor()]);

/** say writes a chat and sends it. */
export async function say(page, text) {
  await box(page).fill(text);
  await box(page).press("Enter");
}

/** edit is the box while one's chat is changed, waiting the chats that wait for the server, kept what the browser keeps of them. */
export const edit = (page) => page.getByRole("textbox", { name: "Your chat" });
export const waiting = (page) => page.locator('.chat[data-state="waiting"]').filter({ hasText: "Waiting to be sent" });
export const kept = (page) => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("parley.kept.")));

/** stored are the texts of the room "general" as the server has them. */
export const stored = async (server, as) => (await log(server.origin, as.accessToken, "general")).map(({ text }) => text);

/** sends says whether a request that is routed sends a chat; cutOff lets none of those reach the server. */
export const sends = (route) => route.request().postData()?.includes("sendChat(");
export const cutOff = (page) => page.route("**/graphql", (route) => (sends(route) ? route.abort() : route.continue()));

/** eventually waits until what there is is as it should be. */
export async function eventually(look, want, ms = PATIENCE) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await look();
    try {
      return assert.deepEqual(got, want);
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
