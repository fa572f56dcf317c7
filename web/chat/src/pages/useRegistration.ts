import { useCallback, useEffect, useState } from "react";
import { post } from "../api/post";
import { RegistrationDocument, type Registration } from "../gql/graphql";

/** useRegistration is who may make an account here, undefined until the server has said so, and a way to ask it again. */
export function useRegistration(): [Registration | undefined, () => Promise<Registration | undefined>] {
  const [registration, setRegistration] = useState<Registration>();
  const ask = useCallback(
    () =>
      post(RegistrationDocument, {}).then(
        ({ data }) => {
          setRegistration(data.server.registration);
          return data.server.registration;
        },
        () => undefined, // registering says what is wrong
      ),
    [],
  );
  useEffect(() => void ask(), [ask]);
  return [registration, ask];
}
