-- +goose Up
-- The answers of Idempotent routes. A row without an answer is a request at
-- work; its lease ends a claim whose process died.
CREATE TABLE idempotency (
    principal    text        NOT NULL,
    route        text        NOT NULL,
    key          text        NOT NULL,
    fingerprint  bytea       NOT NULL,
    attempt      bigint      NOT NULL DEFAULT 1,
    lease_until  timestamptz,
    status       integer,
    content_type text,
    body         bytea,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (principal, route, key)
);
CREATE INDEX idempotency_created_at ON idempotency (created_at);

-- +goose Down
DROP TABLE idempotency;
