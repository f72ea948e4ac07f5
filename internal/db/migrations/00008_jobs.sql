-- +goose Up
-- Jobs. state is ready, running, done, dead (gave up) or cancelled (its
-- handler said never again). leased_until is set while running: past it the
-- process that ran the job is taken for dead. Kept 3 days after done, 90 days
-- after dead or cancelled.
CREATE TABLE job (
    id           TEXT PRIMARY KEY,
    kind         TEXT NOT NULL,
    args         TEXT NOT NULL,
    state        TEXT NOT NULL,
    attempt      INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    run_at       TIMESTAMPTZ NOT NULL,
    leased_until TIMESTAMPTZ,
    leased_by    TEXT,
    unique_key   TEXT,
    last_error   TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    finished_at  TIMESTAMPTZ
);
CREATE INDEX job_ready ON job (run_at) WHERE state = 'ready';
CREATE INDEX job_running ON job (leased_until) WHERE state = 'running';
CREATE INDEX job_finished ON job (finished_at) WHERE finished_at IS NOT NULL;
CREATE UNIQUE INDEX job_unique ON job (kind, unique_key) WHERE unique_key IS NOT NULL;

-- What runs at intervals, one row for each kind, for ever.
CREATE TABLE job_periodic (
    kind             TEXT PRIMARY KEY,
    next_run_at      TIMESTAMPTZ NOT NULL,
    leased_until     TIMESTAMPTZ,
    leased_by        TEXT,
    last_started_at  TIMESTAMPTZ,
    last_finished_at TIMESTAMPTZ,
    last_error       TEXT NOT NULL
);
