-- +goose Up
-- create index "reaction_chat_id_emoji_place" to table: "reactions"
CREATE INDEX "reaction_chat_id_emoji_place" ON "reactions" ("chat_id", "emoji", "place");

-- +goose Down
-- reverse: create index "reaction_chat_id_emoji_place" to table: "reactions"
DROP INDEX "reaction_chat_id_emoji_place";
