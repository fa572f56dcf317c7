-- +goose Up
-- add column "edited_at" to table: "chats"
ALTER TABLE `chats` ADD COLUMN `edited_at` datetime NULL;
-- add column "deleted_at" to table: "chats"
ALTER TABLE `chats` ADD COLUMN `deleted_at` datetime NULL;

-- +goose Down
-- reverse: add column "deleted_at" to table: "chats"
ALTER TABLE `chats` DROP COLUMN `deleted_at`;
-- reverse: add column "edited_at" to table: "chats"
ALTER TABLE `chats` DROP COLUMN `edited_at`;
