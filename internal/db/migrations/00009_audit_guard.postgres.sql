-- +goose Up
-- Keeps the audit log append-only against the program's own mistakes and
-- against hands that don't know better. 31622400000 ms are 366 days. Must say
-- the same as 00009_audit_guard.sqlite.sql.
-- +goose StatementBegin
CREATE FUNCTION audit_record_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE unsealed audit_record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.batch IS NULL THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'audit: a record is new and unsealed';
    ELSIF TG_OP = 'UPDATE' THEN
        unsealed := NEW;
        unsealed.batch := NULL;
        IF OLD.batch IS NULL AND unsealed IS NOT DISTINCT FROM OLD
            AND NEW.batch = (SELECT n + 1 FROM audit_head) THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'audit: a record does not change';
    ELSIF TG_OP = 'DELETE' THEN
        IF OLD.batch <= (SELECT base FROM audit_head) THEN RETURN OLD; END IF;
        RAISE EXCEPTION 'audit: a record is kept until its batch is purged';
    END IF;
    RAISE EXCEPTION 'audit: the log is not emptied';
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION audit_batch_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT 1 FROM audit_head h WHERE NEW.n = h.n + 1 AND NEW.prev = h.hash) THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'audit: a batch follows the last one';
    ELSIF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'audit: a batch does not change';
    ELSIF TG_OP = 'DELETE' THEN
        IF OLD.n <= (SELECT base FROM audit_head) THEN RETURN OLD; END IF;
        RAISE EXCEPTION 'audit: a batch is kept until it is purged';
    END IF;
    RAISE EXCEPTION 'audit: the log is not emptied';
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION audit_head_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.id = 1 AND NEW.n = OLD.n + 1 AND NEW.base = OLD.base AND NEW.base_hash = OLD.base_hash
            AND EXISTS (SELECT 1 FROM audit_batch b WHERE b.n = NEW.n AND b.hash = NEW.hash
                AND b.sealed_ms = NEW.sealed_ms AND b.sealed_ms >= OLD.sealed_ms) THEN RETURN NEW; END IF;
        IF NEW.id = 1 AND NEW.n = OLD.n AND NEW.hash = OLD.hash AND NEW.sealed_ms = OLD.sealed_ms AND NEW.base > OLD.base
            AND EXISTS (SELECT 1 FROM audit_batch b WHERE b.n = NEW.base AND b.hash = NEW.base_hash
                AND b.sealed_ms <= OLD.sealed_ms - 31622400000) THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'audit: the head moves by one batch, the base past 366 days';
    END IF;
    RAISE EXCEPTION 'audit: there is one head, and it stays';
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_record_guard BEFORE INSERT OR UPDATE OR DELETE ON audit_record
    FOR EACH ROW EXECUTE FUNCTION audit_record_guard();
CREATE TRIGGER audit_batch_guard BEFORE INSERT OR UPDATE OR DELETE ON audit_batch
    FOR EACH ROW EXECUTE FUNCTION audit_batch_guard();
CREATE TRIGGER audit_head_guard BEFORE INSERT OR UPDATE OR DELETE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_head_guard();
CREATE TRIGGER audit_record_truncate BEFORE TRUNCATE ON audit_record
    FOR EACH STATEMENT EXECUTE FUNCTION audit_record_guard();
CREATE TRIGGER audit_batch_truncate BEFORE TRUNCATE ON audit_batch
    FOR EACH STATEMENT EXECUTE FUNCTION audit_batch_guard();
CREATE TRIGGER audit_head_truncate BEFORE TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_head_guard();
