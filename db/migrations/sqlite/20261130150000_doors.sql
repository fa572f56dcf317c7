-- +goose Up
-- add column "data" to table: "chats"
ALTER TABLE `chats` ADD COLUMN `data` text NULL;
-- add column "data" to table: "rooms"
ALTER TABLE `rooms` ADD COLUMN `data` text NULL;
-- add what people are and are called to table: "users", without copying its rows
ALTER TABLE `users` ADD COLUMN `name` text NULL;
ALTER TABLE `users` ADD COLUMN `image` text NULL;
ALTER TABLE `users` ADD COLUMN `admin` bool NULL;
ALTER TABLE `users` ADD COLUMN `disabled_at` datetime NULL;
ALTER TABLE `users` ADD COLUMN `issuer` text NULL;
ALTER TABLE `users` ADD COLUMN `subject` text NULL;
ALTER TABLE `users` ADD COLUMN `bot` bool NULL;
ALTER TABLE `users` ADD COLUMN `token_hash` blob NULL;
-- create index "user_admin" to table: "users"
CREATE INDEX `user_admin` ON `users` (`admin`) WHERE admin;
-- create index "user_bot" to table: "users"
CREATE INDEX `user_bot` ON `users` (`bot`) WHERE bot;
-- create index "user_issuer_subject" to table: "users"
CREATE UNIQUE INDEX `user_issuer_subject` ON `users` (`issuer`, `subject`) WHERE issuer IS NOT NULL;
-- create "server_invites" table
CREATE TABLE `server_invites` (`id` uuid NOT NULL, `code` text NOT NULL, `created_at` datetime NOT NULL, `uses` integer NULL, `uses_left` integer NULL, `until` datetime NULL, `created_by` uuid NULL, PRIMARY KEY (`id`), CONSTRAINT `server_invites_users_server_invites` FOREIGN KEY (`created_by`) REFERENCES `users` (`id`) ON DELETE RESTRICT);
-- create index "server_invites_code_key" to table: "server_invites"
CREATE UNIQUE INDEX `server_invites_code_key` ON `server_invites` (`code`);

-- +goose Down
DROP TABLE `server_invites`;
DROP INDEX `user_issuer_subject`;
DROP INDEX `user_bot`;
DROP INDEX `user_admin`;
ALTER TABLE `users` DROP COLUMN `token_hash`;
ALTER TABLE `users` DROP COLUMN `bot`;
ALTER TABLE `users` DROP COLUMN `subject`;
ALTER TABLE `users` DROP COLUMN `issuer`;
ALTER TABLE `users` DROP COLUMN `disabled_at`;
ALTER TABLE `users` DROP COLUMN `admin`;
ALTER TABLE `users` DROP COLUMN `image`;
ALTER TABLE `users` DROP COLUMN `name`;
ALTER TABLE `rooms` DROP COLUMN `data`;
ALTER TABLE `chats` DROP COLUMN `data`;
