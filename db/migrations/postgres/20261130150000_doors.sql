-- +goose Up
-- modify "chats" table
ALTER TABLE "chats" ADD COLUMN "data" text NULL;
-- modify "rooms" table
ALTER TABLE "rooms" ADD COLUMN "data" character varying NULL;
-- modify "users" table
ALTER TABLE "users" ADD COLUMN "name" character varying NULL, ADD COLUMN "image" character varying NULL, ADD COLUMN "admin" boolean NULL, ADD COLUMN "disabled_at" timestamptz(3) NULL, ADD COLUMN "issuer" character varying NULL, ADD COLUMN "subject" character varying NULL, ADD COLUMN "bot" boolean NULL, ADD COLUMN "token_hash" bytea NULL;
-- create index "user_admin" to table: "users"
CREATE INDEX "user_admin" ON "users" ("admin") WHERE admin;
-- create index "user_bot" to table: "users"
CREATE INDEX "user_bot" ON "users" ("bot") WHERE bot;
-- create index "user_issuer_subject" to table: "users"
CREATE UNIQUE INDEX "user_issuer_subject" ON "users" ("issuer", "subject") WHERE (issuer IS NOT NULL);
-- create "server_invites" table
CREATE TABLE "server_invites" ("id" uuid NOT NULL, "code" character varying NOT NULL, "created_at" timestamptz(3) NOT NULL, "uses" bigint NULL, "uses_left" bigint NULL, "until" timestamptz(3) NULL, "created_by" uuid NULL, PRIMARY KEY ("id"), CONSTRAINT "server_invites_users_server_invites" FOREIGN KEY ("created_by") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE RESTRICT);
-- create index "server_invites_code_key" to table: "server_invites"
CREATE UNIQUE INDEX "server_invites_code_key" ON "server_invites" ("code");

-- +goose Down
-- reverse: create index "server_invites_code_key" to table: "server_invites"
DROP INDEX "server_invites_code_key";
-- reverse: create "server_invites" table
DROP TABLE "server_invites";
-- reverse: create index "user_issuer_subject" to table: "users"
DROP INDEX "user_issuer_subject";
-- reverse: create index "user_bot" to table: "users"
DROP INDEX "user_bot";
-- reverse: create index "user_admin" to table: "users"
DROP INDEX "user_admin";
-- reverse: modify "users" table
ALTER TABLE "users" DROP COLUMN "token_hash", DROP COLUMN "bot", DROP COLUMN "subject", DROP COLUMN "issuer", DROP COLUMN "disabled_at", DROP COLUMN "admin", DROP COLUMN "image", DROP COLUMN "name";
-- reverse: modify "rooms" table
ALTER TABLE "rooms" DROP COLUMN "data";
-- reverse: modify "chats" table
ALTER TABLE "chats" DROP COLUMN "data";
