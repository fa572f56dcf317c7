import { use } from "react";
import { describe } from "../api/messages";
import type { Chat } from "../chat/pages";
import type { Pending } from "../chat/reacting";
import { drawn, pillsOf, type Pill } from "../chat/reactions";
import { useServices } from "../ui/services";
import { Act } from "./Act";
import type { Actions } from "./actions";
import { CrowdContext, usePeople } from "./usePeople";

type Props = { chat: Chat; pending: Pending | undefined; actions: Actions };

/** Pills are the emoji on a chat and how many people have put each there. One's own are pressed. */
export function Pills({ chat, pending, actions }: Props) {
  const { me } = useServices();
  const all = usePeople();
  const crowded = use(CrowdContext);
  const people = ({ count, mine, names }: Pill): string => {
    const named = names.map((username) => all.title(username, crowded));
    if (mine) named.unshift("you");
    const others = count - named.length;
    if (others > 0) named.push(others === 1 ? "1 other" : `${others} others`);
    return new Intl.ListFormat("en").format(named);
  };
  const pills = pillsOf(chat, pending?.wishes, me.username);
  const failed = pending?.failed;
  return (
    <>
      {pills.length > 0 && (
        <ul className="pills" aria-label="Reactions">
          {pills.map((pill) => (
            <li key={pill.emoji}>
              <button
                className="pill"
                type="button"
                aria-pressed={pill.mine}
                aria-label={`${pill.emoji} by ${people(pill)}`}
                title={people(pill)}
                onClick={() => actions.react(chat.id, pill.emoji, !pill.mine)}
              >
                <span className="pill-emoji">{drawn(pill.emoji)}</span>
                <span className="pill-count">{pill.count}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {failed && (
        <p className="chat-state problem" role="alert">
          {`${drawn(failed.emoji)} was not ${failed.on ? "put there" : "taken away"}. ${describe(failed.failure)}`}
          <Act name="Try again" act={() => actions.react(chat.id, failed.emoji, failed.on)} />
          <Act name="Dismiss" act={() => actions.dismiss(chat.id)} />
        </p>
      )}
    </>
  );
}
