// A page of somebody else, on Vite's address: all recipes in one bundle, and a room of each.
import { StrictMode, type SubmitEvent, useState } from "react";
import { createRoot } from "react-dom/client";
import { connect as apollo } from "../apollo/client.mjs";
import { openRoom as apolloRoom } from "../apollo/room.mjs";
import type { Room as Opened, View } from "../chats.mjs";
import { connect as graphqlWs } from "../graphql-ws/client.mjs";
import { openRoom as plainRoom } from "../plain.mjs";
import { useRoom } from "../react/useRoom.mjs";
import { Session } from "../session.mjs";
import { connect as sse } from "../sse/client.mjs";
import { connect as urql } from "../urql/client.mjs";
import { openRoom as urqlRoom } from "../urql/room.mjs";

interface Recipe<Client> {
  openRoom: (client: Client, name: string, view: View) => Opened;
  client: Client;
}

const recipes = {
  apollo: (session: Session) => room({ openRoom: apolloRoom, client: apollo(session) }),
  urql: (session: Session) => room({ openRoom: urqlRoom, client: urql(session) }),
  "graphql-ws": (session: Session) => room({ openRoom: plainRoom, client: graphqlWs(session) }),
  sse: (session: Session) => room({ openRoom: plainRoom, client: sse(session) }),
};

const room = <Client,>(recipe: Recipe<Client>) => <Rooms {...recipe} />;

// Rooms shows one of two rooms. `rendered` has what was on the page each time, behind the name of the room.
function Rooms<Client>({ openRoom, client }: Recipe<Client>) {
  const [name, setName] = useState("general");
  const { list, typing, previews, error, send, react, setTyping } = useRoom(openRoom, client, name);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void send(String(new FormData(event.currentTarget).get("text")));
  };
  globalThis.rendered.push([name, ...list.map(({ text }) => text ?? "")]);
  return (
    <>
      <button type="button" onClick={() => setName(name === "general" ? "garden" : "general")}>
        {name}
      </button>
      <ol>
        {list.map(({ id, number, text, reactions }) => (
          <li key={id}>
            {`${number} ${text}`}
            {reactions?.map(({ emoji, count, mine = false }) => (
              <button type="button" key={emoji} aria-pressed={mine} onClick={() => void react(id, emoji, !mine)}>
                {`${emoji} ${count}`}
              </button>
            ))}
          </li>
        ))}
      </ol>
      <form onSubmit={submit}>
        <input name="text" aria-label="Text" onInput={() => void setTyping()} />
      </form>
      {previews.map(({ username, text }) => (
        <p key={username}>{`${username} writes ${text}`}</p>
      ))}
      <p>{typing.length > 0 && `${typing.join()} typing`}</p>
      <output>{error?.code === "SESSION_REVOKED" ? "signed out" : error?.message}</output>
    </>
  );
}

declare global {
  var rendered: string[][];
  var hide: () => void;
  var show: (recipe: keyof typeof recipes, url: string, name: string, password: string) => Promise<void>;
  var events: (url: string, token: string, place: string, query: string) => Promise<string[]>;
}

globalThis.rendered = [];

/** show signs in and shows the room with a recipe; `hide` takes it off the page. */
globalThis.show = async (recipe, url, name, password) => {
  const session = new Session(url, { signedOut: ({ code }) => (document.title = code) });
  await session.signIn(name, password);
  const place = document.querySelector("main");
  if (!place) throw new Error("the page has no main");
  const root = createRoot(place);
  root.render(<StrictMode>{recipes[recipe](session)}</StrictMode>);
  globalThis.hide = () => root.unmount();
};

/** events returns the first event of a stream that goes on after a place, as its lines. */
globalThis.events = async (url, token, place, query) => {
  const headers = {
    Accept: "text/event-stream",
    Authorization: `Bearer ${token}`,
    "Content-Type": "application/json",
    "Last-Event-ID": place,
  };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query }) });
  if (!answer.body) throw new Error("no stream");
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!/^data: .*\n\n/m.test(text)) text += (await reader.read()).value;
  await reader.cancel();
  return text.split("\n");
};
