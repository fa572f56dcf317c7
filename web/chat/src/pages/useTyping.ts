import { useEffect, useMemo, useState } from "react";
import type { History } from "../chat/history";
import type { Chat } from "../chat/pages";

const good = 6000; // ms

/** Writer is somebody who is typing. A bot may show what it has written, as the chat that is to come; `sent` is the id of that one. */
export type Writer = { username: string; chat?: Chat | undefined; sent?: string | undefined };

/** useTyping are others who are typing in a room, who began first. What a bot has written stays until its chat is among `chats`. */
export function useTyping(history: History, chats: readonly Chat[]): readonly Writer[] {
  const [writers, setWriters] = useState<readonly Writer[]>([]);
  useEffect(() => {
    const known = new Map<string, Writer & { timer: ReturnType<typeof setTimeout> }>();
    const tell = () => setWriters([...known.values()]);
    const end = (username: string) => {
      clearTimeout(known.get(username)?.timer);
      if (known.delete(username)) tell();
    };
    const stop = history.onArrival(({ kind, actor, chat, preview }) => {
      if (kind === "CHAT_SENT" && chat) {
        const writer = known.get(chat.username);
        if (writer?.chat) {
          known.set(chat.username, { ...writer, sent: chat.id });
          tell();
        } else end(chat.username);
      }
      if (kind !== "TYPING" || !actor || actor.id === history.me) return;
      const { username } = actor;
      const before = known.get(username);
      clearTimeout(before?.timer);
      const begun = before?.sent === undefined ? before?.chat : undefined;
      const timer = setTimeout(() => end(username), good);
      known.set(username, { username, timer, chat: preview ? chatOf(username, preview, begun) : undefined });
      tell();
    });
    return () => {
      stop();
      for (const { timer } of known.values()) clearTimeout(timer);
    };
  }, [history]);
  return useMemo(
    () => writers.filter(({ sent }) => sent === undefined || !chats.some(({ id }) => id === sent)),
    [writers, chats],
  );
}

// What a bot has written looks like the chat that it becomes, and began when the first of it came.
function chatOf(username: string, text: string, begun: Chat | undefined): Chat {
  const none = { number: 0, user: null, editedAt: null, deletedAt: null, replyTo: null, mentions: [], reactions: [], myReactions: [] };
  return { ...none, id: `@writing/${username}`, username, text, createdAt: begun?.createdAt ?? new Date().toISOString() };
}
