-- +goose Up

-- A cart is one row, its items included: what is locked together lies together.
CREATE TABLE carts (
    id         uuid        PRIMARY KEY,
    owner      text        NOT NULL,
    currency   text        NOT NULL,
    status     text        NOT NULL CHECK (status IN ('open', 'paying', 'paid')),
    payment_id uuid        CHECK ((payment_id IS NULL) = (status = 'open')),
    items      jsonb       NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX carts_owner ON carts (owner);

-- Payments that were settled. A claim of one of them comes too late, however
-- long it was on its way.
CREATE TABLE settlements (
    payment_id uuid        PRIMARY KEY,
    cart_id    uuid        NOT NULL REFERENCES carts,
    outcome    text        NOT NULL CHECK (outcome IN ('captured', 'failed')),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX settlements_cart_id ON settlements (cart_id);

-- +goose Down
DROP TABLE settlements;
DROP TABLE carts;
