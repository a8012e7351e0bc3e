-- +goose Up

-- Clients are the applications that let people in by /oauth/authorize. The product's
-- own front end and its modules are none of these: nobody has to register them. Of
-- secrets there are two while one is replaced, the newest first, as SHA-256.
CREATE TABLE clients (
    id                        text        PRIMARY KEY CHECK (id <> ''),
    name                      text        NOT NULL,
    public                    boolean     NOT NULL,
    secret_hashes             bytea[]     NOT NULL CHECK (cardinality(secret_hashes) <= 2 AND public = (cardinality(secret_hashes) = 0)),
    redirect_uris             text[]      NOT NULL,
    post_logout_redirect_uris text[]      NOT NULL,
    grants                    text[]      NOT NULL,
    scopes                    text[]      NOT NULL,
    algorithm                 text        NOT NULL CHECK (algorithm IN ('EdDSA', 'ES256')),
    created_at                timestamptz NOT NULL,
    revoked_at                timestamptz
);

-- An authorization code, as its SHA-256. It names the session that it will begin, so
-- that a second redemption knows what to end.
CREATE TABLE codes (
    hash         bytea       PRIMARY KEY,
    session_id   uuid        NOT NULL,
    parent_id    uuid        NOT NULL REFERENCES sessions ON DELETE CASCADE,
    client_id    text        NOT NULL,
    redirect_uri text        NOT NULL,
    challenge    text        NOT NULL,
    nonce        text        NOT NULL,
    scope        text[]      NOT NULL,
    expires_at   timestamptz NOT NULL,
    used_at      timestamptz
);
CREATE INDEX codes_expires_at ON codes (expires_at);
CREATE INDEX codes_parent_id ON codes (parent_id);

CREATE INDEX revocations_key ON revocations (key);
CREATE INDEX sessions_client_id ON sessions (client_id);

ALTER TABLE signing_keys ADD COLUMN algorithm text NOT NULL DEFAULT 'EdDSA' CHECK (algorithm IN ('EdDSA', 'ES256'));
DROP INDEX signing_keys_one_of_each;
CREATE UNIQUE INDEX signing_keys_one_of_each ON signing_keys (algorithm, state) WHERE state <> 'retired';

-- +goose Down
DELETE FROM signing_keys WHERE algorithm <> 'EdDSA';
DROP INDEX signing_keys_one_of_each;
CREATE UNIQUE INDEX signing_keys_one_of_each ON signing_keys (state) WHERE state <> 'retired';
ALTER TABLE signing_keys DROP COLUMN algorithm;
DROP INDEX sessions_client_id;
DROP INDEX revocations_key;
DROP TABLE codes;
DROP TABLE clients;
