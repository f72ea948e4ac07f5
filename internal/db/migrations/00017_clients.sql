-- +goose Up
-- What a service is for, in both languages: shown where a person is asked
-- whether it may have data (OP-20). '' for the program's own services.
ALTER TABLE client ADD COLUMN purpose TEXT NOT NULL DEFAULT '';
ALTER TABLE client ADD COLUMN purpose_en TEXT NOT NULL DEFAULT '';
-- Services of the same authority are not asked about (first_party); refresh
-- tokens are for services that are registered for them.
ALTER TABLE client ADD COLUMN first_party BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE client ADD COLUMN refresh BOOLEAN NOT NULL DEFAULT FALSE;
-- Public keys (a JWK set) of a service that proves itself by private_key_jwt;
-- '' for one with secrets.
ALTER TABLE client ADD COLUMN jwks TEXT NOT NULL DEFAULT '';
-- Where a browser tells a service of a sign-out (OpenID Connect Front-Channel
-- Logout 1.0); '' for one that is not told so.
ALTER TABLE client ADD COLUMN frontchannel_logout_uri TEXT NOT NULL DEFAULT '';
-- registered_at: a person registered it; NULL for the program's own, which
-- every start writes anew. removed_at: it is no longer a service; the row is
-- purged 31 days later, when nothing refers to it any more.
ALTER TABLE client ADD COLUMN registered_at TIMESTAMPTZ;
ALTER TABLE client ADD COLUMN removed_at TIMESTAMPTZ;

-- Secrets of registered services, by SHA-256: at most two at a time, so that
-- one can be changed without an outage (OP-07). Deleted when retired.
CREATE TABLE client_secret (
    id         TEXT PRIMARY KEY,
    client_id  TEXT NOT NULL REFERENCES client (id),
    digest     TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    used_at    TIMESTAMPTZ
);
CREATE INDEX client_secret_client ON client_secret (client_id);

-- Assertions of private_key_jwt that were used, by SHA-256 of service and jti.
-- Purged an hour after they came: none lives longer than five minutes.
CREATE TABLE client_assertion (
    digest     TEXT PRIMARY KEY,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX client_assertion_created ON client_assertion (created_at);

-- Which service has received which kinds of a person's data. agreed_at is NULL
-- where nobody was asked (first_party). A row lives until the person revokes
-- it, the service is removed, or three years without use have passed.
CREATE TABLE client_grant (
    account_id TEXT NOT NULL,
    client_id  TEXT NOT NULL REFERENCES client (id),
    scopes     TEXT NOT NULL,
    first_at   TIMESTAMPTZ NOT NULL,
    last_at    TIMESTAMPTZ NOT NULL,
    agreed_at  TIMESTAMPTZ,
    PRIMARY KEY (account_id, client_id)
);
CREATE INDEX client_grant_client ON client_grant (client_id);
CREATE INDEX client_grant_last ON client_grant (last_at);

-- When all that was given for a request ended before its time: a refresh token
-- came twice, the service or the person took it back.
ALTER TABLE auth_request ADD COLUMN revoked_at TIMESTAMPTZ;

-- Refresh tokens, by digest. Those of one request are a family (OP-12); parent
-- is the digest of the token that this one replaced, '' for the first. used_at:
-- it was exchanged; again_at: its answer was lost and it was answered once
-- more. Purged 24 hours after creation: no session lives longer.
CREATE TABLE refresh_token (
    digest     TEXT PRIMARY KEY,
    request_id TEXT NOT NULL,
    parent     TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    used_at    TIMESTAMPTZ,
    again_at   TIMESTAMPTZ
);
CREATE INDEX refresh_token_request ON refresh_token (request_id);
CREATE INDEX refresh_token_parent ON refresh_token (parent);
CREATE INDEX refresh_token_created ON refresh_token (created_at);
CREATE INDEX access_token_account ON access_token (account_id, client_id);

-- The service asked that the person be asked (prompt=consent).
ALTER TABLE auth_request ADD COLUMN ask_consent BOOLEAN NOT NULL DEFAULT FALSE;
