-- +goose Up
-- Refresh tokens of a provider elsewhere, one for a session of the portal,
-- sealed with the session's id: by them the portal says that the person is at
-- work (SES-01). Deleted when the session or the token has ended.
CREATE TABLE citizen_refresh (
    session_id   TEXT PRIMARY KEY,
    token        TEXT NOT NULL,
    refreshed_at TIMESTAMPTZ NOT NULL,
    tried_at     TIMESTAMPTZ NOT NULL
);
CREATE INDEX citizen_refresh_tried ON citizen_refresh (tried_at);
