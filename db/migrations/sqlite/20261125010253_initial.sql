-- +goose Up
-- create "blacklisted_tokens" table
CREATE TABLE `blacklisted_tokens` (`jti` uuid NOT NULL, `generation` integer NOT NULL, `blacklisted_at` datetime NOT NULL, `expires_at` datetime NOT NULL, `session_id` uuid NOT NULL, PRIMARY KEY (`jti`), CONSTRAINT `blacklisted_tokens_sessions_blacklisted_tokens` FOREIGN KEY (`session_id`) REFERENCES `sessions` (`id`) ON DELETE CASCADE);
-- create index "blacklistedtoken_session_id_generation" to table: "blacklisted_tokens"
CREATE INDEX `blacklistedtoken_session_id_generation` ON `blacklisted_tokens` (`session_id`, `generation`);
-- create index "blacklistedtoken_expires_at" to table: "blacklisted_tokens"
CREATE INDEX `blacklistedtoken_expires_at` ON `blacklisted_tokens` (`expires_at`);
-- create "chats" table
CREATE TABLE `chats` (`id` uuid NOT NULL, `number` integer NOT NULL, `place` integer NOT NULL, `tag` integer NOT NULL, `username` text NOT NULL, `text` text NOT NULL, `created_at` datetime NOT NULL, `room_id` uuid NOT NULL, `user_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `chats_rooms_chats` FOREIGN KEY (`room_id`) REFERENCES `rooms` (`id`) ON DELETE RESTRICT, CONSTRAINT `chats_users_chats` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE RESTRICT);
-- create index "chat_room_id_number" to table: "chats"
CREATE UNIQUE INDEX `chat_room_id_number` ON `chats` (`room_id`, `number`);
-- create "rooms" table
CREATE TABLE `rooms` (`id` uuid NOT NULL, `created_at` datetime NOT NULL, `name` text NOT NULL, `name_key` text NULL, `topic` text NULL, `deleted_at` datetime NULL, `last_place` integer NOT NULL DEFAULT (0), `last_number` integer NOT NULL DEFAULT (0), `last_tag` integer NOT NULL DEFAULT (0), `last_at` datetime NOT NULL, `owner_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `rooms_users_rooms` FOREIGN KEY (`owner_id`) REFERENCES `users` (`id`) ON DELETE RESTRICT);
-- create index "rooms_name_key_key" to table: "rooms"
CREATE UNIQUE INDEX `rooms_name_key_key` ON `rooms` (`name_key`);
-- create index "room_last_at_id" to table: "rooms"
CREATE INDEX `room_last_at_id` ON `rooms` (`last_at`, `id`);
-- create "room_events" table
CREATE TABLE `room_events` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `place` integer NOT NULL, `number` integer NOT NULL, `kind` text NOT NULL, `tag` integer NOT NULL, `at` datetime NOT NULL, `actor_id` uuid NOT NULL, `chat_id` uuid NULL, `room_id` uuid NOT NULL, CONSTRAINT `room_events_rooms_events` FOREIGN KEY (`room_id`) REFERENCES `rooms` (`id`) ON DELETE RESTRICT);
-- create index "roomevent_room_id_place" to table: "room_events"
CREATE UNIQUE INDEX `roomevent_room_id_place` ON `room_events` (`room_id`, `place`);
-- create "sessions" table
CREATE TABLE `sessions` (`id` uuid NOT NULL, `created_at` datetime NOT NULL, `last_used_at` datetime NOT NULL, `expires_at` datetime NOT NULL, `ends_at` datetime NULL, `revoked_at` datetime NULL, `revoked_reason` text NULL, `generation` integer NOT NULL DEFAULT (0), `refresh_jti` uuid NULL, `refresh_issued_at` datetime NOT NULL, `refresh_kid` text NOT NULL, `parent_jti` uuid NULL, `rotated_at` datetime NULL, `retry_hash` blob NULL, `user_agent` text NULL, `ip_address` text NULL, `ip_network` text NULL, `user_id` uuid NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `sessions_users_sessions` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE);
-- create index "session_revoked_at" to table: "sessions"
CREATE INDEX `session_revoked_at` ON `sessions` (`revoked_at`);
-- create index "session_user_id_ip_network" to table: "sessions"
CREATE INDEX `session_user_id_ip_network` ON `sessions` (`user_id`, `ip_network`);
-- create "users" table
CREATE TABLE `users` (`id` uuid NOT NULL, `created_at` datetime NOT NULL, `username` text NOT NULL, `username_key` text NOT NULL, `password_hash` text NULL, `password_version` integer NOT NULL DEFAULT (0), `deleted_at` datetime NULL, PRIMARY KEY (`id`));
-- create index "users_username_key_key" to table: "users"
CREATE UNIQUE INDEX `users_username_key_key` ON `users` (`username_key`);

-- +goose Down
-- reverse: create index "users_username_key_key" to table: "users"
DROP INDEX `users_username_key_key`;
-- reverse: create "users" table
DROP TABLE `users`;
-- reverse: create index "session_user_id_ip_network" to table: "sessions"
DROP INDEX `session_user_id_ip_network`;
-- reverse: create index "session_revoked_at" to table: "sessions"
DROP INDEX `session_revoked_at`;
-- reverse: create "sessions" table
DROP TABLE `sessions`;
-- reverse: create index "roomevent_room_id_place" to table: "room_events"
DROP INDEX `roomevent_room_id_place`;
-- reverse: create "room_events" table
DROP TABLE `room_events`;
-- reverse: create index "room_last_at_id" to table: "rooms"
DROP INDEX `room_last_at_id`;
-- reverse: create index "rooms_name_key_key" to table: "rooms"
DROP INDEX `rooms_name_key_key`;
-- reverse: create "rooms" table
DROP TABLE `rooms`;
-- reverse: create index "chat_room_id_number" to table: "chats"
DROP INDEX `chat_room_id_number`;
-- reverse: create "chats" table
DROP TABLE `chats`;
-- reverse: create index "blacklistedtoken_expires_at" to table: "blacklisted_tokens"
DROP INDEX `blacklistedtoken_expires_at`;
-- reverse: create index "blacklistedtoken_session_id_generation" to table: "blacklisted_tokens"
DROP INDEX `blacklistedtoken_session_id_generation`;
-- reverse: create "blacklisted_tokens" table
DROP TABLE `blacklisted_tokens`;
