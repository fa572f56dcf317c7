import { useEffect, useState } from "react";
import type { Chat, Entry, SignedIn, Timeline } from "parley-client";
import { useRoom } from "parley-client/react";
import { attempt, parley, words } from "./parley.ts";

export function Room({ id, signedIn }: { id: string; signedIn: SignedIn }) {
  const { status, problem, room, chats, waiting, older, typing, timeline } = useRoom(parley, id);
  const others = typing.filter((name) => name !== signedIn.user.username);
  const newest = chats.at(-1)?.id;
  useEffect(() => {
    if (newest && document.visibilityState === "visible") void timeline?.markRead();
  }, [timeline, newest]);

  return (
    <main>
      <h2>{room?.name}</h2>
      <div className="scroll">
        <div>
          {(older === "more" || older === "failed") && <button onClick={() => timeline?.loadOlder()}>Older</button>}
          {chats.map((chat) => <Row key={chat.id} chat={chat} timeline={timeline} />)}
          {waiting.map((entry) => <Waiting key={entry.id} entry={entry} signedIn={signedIn} />)}
        </div>
      </div>
      <p role="alert">{problem && words(problem)}</p>
      <p role="status">{others.length > 0 && `${others.join(", ")} typing …`}</p>
      {status === "ready" && (
        <form action={(form) => void timeline?.send(String(form.get("text")))}>
          <input name="text" placeholder="Write" autoComplete="off" required onInput={timeline?.setTyping} />
        </form>
      )}
    </main>
  );
}

function Row({ chat, timeline }: { chat: Chat; timeline: Timeline | undefined }) {
  const [problem, setProblem] = useState<string>();
  const react = async (emoji: string, on: boolean) => setProblem(await attempt(async () => timeline?.react(chat.id, emoji, on)));
  if (chat.deletedAt) return <p className="row muted">deleted</p>;
  return (
    <div className="row">
      <b>{chat.username}</b> {chat.text} {chat.editedAt && <small>edited</small>}
      {chat.reactions.map(({ emoji, count, mine }) => (
        <button key={emoji} aria-pressed={mine} onClick={() => react(emoji, !mine)}>{emoji} {count}</button>
      ))}
      <button className="add" title="Like" onClick={() => react("👍", true)}>+</button>
      {problem && <small role="alert">{problem}</small>}
    </div>
  );
}

// What the server does not have yet. It is kept in the browser, also when the tab is closed.
function Waiting({ entry, signedIn: { outbox } }: { entry: Entry; signedIn: SignedIn }) {
  const { id, text, state, problem } = entry;
  return (
    <div className="row muted">
      {text} <small>{problem ? words(problem) : state}</small>
      {state === "refused" && <button onClick={() => outbox.again(id)}>Again</button>}
      {state !== "sent" && <button onClick={() => outbox.discard(id)}>Discard</button>}
    </div>
  );
}
