-- +goose Up
-- add column "purging" to table: "rooms"
ALTER TABLE `rooms` ADD COLUMN `purging` bool NULL;
-- create index "room_purging" to table: "rooms"
CREATE INDEX `room_purging` ON `rooms` (`purging`) WHERE purging;

-- +goose Down
-- reverse: create index "room_purging" to table: "rooms"
DROP INDEX `room_purging`;
-- reverse: add column "purging" to table: "rooms"
ALTER TABLE `rooms` DROP COLUMN `purging`;
