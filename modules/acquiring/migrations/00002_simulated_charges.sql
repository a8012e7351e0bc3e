-- +goose Up

-- The books of the simulated acquirer, which stands for a company outside: no
-- query of the module reads them.
CREATE TABLE simulated_charges (
    key        uuid        PRIMARY KEY,
    reference  uuid        NOT NULL,
    amount     bigint      NOT NULL,
    currency   text        NOT NULL,
    card_last4 text        NOT NULL,
    approved   boolean     NOT NULL,
    reason     text        NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX simulated_charges_reference ON simulated_charges (reference);

-- +goose Down
DROP TABLE simulated_charges;
