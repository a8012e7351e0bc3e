-- +goose Up

-- When a browser came last with the session's cookie, to the hour; null for not since
-- the login. A session that no browser uses for long is over.
ALTER TABLE sessions ADD COLUMN used_at timestamptz;

-- +goose Down
ALTER TABLE sessions DROP COLUMN used_at;
