-- +goose Up
-- What search looks in: the name without diacritics; '' until it is made, for
-- accounts of an older program. Why an officer locked the account, as a code.
ALTER TABLE account ADD COLUMN folded TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN lock_reason TEXT NOT NULL DEFAULT '';
CREATE INDEX account_folded ON account (folded, id);

-- Changes of accounts that an officer made at the counter, with what was
-- checked; those of level 2 wait for a second officer (state 'pending'). data
-- is what is to be written, sealed, and taken away when the request ends.
-- subject keeps two requests for one thing apart; for an account that is still
-- to be made it is a keyed digest of the number. Purged 400 days after they
-- were asked for, as long as the question who saw which paper may come up.
CREATE TABLE account_request (
    id           TEXT PRIMARY KEY,
    kind         TEXT NOT NULL,
    subject      TEXT NOT NULL,
    account_id   TEXT REFERENCES account (id),
    data         TEXT,
    checked      TEXT NOT NULL,
    state        TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    requested_at TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL,
    decided_by   TEXT,
    decided_at   TIMESTAMPTZ
);
CREATE UNIQUE INDEX account_request_open ON account_request (subject) WHERE state = 'pending';
CREATE INDEX account_request_account ON account_request (account_id, requested_at);
CREATE INDEX account_request_state ON account_request (state, requested_at);

-- A spreadsheet of accounts between its preview and its import, and for its
-- report afterwards. Purged 24 hours after it was uploaded, with its parts.
CREATE TABLE account_import (
    id         TEXT PRIMARY KEY,
    file       TEXT NOT NULL,
    state      TEXT NOT NULL,
    good       INTEGER NOT NULL,
    mended     INTEGER NOT NULL,
    refused    INTEGER NOT NULL,
    written    INTEGER NOT NULL,
    parts      INTEGER NOT NULL,
    by_id      TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    applied_at TIMESTAMPTZ
);
CREATE INDEX account_import_created ON account_import (created_at);

-- The rows of a spreadsheet, a hundred in each, sealed. Purged with it.
CREATE TABLE account_import_part (
    import_id TEXT NOT NULL REFERENCES account_import (id),
    part      INTEGER NOT NULL,
    data      TEXT NOT NULL,
    PRIMARY KEY (import_id, part)
);
