import { useMutation } from "urql";
import { failureOf } from "../api/failure";
import type { Chat } from "../chat/pages";
import { DeleteChatDocument } from "../gql/graphql";
import { Confirm } from "../ui/Confirm";

/** DeleteChat asks whether a chat's text may go. */
export function DeleteChat({ chat, onClose }: { chat: Pick<Chat, "id" | "text">; onClose(): void }) {
  const [, remove] = useMutation(DeleteChatDocument);
  const act = async () => {
    const { error } = await remove({ chat: chat.id });
    return error && failureOf(error);
  };
  return (
    <Confirm title="Delete this chat?" action="Delete" act={act} onClose={onClose}>
      <blockquote dir="auto">{chat.text}</blockquote>
      <p>Its text goes for everybody. That it was there stays.</p>
    </Confirm>
  );
}
