-- +goose Up
-- Keys that seal columns ('data') and make keyed digests ('mac'), wrapped by
-- the master key, which is not in the database. Kept for ever: a retired data
-- key still opens what it sealed.
CREATE TABLE secret_key (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    wrapped    TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX secret_key_created ON secret_key (kind, created_at);

-- Rate limits. digest hides the key (a phone, an address) and the limit's
-- name; tat is GCRA's theoretical arrival time in microseconds since 1970.
-- Purged hourly once tat has passed: the row then says nothing.
CREATE TABLE rate_limit (
    digest TEXT PRIMARY KEY,
    tat    BIGINT NOT NULL
);
CREATE INDEX rate_limit_tat ON rate_limit (tat);

-- Browser sessions of all sites. token_digest is the SHA-256 of what the
-- cookie holds. data is sealed by its site and nulled when the session is
-- revoked, or by the hourly purge when it ends by itself. Rows are purged
-- hourly, 30 days after the absolute end: until then a person can see the last
-- sign-ins.
CREATE TABLE browser_session (
    id            TEXT PRIMARY KEY,
    token_digest  TEXT NOT NULL UNIQUE,
    site          TEXT NOT NULL,
    kind          TEXT NOT NULL,
    subject       TEXT NOT NULL,
    provider_sid  TEXT NOT NULL,
    auth_time     TIMESTAMPTZ NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    seen_at       TIMESTAMPTZ NOT NULL,
    idle_until    TIMESTAMPTZ NOT NULL,
    expires_at    TIMESTAMPTZ NOT NULL,
    idle_seconds  INTEGER NOT NULL,
    amr           TEXT NOT NULL,
    agent         TEXT NOT NULL,
    address       TEXT NOT NULL,
    data          TEXT,
    revoked_at    TIMESTAMPTZ,
    revoke_reason TEXT
);
CREATE INDEX browser_session_subject ON browser_session (subject, site, created_at);
CREATE INDEX browser_session_provider ON browser_session (provider_sid);
CREATE INDEX browser_session_expires ON browser_session (expires_at);
CREATE INDEX browser_session_data ON browser_session (expires_at) WHERE data IS NOT NULL;
