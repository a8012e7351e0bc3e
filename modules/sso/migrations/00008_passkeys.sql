-- +goose Up

-- A passkey is good for one domain only. record is what the authenticator said of it
-- when it was added; sign_count stands beside it, since it has to grow from one login to
-- the next whoever comes at the same time.
CREATE TABLE passkeys (
    id            uuid        PRIMARY KEY,
    user_id       uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    domain        text        NOT NULL,
    credential_id bytea       NOT NULL CONSTRAINT passkeys_credential_key UNIQUE,
    record        jsonb       NOT NULL,
    sign_count    bigint      NOT NULL,
    name          text        NOT NULL,
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz
);
CREATE INDEX passkeys_user_id ON passkeys (user_id);

-- A ceremony is what stands between the options that a browser asked for and its
-- answer: one row, taken away by the one answer that it is good for. Nobody's it is
-- while it is not known who logs in.
CREATE TABLE passkey_ceremonies (
    hash       bytea       PRIMARY KEY,
    user_id    uuid        REFERENCES users ON DELETE CASCADE,
    state      jsonb       NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX passkey_ceremonies_expires_at ON passkey_ceremonies (expires_at);

-- +goose Down
DROP TABLE passkey_ceremonies;
DROP TABLE passkeys;
