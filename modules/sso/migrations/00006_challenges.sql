-- +goose Up

-- A code that was sent to somebody, who shows by it that the address is theirs. user_id
-- is null when nobody was found, so that the answer is the same; nothing was sent then,
-- and nothing redeems it. target is the address, sealed, and code_hash a MAC of the code.
CREATE TABLE challenges (
    id         uuid        PRIMARY KEY,
    purpose    text        NOT NULL,
    user_id    uuid        REFERENCES users ON DELETE CASCADE,
    channel    text        NOT NULL,
    target     bytea       NOT NULL,
    code_hash  bytea       NOT NULL,
    tries      integer     NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX challenges_user_id ON challenges (user_id);
CREATE INDEX challenges_expires_at ON challenges (expires_at);

-- +goose Down
DROP TABLE challenges;
