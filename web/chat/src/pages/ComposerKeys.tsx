type Props = { id: string; editing: boolean; replying: boolean; touch: boolean };

/** ComposerKeys says which keys do what. */
export function ComposerKeys({ id, editing, replying, touch }: Props) {
  const does = editing ? "saves" : "sends";
  return (
    <p className="keys" id={id}>
      {touch ? (
        <>
          <kbd>Enter</kbd> breaks the line, the button {does}
        </>
      ) : (
        <>
          <kbd>Enter</kbd> {does}, <kbd>Shift</kbd> <kbd>Enter</kbd> breaks the line, <kbd>{editing || replying ? "Esc" : "↑"}</kbd>{" "}
          {editing ? "cancels" : replying ? "answers nobody" : "changes your last chat"}
        </>
      )}
    </p>
  );
}
