// Any of the recipes as a React hook.

import { useEffect, useRef, useState } from "react";

// #region hook
/** useRoom answers the chats of a room, a function that sends one, and why the room has ended, if it has. */
export function useRoom(openRoom, client, name) {
  const [list, setList] = useState([]);
  const [error, setError] = useState();
  const room = useRef();
  useEffect(() => {
    const opened = openRoom(client, name, { show: setList, heard() {}, ended: setError });
    opened.opened.catch(setError);
    room.current = opened;
    return () => opened.close();
  }, [openRoom, client, name]);
  return { list, error, send: (text) => room.current.send(text) };
}
// #endregion
