-- +goose Up

-- The last number that was given. Whoever writes a receipt holds this row until the
-- receipt is there: so numbers have no gaps, which a sequence has.
CREATE TABLE numbering (
    last bigint NOT NULL
);
INSERT INTO numbering (last) VALUES (0);

-- A payment has one receipt, whatever is repeated.
CREATE TABLE receipts (
    number     bigint      PRIMARY KEY,
    payment_id uuid        NOT NULL UNIQUE,
    owner      text        NOT NULL,
    payable_id uuid        NOT NULL,
    amount     bigint      NOT NULL CHECK (amount > 0),
    currency   text        NOT NULL,
    paid_at    timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX receipts_owner ON receipts (owner, number);

-- +goose Down
DROP TABLE receipts;
DROP TABLE numbering;
