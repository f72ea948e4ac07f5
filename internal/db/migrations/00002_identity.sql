-- +goose Up
-- People who authenticate at the provider. Kept while the account exists.
CREATE TABLE account (
    id              TEXT PRIMARY KEY,
    number          TEXT NOT NULL UNIQUE,
    name            TEXT NOT NULL,
    birth_date      TEXT NOT NULL,
    sex             TEXT NOT NULL,
    phone           TEXT NOT NULL,
    level           INTEGER NOT NULL,
    kind            TEXT NOT NULL,
    status          TEXT NOT NULL,
    password_hash   TEXT,
    password_set_at TIMESTAMPTZ,
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL,
    version         BIGINT NOT NULL
);

-- One-time codes that let a person set a password. Purged 7 days after they
-- expire or are used.
CREATE TABLE activation (
    id          TEXT PRIMARY KEY,
    account_id  TEXT NOT NULL REFERENCES account (id),
    code_digest TEXT NOT NULL UNIQUE,
    created_at  TIMESTAMPTZ NOT NULL,
    expires_at  TIMESTAMPTZ NOT NULL,
    used_at     TIMESTAMPTZ
);
CREATE INDEX activation_account ON activation (account_id);

-- Consecutive password failures. subject is a keyed digest of the number (and
-- of the device, for one that is known), so that numbers nobody has look the
-- same here as accounts. A row of no account is purged 24 hours after its last
-- failure; the count of an account ends only with a success or an administrator.
CREATE TABLE sign_in_throttle (
    subject     TEXT PRIMARY KEY,
    failures    INTEGER NOT NULL,
    blocked_until TIMESTAMPTZ,
    account_id  TEXT,
    notified    BOOLEAN NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL
);
CREATE INDEX sign_in_throttle_updated ON sign_in_throttle (updated_at);
CREATE INDEX sign_in_throttle_account ON sign_in_throttle (account_id);

-- Browsers in which an account has signed in before: failures elsewhere do not
-- shut them out. Purged 180 days after the last use.
CREATE TABLE known_device (
    digest       TEXT NOT NULL,
    account_id   TEXT NOT NULL REFERENCES account (id),
    created_at   TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (digest, account_id)
);
CREATE INDEX known_device_used ON known_device (last_used_at);

-- One OTP attempt: from the right password to the confirmed code. Purged 48
-- hours after its creation; the daily limits look back 24 hours.
CREATE TABLE otp_attempt (
    id           TEXT PRIMARY KEY,
    account_id   TEXT NOT NULL REFERENCES account (id),
    request_id   TEXT NOT NULL,
    browser      TEXT NOT NULL,
    service      TEXT NOT NULL,
    phone        TEXT NOT NULL,
    source       TEXT NOT NULL,
    state        TEXT NOT NULL,
    failures     INTEGER NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    confirmed_at TIMESTAMPTZ
);
CREATE INDEX otp_attempt_request ON otp_attempt (request_id, created_at);
CREATE INDEX otp_attempt_account ON otp_attempt (account_id, created_at);
CREATE INDEX otp_attempt_created ON otp_attempt (created_at);

-- The codes of an attempt, as keyed digests only. Purged with the attempt.
CREATE TABLE otp_code (
    id         TEXT PRIMARY KEY,
    attempt_id TEXT NOT NULL REFERENCES otp_attempt (id),
    account_id TEXT NOT NULL,
    phone      TEXT NOT NULL,
    source     TEXT NOT NULL,
    digest     TEXT NOT NULL,
    sms_id     TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at    TIMESTAMPTZ,
    settled    BOOLEAN NOT NULL
);
CREATE INDEX otp_code_attempt ON otp_code (attempt_id, created_at);
CREATE INDEX otp_code_phone ON otp_code (phone, created_at);
CREATE INDEX otp_code_account ON otp_code (account_id, created_at);
CREATE INDEX otp_code_source ON otp_code (source, created_at);
CREATE INDEX otp_code_created ON otp_code (created_at);
