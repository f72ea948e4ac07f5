-- +goose Up
-- Letters that the counter hands to a person whose card it has seen: one of
-- the two proofs with which a forgotten password is set anew. The code's
-- SHA-256 only. Purged 7 days after they end or are used.
CREATE TABLE recovery_letter (
    id          TEXT PRIMARY KEY,
    account_id  TEXT NOT NULL REFERENCES account (id),
    code_digest TEXT NOT NULL UNIQUE,
    created_at  TIMESTAMPTZ NOT NULL,
    expires_at  TIMESTAMPTZ NOT NULL,
    used_at     TIMESTAMPTZ
);
CREATE INDEX recovery_letter_account ON recovery_letter (account_id);

-- What a person does to their own account in several steps: proving again who
-- they are (proof), naming another phone (new_phone), a forgotten password
-- (forgotten). account_id is NULL for a number that has no account, so that
-- both look the same. Codes are keyed digests. Purged 48 hours after it began.
CREATE TABLE account_errand (
    id              TEXT PRIMARY KEY,
    kind            TEXT NOT NULL,
    account_id      TEXT REFERENCES account (id),
    session_id      TEXT,
    browser         TEXT NOT NULL,
    limit_key       TEXT NOT NULL,
    phone           TEXT NOT NULL,
    source          TEXT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    sends           INTEGER NOT NULL,
    code_at         TIMESTAMPTZ NOT NULL,
    code_digest     TEXT NOT NULL,
    former_at       TIMESTAMPTZ,
    former_digest   TEXT NOT NULL,
    sms_id          TEXT NOT NULL,
    held            TEXT NOT NULL,
    failures        INTEGER NOT NULL,
    coded_at        TIMESTAMPTZ,
    request_id      TEXT,
    second          TEXT NOT NULL,
    second_failures INTEGER NOT NULL,
    letter_id       TEXT,
    ended_at        TIMESTAMPTZ
);
CREATE INDEX account_errand_session ON account_errand (session_id, kind);
CREATE INDEX account_errand_request ON account_errand (request_id);
CREATE INDEX account_errand_created ON account_errand (created_at);

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
