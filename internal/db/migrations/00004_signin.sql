-- +goose Up
-- Sign-ins under way at an identity provider. state, browser token and nonce
-- are kept as SHA-256; verifier is sealed and emptied when the row is used.
-- fresh_after is the earliest acceptable auth_time. Purged 24 hours after
-- expires_at, so that a late answer still knows the way back.
CREATE TABLE signin_transaction (
    state_hash   TEXT PRIMARY KEY,
    issuer       TEXT NOT NULL,
    browser_hash TEXT NOT NULL,
    nonce_hash   TEXT NOT NULL,
    verifier     TEXT NOT NULL,
    return_to    TEXT NOT NULL,
    fresh_after  TIMESTAMPTZ,
    restarts     INTEGER NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL,
    used_at      TIMESTAMPTZ
);
CREATE INDEX signin_transaction_expires ON signin_transaction (expires_at);

-- People of the portal, as their provider last described them. The key is
-- (issuer, subject); number is deliberately not unique: the same number from
-- another provider is another row. Kept while the person has dossiers or
-- signs in; a citizen without either is for a later rule to delete.
CREATE TABLE citizen (
    id           TEXT PRIMARY KEY,
    issuer       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    number       TEXT NOT NULL,
    name         TEXT NOT NULL,
    birth_date   TEXT NOT NULL,
    sex          TEXT NOT NULL,
    phone        TEXT NOT NULL,
    level        TEXT NOT NULL,
    account_type TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    updated_at   TIMESTAMPTZ NOT NULL,
    UNIQUE (issuer, subject)
);

-- The last sign-ins that a citizen sees on their page. Purged after 180 days
-- and beyond the newest 50 of a citizen; the audit log is the long memory.
CREATE TABLE citizen_sign_in (
    id         TEXT PRIMARY KEY,
    citizen_id TEXT NOT NULL REFERENCES citizen (id),
    at         TIMESTAMPTZ NOT NULL,
    agent      TEXT NOT NULL,
    address    TEXT NOT NULL,
    method     TEXT NOT NULL
);
CREATE INDEX citizen_sign_in_citizen ON citizen_sign_in (citizen_id, at);
CREATE INDEX citizen_sign_in_at ON citizen_sign_in (at);
