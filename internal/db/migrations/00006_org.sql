-- +goose Up
-- Bodies of the province. Kept for ever: dossiers name them.
CREATE TABLE unit (
    id         TEXT PRIMARY KEY,
    code       TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    parent_id  TEXT REFERENCES unit (id),
    kind       TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    version    BIGINT NOT NULL
);
CREATE INDEX unit_parent ON unit (parent_id);

-- Officers. Kept for ever: a username is never given to somebody else.
-- number is unique among those who may sign in.
CREATE TABLE officer (
    id              TEXT PRIMARY KEY,
    username        TEXT NOT NULL UNIQUE,
    name            TEXT NOT NULL,
    number          TEXT,
    phone           TEXT,
    password_hash   TEXT NOT NULL,
    password_set_at TIMESTAMPTZ NOT NULL,
    must_change     BOOLEAN NOT NULL,
    status          TEXT NOT NULL,
    failures        INTEGER NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL,
    version         BIGINT NOT NULL
);
CREATE UNIQUE INDEX officer_number ON officer (number) WHERE status IN ('active', 'locked');

-- What an officer may act as, and since when. unit_id is NULL for the whole
-- province. Kept as long as officers.
CREATE TABLE post (
    id         TEXT PRIMARY KEY,
    officer_id TEXT NOT NULL REFERENCES officer (id),
    unit_id    TEXT REFERENCES unit (id),
    role       TEXT NOT NULL,
    from_at    TIMESTAMPTZ NOT NULL,
    to_at      TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX post_officer ON post (officer_id, from_at);
CREATE INDEX post_unit ON post (unit_id);

-- One row: which officer was made first and so became the administrator. Two
-- consoles at once cannot both write it.
CREATE TABLE first_officer (
    only_one   INTEGER PRIMARY KEY CHECK (only_one = 1),
    officer_id TEXT NOT NULL
);
