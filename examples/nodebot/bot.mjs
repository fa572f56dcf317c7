// A bot that answers each question exactly once, in all rooms that it is in, however often it or the server is killed.
// docs/bots.md says why. PARLEY is the server's address, TOKEN the bot's token, CURSOR a file of its own.
import { createHash } from "node:crypto";
import { env } from "node:process";
import { Client, pause } from "./client.mjs";
import { Places } from "./places.mjs";

/** answer is what the bot says to a text, or nothing. Here is your work. If it takes a while, show what there is so far. */
async function answer(text, show) {
  let said = "";
  if (text?.endsWith("?")) { // a deleted chat has no text
    for (const word of `Who knows: ${text}`.split(/(?<= )/)) { // as a model would bring them
      said += word;
      await show(said);
    }
  }
  return said;
}

const WHO = `{ me { id } rooms(first: 1) { nodes { id } } }`; // me alone needs no token, rooms a good one
const EVENTS = `subscription ($after: [Cursor!]) { events(after: $after) {
  kind cursor cursors room { id } chat { id text user { isBot } } } }`;
const SEND = `mutation ($room: ID!, $text: String!, $id: ID!, $to: ID!) {
  sendChat(room: $room, text: $text, id: $id, replyTo: $to) { id } }`;

const client = new Client(env.PARLEY, env.TOKEN);
const places = new Places(env.CURSOR);
const { me } = await client.ask(WHO);
for (let tries = 0; ; tries++) {
  const error = await client.follow(EVENTS, { after: places.after }, async (event) => {
    const { kind, room, chat } = event;
    const text = kind === "CHAT_SENT" && !chat.user?.isBot && (await answer(chat.text, client.show(room.id)));
    if (text) {
      const id = uuidv5(me.id, chat.id); // for the same question the same, however often
      await client.ask(SEND, { room: room.id, text, id, to: chat.id }).catch((refusal) => {
        console.error(`chat ${chat.id} stays without an answer: ${refusal.message}`);
      });
    }
    tries = 0;
    return places.move(event); // and only now: killed before it, the bot is given this event again
  });
  places.check(error);
  await pause(tries, error);
}

/** uuidv5 makes an id out of two texts (RFC 9562, section 5.5): out of the same the same. */
function uuidv5(namespace, name) {
  const hash = createHash("sha1").update(Buffer.from(namespace.replaceAll("-", ""), "hex")).update(name).digest();
  hash[6] = (hash[6] & 0x0f) | 0x50;
  hash[8] = (hash[8] & 0x3f) | 0x80;
  return hash.toString("hex", 0, 16).replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}
