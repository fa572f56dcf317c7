import { Name } from "./Name";
import type { Writer } from "./useTyping";

/** TypingLine says who is writing, but for those of whom is shown what. It has its place also when nobody is, so nothing moves. */
export function TypingLine({ writers }: { writers: readonly Writer[] }) {
  const names = writers.filter(({ chat }) => !chat).map(({ username }) => username);
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
