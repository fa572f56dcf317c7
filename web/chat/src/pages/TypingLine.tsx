import type { Writer } from "./useTyping";

/** TypingLine says who is writing, but for those of whom is shown what. It has its place also when nobody is, so nothing moves. */
export function TypingLine({ writers }: { writers: readonly Writer[] }) {
  const names = writers.filter(({ chat }) => !chat).map(({ username }) => username);
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
