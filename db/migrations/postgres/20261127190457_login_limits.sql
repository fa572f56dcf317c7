-- +goose Up
-- create "login_limits" table
CREATE TABLE "login_limits" ("bucket" character varying NOT NULL, "full_at" timestamptz(3) NOT NULL, PRIMARY KEY ("bucket"));
-- create index "loginlimit_full_at" to table: "login_limits"
CREATE INDEX "loginlimit_full_at" ON "login_limits" ("full_at");

-- +goose Down
-- reverse: create index "loginlimit_full_at" to table: "login_limits"
DROP INDEX "loginlimit_full_at";
-- reverse: create "login_limits" table
DROP TABLE "login_limits";
