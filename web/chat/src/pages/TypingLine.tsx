import type { History } from "../chat/history";
import { useTyping } from "./useTyping";

/** TypingLine says who is writing. It has its place also when nobody is, so nothing moves. */
export function TypingLine({ history }: { history: History }) {
  const names = useTyping(history);
  const [first, second] = names;
  return (
    <p className="typing">
      {names.length === 1 && (
        <>
          <bdi>{first}</bdi> is typing…
        </>
      )}
      {names.length === 2 && (
        <>
          <bdi>{first}</bdi> and <bdi>{second}</bdi> are typing…
        </>
      )}
      {names.length > 2 && `${names.length} people are typing…`}
    </p>
  );
}
