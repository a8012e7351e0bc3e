-- +goose Up

-- An e-mail is stored as it is compared: trimmed and in lower case.
CREATE TABLE users (
    id            uuid        PRIMARY KEY,
    email         text        NOT NULL CONSTRAINT users_email_key UNIQUE CHECK (email = lower(email)),
    name          text        NOT NULL,
    password_hash text        NOT NULL,
    created_at    timestamptz NOT NULL,
    disabled_at   timestamptz
);

-- What a role permits is declared by the modules; here stands who has which.
CREATE TABLE user_roles (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    role    text NOT NULL,
    PRIMARY KEY (user_id, role)
);

-- Failures that slow the next attempt down. The bucket is a hash, so that the
-- table holds nobody's address.
CREATE TABLE throttles (
    bucket     bytea       PRIMARY KEY,
    failures   integer     NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX throttles_updated_at ON throttles (updated_at);

-- +goose Down
DROP TABLE throttles;
DROP TABLE user_roles;
DROP TABLE users;
