-- +goose Up
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
DELETE FROM "members";
UPDATE "rooms" SET "member_count" = 0, "enrolling" = NULL;
