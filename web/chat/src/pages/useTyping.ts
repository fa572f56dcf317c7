import { useEffect, useState } from "react";
import type { History } from "../chat/history";

const good = 6000; // ms

/** useTyping are the usernames of others who are typing in a room, who began first. */
export function useTyping(history: History): readonly string[] {
  const [names, setNames] = useState<readonly string[]>([]);
  useEffect(() => {
    const timers = new Map<string, ReturnType<typeof setTimeout>>();
    const end = (username: string) => {
      clearTimeout(timers.get(username));
      if (timers.delete(username)) setNames([...timers.keys()]);
    };
    const stop = history.onArrival(({ kind, actor, chat }) => {
      if (kind === "CHAT_SENT" && chat) end(chat.username);
      if (kind !== "TYPING" || !actor || actor.id === history.me) return;
      const { username } = actor;
      clearTimeout(timers.get(username));
      timers.set(
        username,
        setTimeout(() => end(username), good),
      );
      setNames([...timers.keys()]);
    });
    return () => {
      stop();
      for (const timer of timers.values()) clearTimeout(timer);
    };
  }, [history]);
  return names;
}
