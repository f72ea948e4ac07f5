-- +goose Up
-- Text messages. text is sealed with the row's id and nulled as soon as the
-- message was accepted or has failed. Purged hourly, 30 days after creation;
-- a message still queued past not_after is failed by the same run.
CREATE TABLE sms_message (
    id         TEXT PRIMARY KEY,
    phone      TEXT NOT NULL,
    text       TEXT,
    purpose    TEXT NOT NULL,
    subject    TEXT NOT NULL,
    state      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    attempts   INTEGER NOT NULL,
    provider   TEXT NOT NULL,
    ref        TEXT NOT NULL,
    not_after  TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX sms_message_created ON sms_message (created_at);
CREATE INDEX sms_message_state ON sms_message (state, not_after);
CREATE INDEX sms_message_ref ON sms_message (provider, ref);
