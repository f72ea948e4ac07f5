-- +goose Up
-- Keeps the audit log append-only against the program's own mistakes and
-- against hands that don't know better. 31622400000 ms are 366 days. REPLACE
-- deletes without firing DELETE triggers, so the INSERT triggers refuse what is
-- there already. Must say the same as 00009_audit_guard.postgres.sql.
-- +goose StatementBegin
CREATE TRIGGER audit_record_insert BEFORE INSERT ON audit_record
WHEN NEW.batch IS NOT NULL OR EXISTS (SELECT 1 FROM audit_record WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'audit: a record is new and unsealed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_record_update BEFORE UPDATE ON audit_record
WHEN NOT (OLD.batch IS NULL AND NEW.batch IS (SELECT n + 1 FROM audit_head)
    AND NEW.id IS OLD.id AND NEW.at IS OLD.at AND NEW.action IS OLD.action
    AND NEW.actor_kind IS OLD.actor_kind AND NEW.actor_id IS OLD.actor_id
    AND NEW.target_kind IS OLD.target_kind AND NEW.target_id IS OLD.target_id
    AND NEW.outcome IS OLD.outcome AND NEW.reason IS OLD.reason AND NEW.detail IS OLD.detail
    AND NEW.site IS OLD.site AND NEW.request_id IS OLD.request_id AND NEW.source IS OLD.source
    AND NEW.destination IS OLD.destination AND NEW.device IS OLD.device AND NEW.process IS OLD.process)
BEGIN SELECT RAISE(ABORT, 'audit: a record does not change'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_record_delete BEFORE DELETE ON audit_record
WHEN OLD.batch IS NULL OR OLD.batch > (SELECT base FROM audit_head)
BEGIN SELECT RAISE(ABORT, 'audit: a record is kept until its batch is purged'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_batch_insert BEFORE INSERT ON audit_batch
WHEN NEW.n IS NOT (SELECT n + 1 FROM audit_head) OR NEW.prev IS NOT (SELECT hash FROM audit_head)
    OR EXISTS (SELECT 1 FROM audit_batch WHERE n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'audit: a batch follows the last one'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_batch_update BEFORE UPDATE ON audit_batch
BEGIN SELECT RAISE(ABORT, 'audit: a batch does not change'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_batch_delete BEFORE DELETE ON audit_batch
WHEN OLD.n > (SELECT base FROM audit_head)
BEGIN SELECT RAISE(ABORT, 'audit: a batch is kept until it is purged'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_head_insert BEFORE INSERT ON audit_head
BEGIN SELECT RAISE(ABORT, 'audit: there is one head'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_head_update BEFORE UPDATE ON audit_head
WHEN NOT (NEW.id = 1 AND (
    (NEW.n = OLD.n + 1 AND NEW.base = OLD.base AND NEW.base_hash = OLD.base_hash
        AND EXISTS (SELECT 1 FROM audit_batch b WHERE b.n = NEW.n AND b.hash = NEW.hash
            AND b.sealed_ms = NEW.sealed_ms AND b.sealed_ms >= OLD.sealed_ms))
    OR (NEW.n = OLD.n AND NEW.hash = OLD.hash AND NEW.sealed_ms = OLD.sealed_ms AND NEW.base > OLD.base
        AND EXISTS (SELECT 1 FROM audit_batch b WHERE b.n = NEW.base AND b.hash = NEW.base_hash
            AND b.sealed_ms <= OLD.sealed_ms - 31622400000))))
BEGIN SELECT RAISE(ABORT, 'audit: the head moves by one batch, the base past 366 days'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_head_delete BEFORE DELETE ON audit_head
BEGIN SELECT RAISE(ABORT, 'audit: the head stays'); END;
-- +goose StatementEnd
