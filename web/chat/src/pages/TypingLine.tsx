import type { History } from "../chat/history";
import { Name } from "./Name";
import { useTyping } from "./useTyping";

/** TypingLine says who is writing. It has its place also when nobody is, so nothing moves. */
export function TypingLine({ history }: { history: History }) {
  const names = useTyping(history);
  const [first, second] = names;
  return (
    <p className="typing">
      {first && !second && (
        <>
          <Name username={first} /> is typing…
        </>
      )}
      {first && second && names.length === 2 && (
        <>
          <Name username={first} /> and <Name username={second} /> are typing…
        </>
      )}
      {names.length > 2 && `${names.length} people are typing…`}
    </p>
  );
}
