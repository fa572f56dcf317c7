/** ComposerKeys says which keys do what. */
export function ComposerKeys({ id, editing }: { id: string; editing: boolean }) {
  return (
    <p className="keys" id={id}>
      <kbd>Enter</kbd> {editing ? "saves" : "sends"}, <kbd>Shift</kbd> <kbd>Enter</kbd> breaks the line,{" "}
      <kbd>{editing ? "Esc" : "↑"}</kbd> {editing ? "cancels" : "changes your last chat"}
    </p>
  );
}
