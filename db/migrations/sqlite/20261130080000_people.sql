-- +goose Up
-- add columns "last_read" and "notify" to table: "members"
ALTER TABLE `members` ADD COLUMN `last_read` integer NOT NULL DEFAULT 0;
ALTER TABLE `members` ADD COLUMN `notify` integer NULL;
-- add column "emoji" to table: "room_events"
ALTER TABLE `room_events` ADD COLUMN `emoji` text NULL;
-- add columns "reply_to" and "answered" to table: "chats"
ALTER TABLE `chats` ADD COLUMN `reply_to` uuid NULL;
ALTER TABLE `chats` ADD COLUMN `answered` bool NULL;
-- create index "chat_reply_to_number" to table: "chats"
CREATE INDEX `chat_reply_to_number` ON `chats` (`reply_to`, `number`) WHERE reply_to IS NOT NULL;
-- create "blocks" table
CREATE TABLE `blocks` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `created_at` datetime NOT NULL, `user_id` uuid NOT NULL, `blocked_id` uuid NOT NULL, CONSTRAINT `blocks_users_blocks` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE RESTRICT, CONSTRAINT `blocks_users_blocked_by` FOREIGN KEY (`blocked_id`) REFERENCES `users` (`id`) ON DELETE RESTRICT);
-- create index "block_user_id_blocked_id" to table: "blocks"
CREATE UNIQUE INDEX `block_user_id_blocked_id` ON `blocks` (`user_id`, `blocked_id`);
-- create "mentions" table
CREATE TABLE `mentions` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `room_id` uuid NOT NULL, `number` integer NOT NULL, `answers` bool NOT NULL, `sent_at` datetime NOT NULL, `chat_id` uuid NOT NULL, `user_id` uuid NOT NULL, CONSTRAINT `mentions_chats_mentions` FOREIGN KEY (`chat_id`) REFERENCES `chats` (`id`) ON DELETE CASCADE, CONSTRAINT `mentions_users_mentions` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE RESTRICT);
-- create index "mention_user_id_room_id_number_answers" to table: "mentions"
CREATE UNIQUE INDEX `mention_user_id_room_id_number_answers` ON `mentions` (`user_id`, `room_id`, `number`, `answers`);
-- create index "mention_user_id_sent_at_chat_id" to table: "mentions"
CREATE INDEX `mention_user_id_sent_at_chat_id` ON `mentions` (`user_id`, `sent_at`, `chat_id`);
-- create index "mention_chat_id" to table: "mentions"
CREATE INDEX `mention_chat_id` ON `mentions` (`chat_id`);
-- create "reactions" table
CREATE TABLE `reactions` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `room_id` uuid NOT NULL, `emoji` text NOT NULL, `place` integer NOT NULL, `chat_id` uuid NOT NULL, `user_id` uuid NOT NULL, CONSTRAINT `reactions_chats_reactions` FOREIGN KEY (`chat_id`) REFERENCES `chats` (`id`) ON DELETE CASCADE, CONSTRAINT `reactions_users_reactions` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE RESTRICT);
-- create index "reaction_chat_id_emoji_user_id" to table: "reactions"
CREATE UNIQUE INDEX `reaction_chat_id_emoji_user_id` ON `reactions` (`chat_id`, `emoji`, `user_id`);

-- +goose Down
DROP TABLE `reactions`;
DROP TABLE `mentions`;
DROP TABLE `blocks`;
DROP INDEX `chat_reply_to_number`;
ALTER TABLE `chats` DROP COLUMN `answered`;
ALTER TABLE `chats` DROP COLUMN `reply_to`;
ALTER TABLE `room_events` DROP COLUMN `emoji`;
ALTER TABLE `members` DROP COLUMN `notify`;
ALTER TABLE `members` DROP COLUMN `last_read`;
