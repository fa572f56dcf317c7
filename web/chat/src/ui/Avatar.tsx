const tones = 6;

/** Avatar is the first letter of what a person is called, in a colour that is always theirs. */
export function Avatar({ name, username }: { name: string; username: string }) {
  let sum = 0;
  for (const letter of username.toLowerCase()) sum = (sum * 31 + letter.codePointAt(0)!) % 65_521;
  const [first = ""] = new Intl.Segmenter().segment(name)[Symbol.iterator]().next().value?.segment.toUpperCase() ?? "";
  return (
    <span className="avatar" data-tone={sum % tones} aria-hidden="true">
      {first}
    </span>
  );
}
