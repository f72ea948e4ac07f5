-- +goose Up
-- Where a service is told that a session has ended (OpenID Connect
-- Back-Channel Logout 1.0); '' for one that is not told.
ALTER TABLE client ADD COLUMN backchannel_logout_uri TEXT NOT NULL DEFAULT '';

-- One service to be told that one session of the provider has ended. state is
-- 'waiting', 'delivered' or 'given_up'; last_error a code, '' after success.
-- Purged 30 days after its creation.
CREATE TABLE logout_delivery (
    id          TEXT PRIMARY KEY,
    session_id  TEXT NOT NULL,
    client_id   TEXT NOT NULL REFERENCES client (id),
    account_id  TEXT NOT NULL,
    cause       TEXT NOT NULL,
    state       TEXT NOT NULL,
    attempts    INTEGER NOT NULL,
    last_error  TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    next_try_at TIMESTAMPTZ,
    ended_at    TIMESTAMPTZ,
    UNIQUE (session_id, client_id)
);
CREATE INDEX logout_delivery_created ON logout_delivery (created_at);
CREATE INDEX logout_delivery_state ON logout_delivery (state, created_at);

-- Logout tokens that a relying party has taken, by SHA-256 of audience, issuer
-- and jti. Purged a day after they came, when any token has long expired.
CREATE TABLE signin_logout_token (
    digest     TEXT PRIMARY KEY,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX signin_logout_token_created ON signin_logout_token (created_at);

-- Finds what has ended by itself. idle_until never lies after expires_at.
UPDATE browser_session SET idle_until = expires_at WHERE idle_until > expires_at;
CREATE INDEX browser_session_open ON browser_session (site, kind, idle_until) WHERE revoked_at IS NULL;
