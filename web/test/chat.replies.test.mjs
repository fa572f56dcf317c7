// Chats that answer others: what is shown above them, and that they stay replies whatever becomes of them on their way.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, mortal, send } from "./mortal.mjs";
import { box, edit, eventually, fast, kept, live, ready, room, row, say, texts, visit, waiting } from "./people.mjs";
import { patient } from "../clients/testing/rounds.mjs";

const quote = (page, text) => row(page, text).locator(".quote");
const reply = async (page, text) => {
  await row(page, text).hover();
  await row(page, text).getByRole("button", { name: "Reply to this chat" }).click();
};

/** answers are the texts of "general", each with what it answers. */
const answers = async ({ origin }, { accessToken }) => {
  const query = `{ chats(room: "general", last: 50) { nodes { text replyTo { text } } } }`;
  const { nodes } = (await call(origin, accessToken, query)).chats;
  return nodes.map(({ text, replyTo }) => [text, replyTo && replyTo.text]);
};

test("a reply shows what it answers as that is now, and leads to it", patient, async (t) => {
  const server = await mortal(t, fast);
  const [ann, bob] = await room(server.origin, "ann", "bob");
  await send(server.origin, ann.accessToken, "general", ["where?", ...Array.from({ length: 40 }, (_, i) => `chat ${i}`)]);
  const hers = await visit(server, { as: ann, path: "/room/general" });
  const his = await visit(server, { as: bob, path: "/room/general" });
  await Promise.all([ready(hers), ready(his)]);

  await his.locator(".list").evaluate((list) => list.scrollTo(0, 0));
  await reply(his, "where?");
  await his.getByText("Answering ann: where?").waitFor();
  assert.equal(await box(his).evaluate((element) => element === document.activeElement), true);
  await say(his, "here");
  await eventually(() => his.locator(".composer-mode").count(), 0);
  for (const page of [hers, his]) await eventually(() => quote(page, "here").textContent(), "Answers ann: where?");
  await say(his, "and not a reply");
  await eventually(async () => (await answers(server, ann)).slice(-2), [["here", "where?"], ["and not a reply", null]]);

  // It is brought into sight and has the focus, also a second time.
  for (let i = 0; i < 2; i++) {
    await quote(hers, "here").getByRole("button").click();
    await eventually(() => hers.evaluate(() => document.activeElement.querySelector(".text")?.textContent), "where?");
    const inView = await row(hers, "where?").evaluate((element) => {
      const { top, bottom } = element.getBoundingClientRect();
      const list = document.querySelector(".list").getBoundingClientRect();
      return top >= list.top && bottom <= list.bottom;
    });
    assert.equal(inView, true);
    await hers.getByRole("button", { name: /newest|new chat/ }).click();
    await quote(hers, "here").waitFor();
  }

  await row(hers, "and not a reply").waitFor();
  await hers.locator(".list").evaluate((list) => list.scrollTo(0, 0));
  await row(hers, "where?").hover();
  await row(hers, "where?").getByRole("button", { name: "Edit this chat" }).click();
  await edit(hers).fill("where is it?");
  await edit(hers).press("Enter");
  await eventually(() => quote(his, "here").textContent(), "Answers ann: where is it?");
  await row(hers, "where is it?").hover();
  await row(hers, "where is it?").getByRole("button", { name: "Delete this chat" }).click();
  await hers.getByRole("button", { name: "Delete", exact: true }).click();
  await eventually(() => quote(his, "here").textContent(), "Answers ann: deleted");
  await his.reload();
  await eventually(() => quote(his, "here").textContent(), "Answers ann: deleted");
  assert.equal(await his.getByText("where is it?").count(), 0);
});

test("what is answered changes above the reply also where it was not read itself", patient, async (t) => {
  const server = await mortal(t, fast);
  const [ann, bob] = await room(server.origin, "ann", "bob");
  const ask = (query, variables) => call(server.origin, ann.accessToken, query, variables);
  const { sendChat } = await ask(`mutation { sendChat(room: "general", text: "where?") { id } }`);
  await send(server.origin, ann.accessToken, "general", Array.from({ length: 300 }, (_, i) => `chat ${i}`));
  await ask(`mutation ($to: ID!) { sendChat(room: "general", text: "here", replyTo: $to) { id } }`, { to: sendChat.id });
  const his = await visit(server, { as: bob, path: "/room/general" });
  await ready(his);
  await eventually(() => quote(his, "here").textContent(), "Answers ann: where?");
  assert.equal(await quote(his, "here").getByRole("button").count(), 0);
  await ask(`mutation ($chat: ID!) { editChat(chat: $chat, text: "where is it?") { id } }`, { chat: sendChat.id });
  await eventually(() => quote(his, "here").textContent(), "Answers ann: where is it?");
  await ask(`mutation ($chat: ID!) { deleteChat(chat: $chat) { id } }`, { chat: sendChat.id });
  await eventually(() => quote(his, "here").textContent(), "Answers ann: deleted");
});

test("a reply can be given up, and what was written stays", patient, async (t) => {
  const server = await mortal(t, fast);
  const [ann, bob] = await room(server.origin, "ann", "bob");
  await send(server.origin, ann.accessToken, "general", ["one", "two"]);
  const his = await visit(server, { as: bob, path: "/room/general" });
  await ready(his);
  await box(his).fill("three");
  for (const end of ["Escape", "Cancel"]) {
    await reply(his, "one");
    await his.getByText("Answering ann: one").waitFor();
    if (end === "Escape") await his.keyboard.press("Escape");
    else await his.getByRole("button", { name: "Cancel" }).click();
    await eventually(() => his.locator(".composer-mode").count(), 0);
    assert.equal(await box(his).evaluate((element) => element === document.activeElement), true);
    assert.equal(await box(his).inputValue(), "three");
  }
  await reply(his, "one");
  await reply(his, "two");
  await his.getByText("Answering ann: two").waitFor();

  // It is kept with what was written, in another room and over a reload.
  await his.reload();
  await his.getByText("Answering ann: two").waitFor();
  await box(his).press("Enter");
  await eventually(() => answers(server, bob), [["one", null], ["two", null], ["three", "two"]]);
  await eventually(() => kept(his), []);
});

test("a reply that waits is still one when the tab opens again, and is sent once", patient, async (t) => {
  const server = await mortal(t, fast);
  const [ann, bob] = await room(server.origin, "ann", "bob");
  await send(server.origin, ann.accessToken, "general", ["question"]);
  const his = await visit(server, { as: bob, path: "/room/general", troubled: true });
  await ready(his);
  await row(his, "question").waitFor();
  await server.kill();
  await reply(his, "question");
  await say(his, "ansver");
  await say(his, "alone");
  await eventually(() => waiting(his).count(), 2);
  await quote(his, "ansver").getByText("question").waitFor();
  await row(his, "ansver").getByRole("button", { name: "Edit" }).click();
  await edit(his).fill("answer");
  await edit(his).press("Enter");
  await his.close();
  await server.start();
  const next = await his.another("/room/general");
  await eventually(() => texts(next), ["question", "answer", "alone"]);
  await eventually(() => answers(server, bob), [["question", null], ["answer", "question"], ["alone", null]]);
  await quote(next, "answer").getByText("question").waitFor();
  await eventually(() => kept(next), []);
  await live(next);
});

test("a reply to what is not there is refused, and sent alone if one wants that", patient, async (t) => {
  const server = await mortal(t, fast);
  const [ann] = await room(server.origin, "ann");
  await send(server.origin, ann.accessToken, "general", ["question"]);
  const page = await visit(server, { as: ann, path: "/room/general" });
  await ready(page);
  await reply(page, "question");
  const gone = { errors: [{ message: "gone", extensions: { code: "NOT_FOUND" } }] };
  await page.route("**/graphql", (route) => {
    const { query, variables } = route.request().postDataJSON();
    return query.includes("mutation SendChat") && variables.replyTo ? route.fulfill({ json: gone }) : route.fallback();
  });
  await say(page, "answer");
  await page.getByText("Not sent. It is not there any more.").waitFor();
  await page.getByRole("button", { name: "Try again" }).click();
  await eventually(() => answers(server, ann), [["question", null], ["answer", null]]);
});
