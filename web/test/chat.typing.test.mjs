// Who is typing, and who does not want to hear from whom.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, mortal, send } from "./mortal.mjs";
import { box, eventually, fast, login, ready, room, row, say, visit } from "./people.mjs";
import { patient } from "../clients/testing/rounds.mjs";

const typing = (page) => page.locator(".typing").innerText();

test("others see who is typing, until it is said or nothing more comes", patient, async (t) => {
  const server = await mortal(t, fast);
  const [ann, bob] = await room(server.origin, "ann", "bob");
  await call(server.origin, bob.accessToken, `mutation { joinRoom(room: "general") { id } }`);
  const hers = await visit(server, { as: ann, path: "/room/general" });
  const tab = await visit(server, { as: await login(server.origin, "ann"), path: "/room/general" });
  const his = await visit(server, { as: bob, path: "/room/general" });
  await Promise.all([hers, tab, his].map(ready));
  let told = 0;
  hers.on("request", (request) => {
    if (request.postData()?.includes("mutation SetTyping")) told++;
  });

  const begin = performance.now();
  let text = "";
  await eventually(async () => {
    text += "a";
    await box(hers).fill(text);
    return typing(his);
  }, "ann is typing…");
  await box(hers).press("Enter");
  await row(his, text).waitFor();
  await eventually(() => typing(his), "");
  assert.equal(await typing(hers), "");
  assert.equal(await typing(tab), "", "somebody is told that they are typing themselves");
  await eventually(async () => {
    await box(hers).press("b");
    return typing(his);
  }, "ann is typing…");
  const seconds = (performance.now() - begin) / 1000;
  assert.ok(told <= seconds / 2 + 1, `told ${told} times in ${seconds} s`);
  await eventually(() => typing(his), ""); // six seconds after the last that was told
});

test("somebody is blocked and unblocked from the dialog of their name", patient, async (t) => {
  const server = await mortal(t, fast);
  const [ann, bob] = await room(server.origin, "ann", "bob");
  await send(server.origin, ann.accessToken, "general", ["hello"]);
  const { openDirectRoom } = await call(server.origin, ann.accessToken, `mutation { openDirectRoom(users: ["bob"]) { id } }`);
  await send(server.origin, ann.accessToken, openDirectRoom.id, ["just you"]);
  const path = `/room/${openDirectRoom.id}`;
  const hers = await visit(server, { as: ann, path });
  const his = await visit(server, { as: bob, path });
  await Promise.all([hers, his].map(ready));

  await his.getByRole("main").getByRole("button", { name: "ann", exact: true }).click();
  await his.getByRole("button", { name: "Block", exact: true }).click();
  await his.getByText("You have blocked them").waitFor();
  await his.keyboard.press("Escape");
  await his.getByText("Nobody can write here while one of you has blocked the other.").waitFor();
  await say(hers, "are you there?");
  await hers.getByText("Not sent. One of you has blocked the other.").waitFor();

  await his.getByRole("main").getByRole("button", { name: "ann", exact: true }).click();
  await his.getByRole("button", { name: "Unblock", exact: true }).click();
  await his.getByText("They are not told.").waitFor();
  await his.keyboard.press("Escape");
  await box(his).waitFor();
  await hers.getByRole("button", { name: "Try again" }).click();
  await row(his, "are you there?").waitFor();
});
