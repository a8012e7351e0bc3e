-- +goose Up

-- A session begins with a login. It is the family of the refresh tokens that
-- descend from it: ending it ends them all.
CREATE TABLE sessions (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    client_id  text        NOT NULL,
    auth_time  timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz,
    ended_why  text
);
CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- A refresh token is kept as its SHA-256. used_at is the last time that it was
-- redeemed, and answered_at when the answer to that was complete; replaced_at
-- tells that its parent was redeemed again before it was used; contested_at, that
-- several redeemed it at once.
CREATE TABLE refresh_tokens (
    hash         bytea       PRIMARY KEY,
    session_id   uuid        NOT NULL REFERENCES sessions ON DELETE CASCADE,
    parent       bytea       REFERENCES refresh_tokens ON DELETE CASCADE,
    expires_at   timestamptz NOT NULL,
    used_at      timestamptz,
    answered_at  timestamptz,
    replaced_at  timestamptz,
    contested_at timestamptz
);
CREATE INDEX refresh_tokens_session_id ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_parent ON refresh_tokens (parent);

-- +goose Down
DROP TABLE refresh_tokens;
DROP TABLE sessions;
