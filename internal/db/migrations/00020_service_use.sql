-- +goose Up
-- Which services received data of which account, since when and which kinds.
-- A row stays until its owner revokes it or 400 days without use.
CREATE TABLE service_use (
    account_id TEXT NOT NULL,
    client_id  TEXT NOT NULL,
    scopes     TEXT NOT NULL,
    first_at   TIMESTAMPTZ NOT NULL,
    last_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, client_id)
);
CREATE INDEX service_use_last ON service_use (last_at);
