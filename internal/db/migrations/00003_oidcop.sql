-- +goose Up
-- Services that may ask the provider who somebody is.
CREATE TABLE client (
    id                   TEXT PRIMARY KEY,
    name                 TEXT NOT NULL,
    name_en              TEXT NOT NULL,
    secret_digest        TEXT NOT NULL,
    redirect_uris        TEXT NOT NULL,
    post_logout_uris     TEXT NOT NULL,
    sign_in_url          TEXT NOT NULL,
    scopes               TEXT NOT NULL,
    sms_name             TEXT NOT NULL,
    id_token_alg         TEXT NOT NULL,
    created_at           TIMESTAMPTZ NOT NULL,
    updated_at           TIMESTAMPTZ NOT NULL
);

-- Keys that sign tokens. The private half is sealed with kid as its row id.
-- A row goes when its last token has ended (remove_at).
CREATE TABLE signing_key (
    kid        TEXT PRIMARY KEY,
    alg        TEXT NOT NULL,
    private    TEXT NOT NULL,
    public     TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    sign_from  TIMESTAMPTZ NOT NULL,
    sign_until TIMESTAMPTZ,
    remove_at  TIMESTAMPTZ
);

-- One authorization request, from /authorize to its single code. state and
-- nonce are sealed with the row's id and emptied once they have been given
-- back. Purged 24 hours after its creation: until then a page left open can
-- still say which service it was for.
CREATE TABLE auth_request (
    id             TEXT PRIMARY KEY,
    client_id      TEXT NOT NULL REFERENCES client (id),
    redirect_uri   TEXT NOT NULL,
    state          TEXT NOT NULL,
    nonce          TEXT NOT NULL,
    scopes         TEXT NOT NULL,
    challenge      TEXT NOT NULL,
    login_hint     TEXT NOT NULL,
    acr            TEXT NOT NULL,
    browser        TEXT NOT NULL,
    created_at     TIMESTAMPTZ NOT NULL,
    expires_at     TIMESTAMPTZ NOT NULL,
    account_id     TEXT,
    session_id     TEXT,
    auth_time      TIMESTAMPTZ,
    amr            TEXT,
    code_digest    TEXT UNIQUE,
    code_expires_at TIMESTAMPTZ,
    code_used_at   TIMESTAMPTZ
);
CREATE INDEX auth_request_created ON auth_request (created_at);

-- Access tokens, by digest. Purged 24 hours after they end.
CREATE TABLE access_token (
    digest     TEXT PRIMARY KEY,
    request_id TEXT NOT NULL,
    client_id  TEXT NOT NULL,
    account_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    scopes     TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ
);
CREATE INDEX access_token_request ON access_token (request_id);
CREATE INDEX access_token_session ON access_token (session_id);
CREATE INDEX access_token_expires ON access_token (expires_at);
