-- +goose Up
-- The audit log (QCVN 12:2026/BCA: time, action, accounts, addresses, device,
-- process). Rows are written once; batch is set once, when the row is sealed.
-- Purged with its batch 367 days after it was sealed.
CREATE TABLE audit_record (
    id          TEXT PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL,
    action      TEXT NOT NULL,
    actor_kind  TEXT NOT NULL,
    actor_id    TEXT NOT NULL,
    target_kind TEXT NOT NULL,
    target_id   TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    reason      TEXT NOT NULL,
    detail      TEXT NOT NULL,
    site        TEXT NOT NULL,
    request_id  TEXT NOT NULL,
    source      TEXT NOT NULL,
    destination TEXT NOT NULL,
    device      TEXT NOT NULL,
    process     TEXT NOT NULL,
    batch       BIGINT
);
CREATE INDEX audit_record_batch ON audit_record (batch);
CREATE INDEX audit_record_at ON audit_record (at, id);
CREATE INDEX audit_record_actor ON audit_record (actor_id, at);
CREATE INDEX audit_record_target ON audit_record (target_id, at);

-- Seals. leaves holds a line "id digest" for each record of the batch in the
-- order of ids; hash covers the other columns and prev, the hash of the batch
-- before. Purged with the records.
CREATE TABLE audit_batch (
    n           BIGINT PRIMARY KEY,
    sealed_ms   BIGINT NOT NULL,
    records     INTEGER NOT NULL,
    leaves      TEXT NOT NULL,
    leaves_hash TEXT NOT NULL,
    prev        TEXT NOT NULL,
    hash        TEXT NOT NULL
);

-- Both ends of the chain, one row for ever: n and hash of the last batch, and
-- of the last one purged.
CREATE TABLE audit_head (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    n         BIGINT NOT NULL,
    hash      TEXT NOT NULL,
    base      BIGINT NOT NULL,
    base_hash TEXT NOT NULL,
    sealed_ms BIGINT NOT NULL,
    seal      TEXT NOT NULL
);
INSERT INTO audit_head (id, n, hash, base, base_hash, sealed_ms, seal) VALUES (1, 0, '', 0, '', 0, '');
