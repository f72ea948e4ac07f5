-- +goose Up
-- Where an officer's number comes from: 'self' (typed by the officer, never a
-- way in), 'admin', 'vneid', or '' without a number. Numbers known so far were
-- set from the console.
ALTER TABLE officer ADD COLUMN number_source TEXT NOT NULL DEFAULT '';
UPDATE officer SET number_source = 'admin' WHERE number IS NOT NULL;

-- The second factor: secret sealed with the officer's id, NULL without one;
-- the last time step that was accepted, so that none is accepted twice.
ALTER TABLE officer ADD COLUMN totp_secret TEXT;
ALTER TABLE officer ADD COLUMN totp_since TIMESTAMPTZ;
ALTER TABLE officer ADD COLUMN totp_last_step BIGINT NOT NULL DEFAULT 0;

ALTER TABLE officer ADD COLUMN last_sign_in_at TIMESTAMPTZ;
ALTER TABLE officer ADD COLUMN previous_sign_in_at TIMESTAMPTZ;

-- What replaces a lost second factor, as digests of codes of 78 bits. Gone
-- with the secret they belong to.
CREATE TABLE recovery_code (
    officer_id TEXT NOT NULL REFERENCES officer (id),
    digest     TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    used_at    TIMESTAMPTZ,
    PRIMARY KEY (officer_id, digest)
);

-- Browsers in which an officer has signed in before: failures elsewhere do
-- not shut them out. Purged 180 days after the last use.
CREATE TABLE officer_device (
    digest       TEXT NOT NULL,
    officer_id   TEXT NOT NULL REFERENCES officer (id),
    created_at   TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (digest, officer_id)
);
CREATE INDEX officer_device_used ON officer_device (last_used_at);

-- A sign-in between its first proof and its session, found by the digest of
-- the browser's token. totp_secret is the one being enrolled, sealed with id.
-- Lives 10 minutes; purged a day after its creation.
CREATE TABLE officer_step (
    id           TEXT PRIMARY KEY,
    token_digest TEXT NOT NULL UNIQUE,
    officer_id   TEXT NOT NULL REFERENCES officer (id),
    next         TEXT NOT NULL,
    amr          TEXT NOT NULL,
    failures     INTEGER NOT NULL,
    totp_secret  TEXT,
    issuer       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    provider_sid TEXT NOT NULL,
    device       TEXT NOT NULL,
    machine      TEXT NOT NULL,
    former       TEXT NOT NULL,
    agent        TEXT NOT NULL,
    source       TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL,
    ended_at     TIMESTAMPTZ
);
CREATE INDEX officer_step_officer ON officer_step (officer_id);
CREATE INDEX officer_step_created ON officer_step (created_at);

-- Which person at a provider is which officer. Ends with a reset, or when the
-- officer's number changes.
CREATE TABLE officer_link (
    issuer     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    officer_id TEXT NOT NULL REFERENCES officer (id),
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE UNIQUE INDEX officer_link_officer ON officer_link (officer_id, issuer);

-- What an officer's session carries beyond browser_session: the active post,
-- whether the screen is locked, wrong passwords given inside. totp_secret is
-- the one being enrolled, sealed with session_id. Purged a day after its
-- creation: no session lives longer.
CREATE TABLE office_visit (
    session_id  TEXT PRIMARY KEY,
    officer_id  TEXT NOT NULL REFERENCES officer (id),
    post_id     TEXT,
    locked_at   TIMESTAMPTZ,
    failures    INTEGER NOT NULL,
    totp_secret TEXT,
    created_at  TIMESTAMPTZ NOT NULL
);
CREATE INDEX office_visit_created ON office_visit (created_at);

-- A form that was posted when the session had ended, sealed with its id, for
-- the same officer after the next sign-in. Used once; lives 15 minutes.
CREATE TABLE kept_form (
    id         TEXT PRIMARY KEY,
    officer_id TEXT NOT NULL REFERENCES officer (id),
    content    TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX kept_form_officer ON kept_form (officer_id);
CREATE INDEX kept_form_expires ON kept_form (expires_at);

-- Shared machines: a browser by the digest of its mark, or a network by its
-- prefix. Kept until an administrator removes them.
CREATE TABLE shared_place (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    key        TEXT NOT NULL UNIQUE,
    label      TEXT NOT NULL,
    officer_id TEXT NOT NULL REFERENCES officer (id),
    created_at TIMESTAMPTZ NOT NULL
);

-- A service whose sign-ins share no session with the browser's others.
ALTER TABLE client ADD COLUMN isolated BOOLEAN NOT NULL DEFAULT FALSE;
