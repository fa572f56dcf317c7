import { useActionState, useState } from "react";
import { ParleyError, type SignedIn } from "parley-client";
import { useReadable, useRooms, useSession, useSignedIn } from "parley-client/react";
import { attempt, parley, words } from "./parley.ts";
import { Room } from "./Room.tsx";

export default function App() {
  const signedIn = useSignedIn(parley);
  return signedIn ? <Chat key={signedIn.user.id} signedIn={signedIn} /> : <SignIn />;
}

function SignIn() {
  const session = useSession(parley);
  const ended = session.status === "out" && session.problem && words(session.problem);
  const [tried, submit, busy] = useActionState(async (_: unknown, form: FormData) => {
    const [username, password] = [String(form.get("username")), String(form.get("password"))];
    const how = form.get("how") === "register" ? "register" : "login";
    return { username, problem: await attempt(() => parley.session[how](username, password)) };
  }, undefined);
  return (
    <form className="sign-in" action={submit}>
      <h1>Parley</h1>
      <input name="username" placeholder="Username" defaultValue={tried?.username} autoComplete="username" required />
      <input name="password" placeholder="Password" type="password" autoComplete="current-password" required />
      <button name="how" value="login" disabled={busy}>Sign in</button>
      <button name="how" value="register" disabled={busy}>Register</button>
      <p role="alert">{tried?.problem || ended}</p>
    </form>
  );
}

function Chat({ signedIn }: { signedIn: SignedIn }) {
  const rooms = useRooms(parley);
  const link = useReadable(signedIn.connection.link);
  const [shown, show] = useState<string>();
  const [problem, setProblem] = useState<string>();

  const make = async (form: FormData) => {
    const name = String(form.get("name"));
    setProblem(await attempt(() => openOrMake(name)));
  };
  const openOrMake = async (name: string) => {
    try {
      await parley.session.ask("mutation Make($name: String!) { createRoom(name: $name) { id } }", { name });
      await signedIn.rooms.refresh();
    } catch (error) {
      if (!(error instanceof ParleyError && "code" in error.problem && error.problem.code === "ROOM_NAME_TAKEN")) throw error;
    }
    show(name);
  };
  const leave = async () => {
    const waiting = signedIn.outbox.entries.get().filter(({ state }) => state !== "sent").length;
    if (waiting && !confirm(`${waiting} not sent yet. Sign out and lose them?`)) return;
    await parley.signOut().catch(() => alert("Signed out here. The server could not be told."));
  };

  return (
    <div className="chat">
      <nav>
        {rooms?.map(({ id, name, unreadCount }) => (
          <button key={id} aria-current={shown === id || shown === name} onClick={() => show(id)}>
            {name} {unreadCount > 0 && <b>{unreadCount > 99 ? "99+" : unreadCount}</b>}
          </button>
        ))}
        <form action={make}>
          <input name="name" placeholder="Open or make a room" required />
        </form>
        <p role="alert">{problem}</p>
        <p role="status">{link === "live" ? signedIn.user.username : `${link} …`}</p>
        <button onClick={leave}>Sign out</button>
      </nav>
      {shown && <Room key={shown} id={shown} signedIn={signedIn} />}
    </div>
  );
}
