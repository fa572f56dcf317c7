import { useCallback, useState } from "react";
import type { Answered } from "../chat/kept";
import { useServices } from "../ui/services";

type Replying = {
  /** The chat that is being answered, also when the room or the page was left meanwhile. */
  reply: Answered | undefined;
  /** answer says which one it is, or that it is none. */
  answer(chat: Answered | undefined): void;
  /** sent forgets it with what was written. */
  sent(): void;
};

/** useReply is which chat of a room the next one answers. */
export function useReply(room: string): Replying {
  const { kept } = useServices();
  const [reply, setReply] = useState(() => kept.writing(room).reply);
  // The same function always: every row of the list has it.
  const answer = useCallback(
    (chat: Answered | undefined) => {
      const now = chat && { id: chat.id, username: chat.username };
      kept.write(room, { ...kept.writing(room), reply: now });
      setReply(now);
    },
    [kept, room],
  );
  return { reply, answer, sent: () => setReply(undefined) };
}
