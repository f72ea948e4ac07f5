-- +goose Up
-- What the personal page holds. phone is the number in use, pending_phone one
-- that waits for its code. receipt_password is sealed with the officer's id.
-- default_page is "post id:page". folded is what a search compares, '' until
-- it is made. profile_version counts changes of these columns alone, so that
-- neither a sign-in nor a reset disturbs an open form.
ALTER TABLE officer ADD COLUMN sex TEXT NOT NULL DEFAULT '';
ALTER TABLE officer ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE officer ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE officer ADD COLUMN birth_date TEXT NOT NULL DEFAULT '';
ALTER TABLE officer ADD COLUMN verified_at TIMESTAMPTZ;
ALTER TABLE officer ADD COLUMN phone_confirmed_at TIMESTAMPTZ;
ALTER TABLE officer ADD COLUMN pending_phone TEXT NOT NULL DEFAULT '';
ALTER TABLE officer ADD COLUMN avatar TEXT NOT NULL DEFAULT '';
ALTER TABLE officer ADD COLUMN receipt_account TEXT NOT NULL DEFAULT '';
ALTER TABLE officer ADD COLUMN receipt_password TEXT;
ALTER TABLE officer ADD COLUMN default_page TEXT NOT NULL DEFAULT '';
ALTER TABLE officer ADD COLUMN folded TEXT NOT NULL DEFAULT '';
ALTER TABLE officer ADD COLUMN profile_version BIGINT NOT NULL DEFAULT 1;

-- Which fields a change of a profile touched, and who made it: for telling
-- somebody whose form was open meanwhile. Kept 7 days; the audit log has the
-- values.
CREATE TABLE officer_change (
    officer_id TEXT NOT NULL REFERENCES officer (id),
    version    BIGINT NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    by_id      TEXT NOT NULL,
    fields     TEXT NOT NULL,
    PRIMARY KEY (officer_id, version)
);
CREATE INDEX officer_change_at ON officer_change (at);

-- Pictures of officers, each in both sizes. One in use for each officer; the
-- others (in_use FALSE) wait for the form they were sent with and are purged
-- after an hour.
CREATE TABLE officer_picture (
    id         TEXT PRIMARY KEY,
    officer_id TEXT NOT NULL REFERENCES officer (id),
    in_use     BOOLEAN NOT NULL,
    digest     TEXT NOT NULL,
    large      BYTEA NOT NULL,
    small      BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX officer_picture_used ON officer_picture (officer_id) WHERE in_use;
CREATE INDEX officer_picture_created ON officer_picture (created_at);

-- Codes that confirm an officer's phone. Purged after 48 hours; the daily
-- limits look back 24.
CREATE TABLE officer_phone_code (
    id         TEXT PRIMARY KEY,
    officer_id TEXT NOT NULL REFERENCES officer (id),
    phone      TEXT NOT NULL,
    digest     TEXT NOT NULL,
    sms_id     TEXT NOT NULL,
    failures   INTEGER NOT NULL,
    settled    BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at    TIMESTAMPTZ
);
CREATE INDEX officer_phone_code_officer ON officer_phone_code (officer_id, created_at);
CREATE INDEX officer_phone_code_phone ON officer_phone_code (phone, created_at);

-- Which officer holds which identity number in the certification system, as an
-- administrator imported it. Kept until another import changes the line.
CREATE TABLE certified_number (
    officer_id TEXT PRIMARY KEY REFERENCES officer (id),
    number     TEXT NOT NULL UNIQUE,
    by_id      TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL
);
