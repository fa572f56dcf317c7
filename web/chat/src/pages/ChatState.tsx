import { describe } from "../api/messages";
import type { Draft } from "../chat/draft";
import { Act } from "./Act";
import type { Actions } from "./actions";

type Props = { draft: Draft; late: boolean; actions: Actions };

/** ChatState says what keeps a chat of one's own, and lets one change or discard it. */
export function ChatState({ draft: { id, text, state, change, failure }, late, actions }: Props) {
  if (state === "waiting" && !late) {
    return (
      <p className="chat-state">
        <span className="visually-hidden">Sending</span>
      </p>
    );
  }
  const refused = state === "refused";
  return (
    <p className={refused ? "chat-state problem" : "chat-state"}>
      {refused && `${change ? "Not changed" : "Not sent"}. ${describe(failure)}`}
      {!refused && (change ? "The change waits to be sent" : "Waiting to be sent")}
      {refused && <Act name="Try again" act={() => actions.again(id)} />}
      <Act name="Edit" act={() => actions.edit({ id, text })} />
      <Act name="Discard" act={() => actions.discard(id)} />
    </p>
  );
}
