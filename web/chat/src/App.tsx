import { useEffect } from "react";
import { Provider } from "urql";
import { useStore } from "./api/store";
import { signedIn } from "./auth/session";
import { Shell } from "./pages/Shell";
import { SignIn } from "./pages/SignIn";
import { keepFocus } from "./ui/focus";
import { ServicesContext } from "./ui/services";

/** App is the sign-in, or the chat of whoever is signed in. */
export function App() {
  const now = useStore(signedIn);
  useEffect(keepFocus, []);
  if (!now.services) return <SignIn because={now.because} />;
  return (
    // Another person begins with nothing of the last one.
    <ServicesContext key={now.services.me.id} value={now.services}>
      <Provider value={now.services.client}>
        <Shell />
      </Provider>
    </ServicesContext>
  );
}
