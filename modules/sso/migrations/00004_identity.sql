-- +goose Up

-- Who logs in by a passkey, a code or another provider may have no password. A phone
-- stands here only once it is confirmed, an e-mail from the start.
ALTER TABLE users ALTER COLUMN password_hash DROP NOT NULL;
ALTER TABLE users
    ADD COLUMN email_confirmed_at timestamptz,
    ADD COLUMN phone              text CONSTRAINT users_phone_key UNIQUE,
    ADD COLUMN updated_at         timestamptz;

-- A browser's login is a session whose secret is a cookie. Clients that it lets in
-- have sessions of their own, its children, which end with it. scope is what a client
-- was granted, null for everything that the user may.
ALTER TABLE sessions
    ADD COLUMN parent_id   uuid   REFERENCES sessions ON DELETE CASCADE,
    ADD COLUMN cookie_hash bytea  CONSTRAINT sessions_cookie_hash_key UNIQUE,
    ADD COLUMN method      text   NOT NULL DEFAULT 'password',
    ADD COLUMN scope       text[],
    ADD COLUMN address     text   NOT NULL DEFAULT '',
    ADD COLUMN user_agent  text   NOT NULL DEFAULT '',
    ADD COLUMN begun_at    timestamptz NOT NULL DEFAULT now();
CREATE INDEX sessions_parent_id ON sessions (parent_id);

-- A login counts the user's sessions that go on; those that ended would soon be many more.
CREATE INDEX sessions_live ON sessions (user_id, begun_at) WHERE ended_at IS NULL;

-- What is no longer believed although it has not expired: the key is a hash of what a
-- token says, and before tells that newer tokens are good. Every process reads on from
-- the transaction that it has seen, so that none is missed whose commit comes late.
CREATE TABLE revocations (
    key    bytea       NOT NULL,
    before timestamptz,
    until  timestamptz NOT NULL,
    xid    xid8        NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX revocations_position ON revocations (xid, key);

-- What is believed no more at all is said once.
CREATE UNIQUE INDEX revocations_once ON revocations (key) WHERE before IS NULL;

-- +goose Down
DROP TABLE revocations;
DROP INDEX sessions_live;
ALTER TABLE sessions
    DROP COLUMN parent_id, DROP COLUMN cookie_hash, DROP COLUMN method, DROP COLUMN scope,
    DROP COLUMN address, DROP COLUMN user_agent, DROP COLUMN begun_at;
UPDATE users SET password_hash = '' WHERE password_hash IS NULL;
ALTER TABLE users
    DROP COLUMN email_confirmed_at, DROP COLUMN phone, DROP COLUMN updated_at,
    ALTER COLUMN password_hash SET NOT NULL;
