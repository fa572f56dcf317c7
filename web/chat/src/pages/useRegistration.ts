import { useCallback, useEffect, useState } from "react";
import { stringifyDocument } from "urql";
import { poster } from "../../../client/src/post.ts";
import { RegistrationDocument, type Registration, type RegistrationQuery } from "../gql/graphql";

const post = poster("/graphql", fetch.bind(globalThis));

/** useRegistration is who may make an account here, undefined until the server has said so, and a way to ask it again. */
export function useRegistration(): [Registration | undefined, () => Promise<Registration | undefined>] {
  const [registration, setRegistration] = useState<Registration>();
  const ask = useCallback(
    () =>
      post<RegistrationQuery, object>(stringifyDocument(RegistrationDocument), {}).then(
        (data) => {
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
