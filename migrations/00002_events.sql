-- +goose Up
-- Events that the module has emitted. The relay publishes them in the order of seq.
CREATE TABLE kit_outbox (
    seq          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id           uuid        NOT NULL UNIQUE,
    type         text        NOT NULL,
    version      integer     NOT NULL,
    key          text        NOT NULL,
    traceparent  text        NOT NULL,
    subject      text        NOT NULL,
    data         bytea       NOT NULL,
    created_at   timestamptz NOT NULL,
    published_at timestamptz
);
CREATE INDEX kit_outbox_unpublished ON kit_outbox (seq) WHERE published_at IS NULL;
CREATE INDEX kit_outbox_published_at ON kit_outbox (published_at) WHERE published_at IS NOT NULL;

-- Events that a subscriber in this process could not take when they were published.
CREATE TABLE kit_outbox_held (
    subscriber text   NOT NULL,
    seq        bigint NOT NULL REFERENCES kit_outbox,
    PRIMARY KEY (subscriber, seq)
);
CREATE INDEX kit_outbox_held_seq ON kit_outbox_held (seq);

-- Jobs: one row for each event and job that it may trigger, each slot of a schedule,
-- each direct job. attempt counts the claims and only grows, so that whoever was
-- overtaken changes nothing; failures counts those that are held against the job.
CREATE TABLE kit_delivery (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id    uuid        NOT NULL,
    job         text        NOT NULL,
    run         integer     NOT NULL DEFAULT 0,
    state       text        NOT NULL DEFAULT 'ready'
                CHECK (state IN ('ready', 'running', 'done', 'skipped', 'dead', 'discarded')),
    attempt     integer     NOT NULL DEFAULT 0,
    failures    integer     NOT NULL DEFAULT 0,
    run_at      timestamptz NOT NULL DEFAULT now(),
    worker      bigint,
    lease_until timestamptz,
    type        text        NOT NULL,
    version     integer     NOT NULL,
    key         text        NOT NULL,
    traceparent text        NOT NULL,
    subject     text        NOT NULL,
    data        bytea       NOT NULL,
    emitted_at  timestamptz NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    done_at     timestamptz,
    reason      text        NOT NULL DEFAULT '',
    UNIQUE (event_id, job, run)
) WITH (
    -- What is done stays in the indices of what is ready and running until it is vacuumed.
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000
);
CREATE INDEX kit_delivery_ready ON kit_delivery (job, run_at, id) WHERE state = 'ready';
CREATE INDEX kit_delivery_running ON kit_delivery (worker) WHERE state = 'running';
CREATE INDEX kit_delivery_dead ON kit_delivery (id) WHERE state = 'dead';
CREATE INDEX kit_delivery_done_at ON kit_delivery (done_at) WHERE done_at IS NOT NULL;

-- Schedules: when each of the module's cron jobs runs next.
CREATE TABLE kit_schedule (
    name        text        PRIMARY KEY,
    spec        text        NOT NULL,
    next_run_at timestamptz NOT NULL
);

-- +goose Down
DROP TABLE kit_schedule;
DROP TABLE kit_delivery;
DROP TABLE kit_outbox_held;
DROP TABLE kit_outbox;
