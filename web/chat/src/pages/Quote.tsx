import type { Quoted } from "../chat/pages";
import { plain } from "../markdown/plain";
import { Icon } from "../ui/Icon";
import { Name } from "./Name";

const most = 200; // letters

type Props = {
  chat: Quoted;
  /** Shows the chat, if it can be shown. */
  onJump: (() => void) | undefined;
};

/** Quote is one line about the chat that another answers. */
export function Quote({ chat: { username, text, deletedAt }, onJump }: Props) {
  const line = (
    <>
      <Icon name="reply" />
      <span className="visually-hidden">Answers </span>
      <span className="quote-name">
        <Name username={username} />
      </span>
      {(text ?? deletedAt) && (
        <bdi className={deletedAt ? "quote-text deleted" : "quote-text"}>
          <span className="visually-hidden">: </span>
          {deletedAt ? "deleted" : plain(text ?? "", most)}
        </bdi>
      )}
    </>
  );
  if (!onJump) return <p className="quote">{line}</p>;
  return (
    <p className="quote">
      <button type="button" title="Go to it" onClick={onJump}>
        {line}
      </button>
    </p>
  );
}
