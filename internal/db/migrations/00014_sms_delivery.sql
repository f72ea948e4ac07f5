-- +goose Up
-- handing names the provider that a message is being handed to and is emptied
-- when its answer is written: a row that still has it lost its process midway,
-- and nobody knows whether the message went out. unit is whose message it is.
ALTER TABLE sms_message ADD COLUMN handing TEXT NOT NULL DEFAULT '';
ALTER TABLE sms_message ADD COLUMN unit TEXT NOT NULL DEFAULT '';

-- The parts of an accepted message, as its provider names them in receipts.
-- Purged with the message.
CREATE TABLE sms_part (
    provider   TEXT NOT NULL,
    ref        TEXT NOT NULL,
    message_id TEXT NOT NULL,
    PRIMARY KEY (provider, ref, message_id)
);
CREATE INDEX sms_part_message ON sms_part (message_id);

-- Delivery receipts, apart from the messages because one may come before the
-- row of its message says accepted. Purged hourly, 30 days after they came.
CREATE TABLE sms_receipt (
    provider    TEXT NOT NULL,
    ref         TEXT NOT NULL,
    state       TEXT NOT NULL,
    code        TEXT NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (provider, ref)
);
CREATE INDEX sms_receipt_received ON sms_receipt (received_at);

-- How the providers fare, for all processes: failures in a row, since when,
-- and how long the provider is passed by. One row each, kept.
CREATE TABLE sms_provider (
    name         TEXT PRIMARY KEY,
    failures     INTEGER NOT NULL,
    rested_until TIMESTAMPTZ NOT NULL,
    why          TEXT NOT NULL,
    since        TIMESTAMPTZ NOT NULL
);

-- Who holds one of the places at a gateway that allows only so many binds, and
-- whether the line stands. One row for each place, kept.
CREATE TABLE sms_bind (
    provider   TEXT NOT NULL,
    place      INTEGER NOT NULL,
    holder     TEXT NOT NULL,
    held_until TIMESTAMPTZ NOT NULL,
    bound      BOOLEAN NOT NULL,
    PRIMARY KEY (provider, place)
);

-- The operators' switch: a row while SMS is declared out of order.
CREATE TABLE sms_outage (
    id    INTEGER PRIMARY KEY,
    note  TEXT NOT NULL,
    since TIMESTAMPTZ NOT NULL
);

-- What messages cost, by the day (of Vietnam) on which they were queued. Kept
-- two years.
CREATE TABLE sms_count (
    day       TEXT NOT NULL,
    provider  TEXT NOT NULL,
    purpose   TEXT NOT NULL,
    unit      TEXT NOT NULL,
    messages  INTEGER NOT NULL,
    parts     INTEGER NOT NULL,
    price     BIGINT NOT NULL,
    delivered INTEGER NOT NULL,
    failed    INTEGER NOT NULL,
    PRIMARY KEY (day, provider, purpose, unit)
);
