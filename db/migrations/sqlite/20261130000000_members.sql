-- +goose Up
-- modify "room_events" table
ALTER TABLE `room_events` ADD COLUMN `user_id` uuid NULL;
ALTER TABLE `room_events` ADD COLUMN `username` text NULL;
ALTER TABLE `room_events` ADD COLUMN `name` text NULL;
-- create index "roomevent_room_id_user_id_place" to table: "room_events"
CREATE INDEX `roomevent_room_id_user_id_place` ON `room_events` (`room_id`, `user_id`, `place`) WHERE user_id IS NOT NULL;
-- modify "users" table
ALTER TABLE `users` ADD COLUMN `leaving` bool NULL;
ALTER TABLE `users` ADD COLUMN `rooms_version` integer NOT NULL DEFAULT (0);
-- create index "user_leaving" to table: "users"
CREATE INDEX `user_leaving` ON `users` (`leaving`) WHERE leaving;
-- modify "rooms" table
DROP INDEX `room_last_at_id`;
DROP INDEX `rooms_name_key_key`;
ALTER TABLE `rooms` RENAME COLUMN `owner_id` TO `created_by`;
ALTER TABLE `rooms` ADD COLUMN `kind` text NOT NULL DEFAULT ('PUBLIC');
ALTER TABLE `rooms` ADD COLUMN `direct_key` text NULL;
ALTER TABLE `rooms` ADD COLUMN `enrolling` bool NULL;
ALTER TABLE `rooms` ADD COLUMN `send_role` integer NOT NULL DEFAULT (2);
ALTER TABLE `rooms` ADD COLUMN `member_count` integer NOT NULL DEFAULT (0);
ALTER TABLE `rooms` ADD COLUMN `access_version` integer NOT NULL DEFAULT (0);
ALTER TABLE `rooms` ADD COLUMN `revoked_place` integer NOT NULL DEFAULT (0);
-- create index "rooms_direct_key_key" to table: "rooms"
CREATE UNIQUE INDEX `rooms_direct_key_key` ON `rooms` (`direct_key`);
-- create index "room_last_at_id" to table: "rooms"
CREATE INDEX `room_last_at_id` ON `rooms` (`last_at`, `id`) WHERE kind = 'PUBLIC' AND deleted_at IS NULL;
-- create index "room_enrolling" to table: "rooms"
CREATE INDEX `room_enrolling` ON `rooms` (`enrolling`) WHERE enrolling;
-- create index "room_name_key" to table: "rooms"
CREATE UNIQUE INDEX `room_name_key` ON `rooms` (`name_key`) WHERE kind = 'PUBLIC';
-- create "bans" table
CREATE TABLE `bans` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `banned_by` uuid NOT NULL, `reason` text NULL, `until` datetime NULL, `created_at` datetime NOT NULL, `room_id` uuid NOT NULL, `user_id` uuid NOT NULL, CONSTRAINT `bans_rooms_bans` FOREIGN KEY (`room_id`) REFERENCES `rooms` (`id`) ON DELETE RESTRICT, CONSTRAINT `bans_users_bans` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE RESTRICT);
-- create index "ban_room_id_user_id" to table: "bans"
CREATE UNIQUE INDEX `ban_room_id_user_id` ON `bans` (`room_id`, `user_id`);
-- create "invites" table
CREATE TABLE `invites` (`id` uuid NOT NULL, `code` text NOT NULL, `created_at` datetime NOT NULL, `uses` integer NULL, `uses_left` integer NULL, `until` datetime NULL, `room_id` uuid NOT NULL, `created_by` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `invites_rooms_invites` FOREIGN KEY (`room_id`) REFERENCES `rooms` (`id`) ON DELETE RESTRICT, CONSTRAINT `invites_users_invites` FOREIGN KEY (`created_by`) REFERENCES `users` (`id`) ON DELETE RESTRICT);
-- create index "invites_code_key" to table: "invites"
CREATE UNIQUE INDEX `invites_code_key` ON `invites` (`code`);
-- create index "invite_room_id" to table: "invites"
CREATE INDEX `invite_room_id` ON `invites` (`room_id`);
-- create "members" table
CREATE TABLE `members` (`id` uuid NOT NULL, `role` integer NOT NULL, `username_key` text NOT NULL, `joined_place` integer NOT NULL, `joined_version` integer NOT NULL DEFAULT (0), `joined_at` datetime NOT NULL, `hidden_number` integer NULL, `room_id` uuid NOT NULL, `user_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `members_rooms_members` FOREIGN KEY (`room_id`) REFERENCES `rooms` (`id`) ON DELETE RESTRICT, CONSTRAINT `members_users_memberships` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE RESTRICT);
-- create index "member_user_id_room_id" to table: "members"
CREATE UNIQUE INDEX `member_user_id_room_id` ON `members` (`user_id`, `room_id`);
-- create index "member_room_id_role_username_key" to table: "members"
CREATE INDEX `member_room_id_role_username_key` ON `members` (`room_id`, `role`, `username_key`);
-- whoever has made a room owns it; where that account is gone, the person who has sent there first
INSERT INTO "members" ("id", "role", "username_key", "joined_place", "joined_at", "room_id", "user_id")
SELECT lower(substr(hex(randomblob(16)), 1, 8) || '-' || substr(hex(randomblob(2)), 1, 4) || '-4' || substr(hex(randomblob(2)), 2, 3) || '-8' || substr(hex(randomblob(2)), 2, 3) || '-' || hex(randomblob(6))), 0, u."username_key", 0, o."created_at", o."id", u."id" FROM (
  SELECT r."id", r."created_at", CASE WHEN m."deleted_at" IS NULL THEN m."id" ELSE (
    SELECT c."user_id" FROM "chats" c JOIN "users" a ON a."id" = c."user_id"
    WHERE c."room_id" = r."id" AND a."deleted_at" IS NULL ORDER BY c."number" LIMIT 1) END AS "owner"
  FROM "rooms" r JOIN "users" m ON m."id" = r."created_by" WHERE r."deleted_at" IS NULL
) o JOIN "users" u ON u."id" = o."owner";
UPDATE "rooms" SET "member_count" = 1 WHERE "id" IN (SELECT "room_id" FROM "members");
-- all others who have sent become members in the background
UPDATE "rooms" SET "enrolling" = true WHERE "deleted_at" IS NULL AND "last_number" > 0;

-- +goose Down
DROP TABLE `members`;
DROP TABLE `invites`;
DROP TABLE `bans`;
DROP INDEX `room_name_key`;
DROP INDEX `room_enrolling`;
DROP INDEX `room_last_at_id`;
DROP INDEX `rooms_direct_key_key`;
ALTER TABLE `rooms` DROP COLUMN `revoked_place`;
ALTER TABLE `rooms` DROP COLUMN `access_version`;
ALTER TABLE `rooms` DROP COLUMN `member_count`;
ALTER TABLE `rooms` DROP COLUMN `send_role`;
ALTER TABLE `rooms` DROP COLUMN `enrolling`;
ALTER TABLE `rooms` DROP COLUMN `direct_key`;
ALTER TABLE `rooms` DROP COLUMN `kind`;
ALTER TABLE `rooms` RENAME COLUMN `created_by` TO `owner_id`;
CREATE UNIQUE INDEX `rooms_name_key_key` ON `rooms` (`name_key`);
CREATE INDEX `room_last_at_id` ON `rooms` (`last_at`, `id`);
DROP INDEX `user_leaving`;
ALTER TABLE `users` DROP COLUMN `rooms_version`;
ALTER TABLE `users` DROP COLUMN `leaving`;
DROP INDEX `roomevent_room_id_user_id_place`;
ALTER TABLE `room_events` DROP COLUMN `name`;
ALTER TABLE `room_events` DROP COLUMN `username`;
ALTER TABLE `room_events` DROP COLUMN `user_id`;
