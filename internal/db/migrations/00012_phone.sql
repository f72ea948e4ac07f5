-- +goose Up
-- Phones on which an account was activated: the public half of a key that the
-- phone cannot give away, and the passcode as an Argon2id hash. One per account
-- is active. Ended ones are purged after 400 days: until then "which phone was
-- it" can be answered.
CREATE TABLE phone (
    id            TEXT PRIMARY KEY,
    account_id    TEXT NOT NULL REFERENCES account (id),
    public_key    TEXT NOT NULL,
    name          TEXT NOT NULL,
    passcode_hash TEXT NOT NULL,
    failures      INTEGER NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    last_used_at  TIMESTAMPTZ NOT NULL,
    ended_at      TIMESTAMPTZ,
    end_reason    TEXT
);
CREATE UNIQUE INDEX phone_active ON phone (account_id) WHERE ended_at IS NULL;
CREATE INDEX phone_account ON phone (account_id, created_at);

-- The phone app on its way from number and password to a session, one row for
-- a browser: under which name its codes are sent, and which phone's key it has
-- shown. Purged after 48 hours.
CREATE TABLE app_entry (
    browser      TEXT PRIMARY KEY,
    request_id   TEXT NOT NULL,
    proven_phone TEXT NOT NULL,
    proven_at    TIMESTAMPTZ,
    created_at   TIMESTAMPTZ NOT NULL
);
CREATE INDEX app_entry_created ON app_entry (created_at);

-- What the phone app's session (browser_session of kind 'app') may do: nothing
-- before a phone stands here, nothing after ends_at. Purged 48 hours after its
-- creation.
CREATE TABLE app_session (
    session_id    TEXT PRIMARY KEY,
    account_id    TEXT NOT NULL REFERENCES account (id),
    phone_id      TEXT,
    wait_until    TIMESTAMPTZ,
    passcode_at   TIMESTAMPTZ,
    code_failures INTEGER NOT NULL,
    ends_at       TIMESTAMPTZ,
    created_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX app_session_created ON app_session (created_at);

-- A phone that is to replace another without its help: from when it may be
-- activated. device is the digest of the mark of the browser that asked. Purged
-- 30 days after until.
CREATE TABLE phone_wait (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    device     TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    until      TIMESTAMPTZ NOT NULL,
    ended_at   TIMESTAMPTZ,
    end_reason TEXT
);
CREATE INDEX phone_wait_account ON phone_wait (account_id, started_at);
CREATE INDEX phone_wait_until ON phone_wait (until);

-- Challenges that a phone's key has answered, by digest: each counts once.
-- Purged once they are too old to be answered.
CREATE TABLE phone_challenge (
    digest  TEXT PRIMARY KEY,
    used_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX phone_challenge_used ON phone_challenge (used_at);

-- One QR code of a sign-in page, from its first picture to the session it
-- opens. What the code holds is derived from the id and stands here as digests.
-- Purged 48 hours after its creation; one that opened a session after 30 days,
-- because the list of sign-ins shows it.
CREATE TABLE qr_attempt (
    id            TEXT PRIMARY KEY,
    request_id    TEXT NOT NULL,
    browser       TEXT NOT NULL,
    token_digest  TEXT NOT NULL UNIQUE,
    code_digest   TEXT NOT NULL,
    state         TEXT NOT NULL,
    nth           INTEGER NOT NULL,
    client_id     TEXT NOT NULL,
    service       TEXT NOT NULL,
    service_en    TEXT NOT NULL,
    sms_name      TEXT NOT NULL,
    host          TEXT NOT NULL,
    agent         TEXT NOT NULL,
    source        TEXT NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    expires_at    TIMESTAMPTZ NOT NULL,
    changed_at    TIMESTAMPTZ NOT NULL,
    how           TEXT NOT NULL,
    account_id    TEXT,
    phone_id      TEXT,
    number        TEXT NOT NULL,
    numbers       TEXT NOT NULL,
    place         TEXT NOT NULL,
    shown         TEXT NOT NULL,
    second        BOOLEAN NOT NULL,
    signature     TEXT NOT NULL,
    approved_at   TIMESTAMPTZ,
    used_at       TIMESTAMPTZ,
    session_id    TEXT,
    notice_digest TEXT UNIQUE
);
CREATE INDEX qr_attempt_request ON qr_attempt (request_id, browser, created_at);
CREATE INDEX qr_attempt_code ON qr_attempt (code_digest);
CREATE INDEX qr_attempt_changed ON qr_attempt (changed_at);
CREATE INDEX qr_attempt_created ON qr_attempt (created_at);
CREATE INDEX qr_attempt_session ON qr_attempt (session_id);
CREATE UNIQUE INDEX qr_attempt_live ON qr_attempt (request_id, browser) WHERE state IN ('waiting', 'scanned', 'approved');
CREATE UNIQUE INDEX qr_attempt_pending ON qr_attempt (account_id) WHERE state = 'scanned';

-- Networks from which an account's owner does not sign in, because the owner
-- said "Không phải tôi" to one that asked. Purged when they end.
CREATE TABLE account_block (
    account_id TEXT NOT NULL REFERENCES account (id),
    network    TEXT NOT NULL,
    until      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, network)
);
CREATE INDEX account_block_until ON account_block (until);
