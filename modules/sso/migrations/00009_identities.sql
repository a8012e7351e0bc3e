-- +goose Up

-- Who somebody is at another provider, which issuer and subject say for ever. The e-mail
-- is what the provider said last, for its owner to recognise.
CREATE TABLE identities (
    id           uuid        PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    provider     text        NOT NULL,
    issuer       text        NOT NULL,
    subject      text        NOT NULL,
    email        text        NOT NULL,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    CONSTRAINT identities_subject_key UNIQUE (issuer, subject)
);
CREATE INDEX identities_user_id ON identities (user_id);

-- A login under way at a provider. The hash is of what the provider sends back and of the
-- secret in the browser's cookie, so that in another browser there is no such row.
-- link_to is who links the provider to their account.
CREATE TABLE social_attempts (
    hash       bytea       PRIMARY KEY,
    provider   text        NOT NULL,
    link_to    uuid        REFERENCES users ON DELETE CASCADE,
    return_to  text        NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX social_attempts_expires_at ON social_attempts (expires_at);

-- +goose Down
DROP TABLE social_attempts;
DROP TABLE identities;
