import { Failure } from "./failure";

const things: Record<string, string> = {
  username: "A username",
  password: "A password",
  name: "A room's name",
  nickname: "Your name",
  topic: "A topic",
  code: "A code",
  text: "A chat",
  emoji: "A reaction",
};

const sizes: Record<string, string> = {
  username: "has 3 to 32 characters",
  password: "has at least 8 characters and at most 1024 bytes",
  name: "has 2 to 64 characters",
  nickname: "has at most 64 characters",
  topic: "has at most 250 characters",
  text: "has 1 to 10,000 characters",
  emoji: "is one emoji, or one short word",
};

const characters: Record<string, string> = {
  username: "A username has letters, digits, “_”, “-” and “.” only, and ends with no dot.",
  nickname: "Your name cannot hold characters that are not seen, nor an emoji that is put together from several.",
};

// What is wrong with an argument, by its reason: the end of a sentence about the thing it names.
function argument({ reason = "" }: Failure, field: string): string {
  const thing = things[field] ?? "What you typed";
  switch (reason) {
    case "TOO_SHORT":
    case "TOO_LONG":
    case "REQUIRED":
      return `${thing} ${sizes[field] ?? "has another length"}.`;
    case "BAD_CHARACTER":
      return characters[field] ?? `${thing} cannot hold one of these characters.`;
    case "MIXED_SCRIPTS":
      return `${thing} has letters of one script only.`;
    case "LOOKS_LIKE_ID":
      return `${thing} cannot look like an id.`;
    case "COMMON":
      return "Everybody tries this password. Choose another.";
    case "EQUALS_USERNAME":
      return "The password cannot be the username.";
    default:
      return `${thing} is not acceptable.`;
  }
}

const seconds = (ms: number) => {
  const s = Math.max(1, Math.ceil(ms / 1000));
  if (s < 90) return s === 1 ? "a second" : `${s} seconds`;
  return `${Math.ceil(s / 60)} minutes`;
};

const texts: Record<string, string> = {
  NETWORK: "The server does not answer. Check your connection, then try again.",
  UNAUTHENTICATED: "You are signed out. Sign in again.",
  TOKEN_EXPIRED: "You are signed out. Sign in again.",
  SESSION_REVOKED: "This sign-in was ended. Sign in again.",
  INVALID_CREDENTIALS: "Wrong username or password.",
  USERNAME_TAKEN: "Somebody has this username. Choose another, or sign in.",
  ROOM_NAME_TAKEN: "There is a room of this name. Choose another.",
  FORBIDDEN: "You may not do this.",
  NOT_FOUND: "It is not there any more.",
  LIMIT_REACHED: "There are too many of these already.",
  SERVER_BUSY: "The server is busy. Try again in a moment.",
  SHUTTING_DOWN: "The server restarts. Try again in a moment.",
  STORAGE_FULL: "The server's disk is full: nothing new can be stored. Reading works.",
  TIMEOUT: "It took too long, and nothing was changed. Try again.",
  UNKNOWN_OUTCOME: "It is not known whether it was done. Look, then try again.",
};

const reasons: Record<string, string> = {
  READ_ONLY: "Only those who lead the room write here.",
  LAST_OWNER: "The last owner cannot go. Make somebody else an owner first, or delete the room.",
  BANNED: "You were banned from this room.",
  MEMBERS: "The room is full.",
  ROOMS: "That would be too many rooms for one person.",
  INVITES: "There are too many invites already. End one first.",
  BLOCKED: "One of you has blocked the other.",
  BLOCKS: "You have blocked as many people as one can.",
  DISABLED: "This account is disabled. Ask whoever runs this server.",
  REGISTRATION_CLOSED: "This invite lets nobody make an account here, or not any more. Ask for another.",
  NOT_FOR_MEMBERS: "Whoever runs this server leaves this to its admins.",
  REACTIONS: "There are as many reactions on this chat as there can be.",
};

/** describe says to a person what went wrong and what to do. What an argument is called may differ from its name. */
export function describe(error: unknown, field?: string): string {
  if (!(error instanceof Failure)) return "Something went wrong in this page. Reload it.";
  if (error.code === "BAD_USER_INPUT") return argument(error, field ?? error.field ?? "");
  if (error.code === "RATE_LIMITED") {
    return error.retryAfterMs ? `Too fast. Try again in ${seconds(error.retryAfterMs)}.` : "Too fast. Wait a little.";
  }
  const reason = reasons[error.reason ?? ""];
  if (reason) return reason;
  const id = error.requestId ? ` Its number in the log: ${error.requestId}.` : "";
  return texts[error.code] ?? `The server could not do this.${id}`;
}
