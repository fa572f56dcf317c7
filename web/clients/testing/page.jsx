// A page of somebody else, on Vite's address: all recipes in one bundle, and a room of each.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { connect as apollo } from "../apollo/client.mjs";
import { openRoom as apolloRoom } from "../apollo/room.mjs";
import { connect as graphqlWs } from "../graphql-ws/client.mjs";
import { openRoom as plainRoom } from "../plain.mjs";
import { useRoom } from "../react/useRoom.mjs";
import { Session } from "../session.mjs";
import { connect as sse } from "../sse/client.mjs";
import { connect as urql } from "../urql/client.mjs";
import { openRoom as urqlRoom } from "../urql/room.mjs";

const recipes = {
  apollo: [apollo, apolloRoom],
  urql: [urql, urqlRoom],
  "graphql-ws": [graphqlWs, plainRoom],
  sse: [sse, plainRoom],
};

function Room({ openRoom, client }) {
  const { list, error, send } = useRoom(openRoom, client, "general");
  const submit = (event) => {
    event.preventDefault();
    send(event.currentTarget.elements.text.value);
  };
  return (
    <>
      <ol>
        {list.map(({ id, number, text }) => (
          <li key={id}>{`${number} ${text}`}</li>
        ))}
      </ol>
      <form onSubmit={submit}>
        <input name="text" aria-label="Text" />
      </form>
      <output>{error?.message}</output>
    </>
  );
}

/** show signs in and shows the room with a recipe; the answer takes it off the page. */
globalThis.show = async (recipe, url, name, password) => {
  const session = new Session(url);
  await session.signIn(name, password);
  const [connect, openRoom] = recipes[recipe];
  const root = createRoot(document.querySelector("main"));
  root.render(
    <StrictMode>
      <Room openRoom={openRoom} client={connect(session)} />
    </StrictMode>,
  );
  globalThis.hide = () => root.unmount();
};

/** events answers the first event of a stream that goes on after a place, as its lines. */
globalThis.events = async (url, token, place, query) => {
  const headers = {
    Accept: "text/event-stream",
    Authorization: `Bearer ${token}`,
    "Content-Type": "application/json",
    "Last-Event-ID": place,
  };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query }) });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!/^data: .*\n\n/m.test(text)) text += (await reader.read()).value;
  await reader.cancel();
  return text.split("\n");
};
