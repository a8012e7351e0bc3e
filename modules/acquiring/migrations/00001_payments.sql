-- +goose Up

-- A payment's id is its key at the provider. due_at is when somebody may take
-- the payment up: the lease of whoever works on it, then the next look at it.
-- attempt counts those who took it up, and only the latest may move it on.
-- charged_at is when a request last set out to ask the provider. The client's
-- key is kept as its SHA-256: nobody needs it, and see digest in ledger.go.
CREATE TABLE payments (
    id         uuid        PRIMARY KEY,
    owner      text        NOT NULL,
    key_sha256 text        NOT NULL,
    cart_id    uuid        NOT NULL,
    amount     bigint      NOT NULL CHECK (amount > 0),
    currency   text        NOT NULL,
    card_last4 text        NOT NULL,
    provider   text        NOT NULL,
    status     text        NOT NULL CHECK (status IN ('created', 'pending', 'captured', 'declined', 'failed')),
    reason     text        NOT NULL DEFAULT '',
    attempt    bigint      NOT NULL DEFAULT 1,
    looks      integer     NOT NULL DEFAULT 0,
    due_at     timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    charged_at timestamptz,
    settled_at timestamptz
);

-- A key belongs to one payment for ever, unless nothing came of it.
CREATE UNIQUE INDEX payments_key ON payments (owner, key_sha256) WHERE status <> 'failed';

-- The payable lets one payment claim it at a time; this is the second net.
CREATE UNIQUE INDEX payments_active ON payments (cart_id) WHERE status IN ('pending', 'captured');

-- What is left to do.
CREATE INDEX payments_due_at ON payments (due_at) WHERE settled_at IS NULL;

-- +goose Down
DROP TABLE payments;
