import { cacheExchange, type Cache } from "@urql/exchange-graphcache";
import type {
  AcceptInviteMutation,
  ActivitySubscription,
  CreateRoomMutation,
  DeleteRoomMutation,
  JoinRoomMutation,
  LeaveRoomMutation,
  OpenDirectMutation,
} from "../gql/graphql";

/** page is how many chats come at once. */
export const page = { newest: 50, older: 50 };

const none = () => null;

/** cache holds every object once. What a stream or an answer brings shows wherever the object is shown. */
export const cache = (me: string) =>
  cacheExchange({
    // Types without an id of their own, and people of whom no more is asked than what they are called.
    keys: {
      User: ({ id }) => (typeof id === "string" ? id : null),
      ChatConnection: none,
      ChatEdge: none,
      Event: none,
      Limits: none,
      MemberConnection: none,
      PageInfo: none,
      Reaction: none,
      RoomConnection: none,
      RoomEdge: none,
      Server: none,
    },
    updates: {
      Subscription: {
        events: (result, _, objects) => {
          const { kind, room, user } = (result as ActivitySubscription).events;
          const gone = kind === "ROOM_DELETED" || ((kind === "MEMBER_LEFT" || kind === "MEMBER_REMOVED") && user?.id === me);
          if (!gone || !room) return;
          unlist(objects, room.id);
          objects.invalidate({ __typename: "Room", id: room.id }); // what was read there is not shown again
        },
      },
      Mutation: {
        // A mutation that answers an object which the cache has not met makes it forget every object of the
        // type, and ask again for all that showed one, unless it is told that nothing else changes.
        sendChat: () => undefined,
        editChat: () => undefined,
        deleteChat: () => undefined,
        markRead: () => undefined,
        react: () => undefined,
        setTyping: () => undefined,
        updateMe: () => undefined,
        blockUser: (_, __, objects) => objects.invalidate("Query", "blockedUsers"),
        createRoom: (result, _, objects) => {
          const { createRoom } = result as CreateRoomMutation;
          if (createRoom) list(objects, createRoom.id);
        },
        openDirectRoom: (result, _, objects) => {
          const { openDirectRoom } = result as OpenDirectMutation;
          if (openDirectRoom) list(objects, openDirectRoom.id);
        },
        acceptInvite: (result, _, objects) => {
          const { acceptInvite } = result as AcceptInviteMutation;
          if (acceptInvite) list(objects, acceptInvite.room.id);
        },
        joinRoom: (result, _, objects) => {
          const { joinRoom } = result as JoinRoomMutation;
          if (joinRoom) list(objects, joinRoom.room.id);
        },
        leaveRoom: (result, { room }, objects) => {
          if ((result as LeaveRoomMutation).leaveRoom) unlist(objects, String(room));
        },
        // The members of a room are asked for when one looks at them.
        addMember: () => undefined,
        removeMember: () => undefined,
        setRole: () => undefined,
        createInvite: () => undefined,
        deleteInvite: () => undefined,
        deleteRoom: (result, _, objects) => {
          const { deleteRoom } = result as DeleteRoomMutation;
          if (deleteRoom) unlist(objects, deleteRoom);
        },
      },
    },
  });

// Every list of the rooms one is in that was asked for, whatever its other arguments.
function eachList(objects: Cache, change: (rooms: string[], args: Record<string, unknown>) => string[]): void {
  for (const field of objects.inspectFields("Query")) {
    if (field.fieldName !== "rooms" || field.arguments?.["scope"] !== "JOINED") continue;
    const connection = objects.resolve("Query", field.fieldKey);
    if (typeof connection !== "string") continue;
    const rooms = (objects.resolve(connection, "nodes") ?? []) as string[];
    objects.link(connection, "nodes", change(rooms, field.arguments ?? {}));
  }
}

const keyOf = (objects: Cache, room: string) => objects.keyOfEntity({ __typename: "Room", id: room }) ?? "";

function list(objects: Cache, room: string): void {
  const key = keyOf(objects, room);
  eachList(objects, (rooms, { matching }) => (matching || rooms.includes(key) ? rooms : [key, ...rooms]));
}

function unlist(objects: Cache, room: string): void {
  const key = keyOf(objects, room);
  eachList(objects, (rooms) => rooms.filter((other) => other !== key));
}
