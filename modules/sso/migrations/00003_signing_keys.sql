-- +goose Up

-- A key is published as next long before it signs as active, and stays
-- published as retired while tokens of it live; by then its private half,
-- sealed by the key-encryption key, is gone.
CREATE TABLE signing_keys (
    id           text        PRIMARY KEY,
    state        text        NOT NULL CHECK (state IN ('next', 'active', 'retired')),
    public_key   bytea       NOT NULL,
    sealed       bytea       CHECK ((sealed IS NULL) = (state = 'retired')),
    created_at   timestamptz NOT NULL,
    activated_at timestamptz,
    retired_at   timestamptz
);
CREATE UNIQUE INDEX signing_keys_one_of_each ON signing_keys (state) WHERE state <> 'retired';

-- +goose Down
DROP TABLE signing_keys;
