-- +goose Up
-- whoever is in a room has read it up to now
UPDATE "members" SET "last_read" = r."last_number" FROM "rooms" r WHERE r."id" = "members"."room_id";

-- +goose Down
-- nothing: what they have read goes with its column
SELECT 1;
