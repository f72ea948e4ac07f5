-- +goose Up
-- When a used code came again: no token is given for the request after that.
ALTER TABLE auth_request ADD COLUMN code_reused_at TIMESTAMPTZ;
