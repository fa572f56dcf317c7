import { useActionState, useEffect, useState } from "react";
import type { Outbox } from "parley-client";
import { useReadable, useSession, useSignedIn } from "parley-client/react";
import { useMutation, useQuery } from "urql";
import { parley } from "./client.ts";
import { MAKE, PAGE, REACT, READ, ROOMS, type Chat } from "./documents.ts";

export default function App() {
  const signedIn = useSignedIn(parley);
  return signedIn ? <Chats outbox={signedIn.outbox} /> : <SignIn />;
}

function SignIn() {
  const session = useSession(parley);
  const [problem, submit, busy] = useActionState(async (_: unknown, form: FormData) => {
    const how = form.get("how") === "register" ? "register" : "login";
    try {
      await parley.session[how](String(form.get("username")), String(form.get("password")));
      return undefined;
    } catch (error) {
      return String(error);
    }
  }, undefined);
  return (
    <form className="sign-in" action={submit}>
      <h1>Parley</h1>
      <input name="username" placeholder="Username" autoComplete="username" required />
      <input name="password" placeholder="Password" type="password" autoComplete="current-password" required />
      <button name="how" value="login" disabled={busy}>Sign in</button>
      <button name="how" value="register" disabled={busy}>Register</button>
      <p role="alert">{problem || (session.status === "out" && session.problem?.message)}</p>
    </form>
  );
}

function Chats({ outbox }: { outbox: Outbox }) {
  const [{ data, error }] = useQuery({ query: ROOMS });
  const [made, make] = useMutation(MAKE);
  const [shown, show] = useState<string>();
  return (
    <div className="chat">
      <nav>
        {data?.rooms.nodes.map(({ id, name, unreadCount }) => (
          <button key={id} aria-current={shown === id} onClick={() => show(id)}>
            {name} {unreadCount > 0 && <b>{unreadCount}</b>}
          </button>
        ))}
        <form action={async (form) => show((await make({ name: String(form.get("name")) })).data?.createRoom.id)}>
          <input name="name" placeholder="Make a room" required />
        </form>
        <p role="alert">{(error ?? made.error)?.message}</p>
        <button onClick={() => parley.signOut().catch(console.warn)}>Sign out</button>
      </nav>
      {shown && <Room key={shown} id={shown} outbox={outbox} />}
    </div>
  );
}

function Room({ id, outbox }: { id: string; outbox: Outbox }) {
  const [before, setBefore] = useState<string>();
  const [{ data, error }] = useQuery({ query: PAGE, variables: { room: id, ...(before && { before }) } });
  const entries = useReadable(outbox.entries);
  const [, read] = useMutation(READ);
  const { nodes, pageInfo } = data?.chats ?? { nodes: [], pageInfo: undefined };
  const waiting = entries.filter(({ id: chat, room }) => room === id && !nodes.some((known) => known.id === chat));
  const newest = nodes.at(-1)?.id;
  useEffect(() => {
    if (newest) void read({ chat: newest });
  }, [newest, read]);

  return (
    <main>
      <h2>{data?.room.name}</h2>
      <p role="status">{data?.room.members.nodes.map(({ user }) => user.username).join(", ")}</p>
      <div className="scroll">
        <div>
          {pageInfo?.hasPreviousPage && <button onClick={() => setBefore(pageInfo.startCursor)}>Older</button>}
          {nodes.map((chat) => <Row key={chat.id} chat={chat} />)}
          {waiting.map((entry) => (
            <div key={entry.id} className="row muted">
              {entry.text} <small>{entry.problem?.message ?? entry.state}</small>
              {entry.state !== "sent" && <button onClick={() => outbox.discard(entry.id)}>Discard</button>}
            </div>
          ))}
        </div>
      </div>
      <p role="alert">{error?.message}</p>
      <form action={(form) => void outbox.send(id, String(form.get("text")))}>
        <input name="text" placeholder="Write" autoComplete="off" required />
      </form>
    </main>
  );
}

function Row({ chat }: { chat: Chat }) {
  const [, react] = useMutation(REACT);
  if (chat.deletedAt) return <p className="row muted">deleted</p>;
  return (
    <div className="row">
      <b>{chat.username}</b> {chat.text} {chat.editedAt && <small>edited</small>}
      {chat.reactions.map(({ emoji, count }) => {
        const mine = chat.myReactions.includes(emoji);
        return (
          <button key={emoji} aria-pressed={mine} onClick={() => react({ chat: chat.id, emoji, on: !mine })}>
            {emoji} {count}
          </button>
        );
      })}
      <button className="add" title="Like" onClick={() => react({ chat: chat.id, emoji: "👍", on: true })}>+</button>
    </div>
  );
}
