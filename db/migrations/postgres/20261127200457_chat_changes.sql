-- +goose Up
-- modify "chats" table
ALTER TABLE "chats" ADD COLUMN "edited_at" timestamptz(3) NULL, ADD COLUMN "deleted_at" timestamptz(3) NULL;

-- +goose Down
-- reverse: modify "chats" table
ALTER TABLE "chats" DROP COLUMN "deleted_at", DROP COLUMN "edited_at";
