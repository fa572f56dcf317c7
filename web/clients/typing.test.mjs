// Who is typing is shown for six seconds and no longer, by a clock in hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Typing } from "./typing.mjs";

const types = (username) => ({ kind: "TYPING", actor: { username } });

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
