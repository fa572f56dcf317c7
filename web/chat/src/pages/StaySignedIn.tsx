/** StaySignedIn says what this browser keeps, and why. */
export function StaySignedIn() {
  return (
    <section className="why">
      <h2>How you stay signed in</h2>
      <p>
        This browser keeps a refresh token in its local storage, so that you need not sign in again after closing the
        tab, and all tabs are one sign-in. It is as good as your password until you sign out: on a computer that others
        use, sign out when you leave. What the token buys is kept in memory only, and runs out by itself. If somebody
        copies the refresh token and uses it, the server sees it used twice and ends the sign-in. The browser also keeps
        what you have begun to write and what waits to be sent: until you sign out, or somebody else signs in here.
      </p>
    </section>
  );
}
