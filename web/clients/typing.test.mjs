// Who is typing is shown for six seconds and no longer, by a clock in hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Previews, Typing } from "./typing.mjs";

const types = (username) => ({ kind: "TYPING", actor: { username } });
const writes = (username, preview) => ({ ...types(username), preview });

test("typing is over six seconds after it was last told, of each person for themselves", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let shown = [];
  const typing = new Typing((names) => (shown = names));
  typing.happened(types("ann"));
  t.mock.timers.tick(4000);
  typing.happened(types("bob"));
  t.mock.timers.tick(1999); // 5,999 ms of ann
  assert.deepEqual(shown, ["ann", "bob"]);
  t.mock.timers.tick(1);
  assert.deepEqual(shown, ["bob"]);
  typing.happened(types("bob")); // once more, and anew
  t.mock.timers.tick(5999);
  assert.deepEqual(shown, ["bob"]);
  t.mock.timers.tick(1);
  assert.deepEqual(shown, []);
});

test("a chat ends typing at once, and only of who has sent it", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let shown = [];
  const typing = new Typing((names) => (shown = names));
  typing.happened(types("ann"));
  typing.happened(types("bob"));
  typing.happened({ kind: "CHAT_SENT", chat: { username: "ann" } });
  assert.deepEqual(shown, ["bob"]);
  t.mock.timers.tick(6000);
  assert.deepEqual(shown, []);
});

test("what a bot has written is over six seconds after it was last told, of each bot for itself", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let shown = [];
  const previews = new Previews((list) => (shown = list));
  previews.happened(writes("robot", "so"));
  t.mock.timers.tick(4000);
  previews.happened(writes("other", "also"));
  previews.happened(writes("robot", "so far"));
  assert.deepEqual(shown, [{ username: "robot", text: "so far" }, { username: "other", text: "also" }]);
  t.mock.timers.tick(5999);
  assert.equal(shown.length, 2);
  t.mock.timers.tick(1);
  assert.deepEqual(shown, []);
  previews.happened(writes("robot", "once more"));
  previews.stop();
  t.mock.timers.tick(6000);
  assert.equal(shown.length, 1, "something is told of a room that is closed");
});

test("a chat ends what its bot has written, and so does typing alone; it is said once who is writing", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let shown = [];
  let typing = [];
  const [previews, line] = [new Previews((list) => (shown = list)), new Typing((names) => (typing = names))];
  const happened = (event) => {
    previews.happened(event);
    line.happened(event);
    return [shown.map(({ username, text }) => `${username} ${text}`).join(), typing.join()];
  };
  assert.deepEqual(happened(writes("robot", "")), ["", "robot"]);
  assert.deepEqual(happened(writes("robot", "so")), ["robot so", ""]);
  assert.deepEqual(happened(types("ann")), ["robot so", "ann"]);
  assert.deepEqual(happened({ kind: "CHAT_SENT", chat: { username: "ann" } }), ["robot so", ""]);
  assert.deepEqual(happened({ kind: "CHAT_SENT", chat: { username: "robot" } }), ["", ""]);
  assert.deepEqual(happened(writes("robot", "next")), ["robot next", ""]);
  assert.deepEqual(happened(writes("robot", null)), ["", "robot"]);
});
