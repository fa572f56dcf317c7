-- +goose Up
-- modify "rooms" table
ALTER TABLE "rooms" ADD COLUMN "purging" boolean NULL;
-- create index "room_purging" to table: "rooms"
CREATE INDEX "room_purging" ON "rooms" ("purging") WHERE purging;

-- +goose Down
-- reverse: create index "room_purging" to table: "rooms"
DROP INDEX "room_purging";
-- reverse: modify "rooms" table
ALTER TABLE "rooms" DROP COLUMN "purging";
