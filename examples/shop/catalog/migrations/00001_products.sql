-- +goose Up
CREATE TABLE products (
    sku      text   PRIMARY KEY,
    name     text   NOT NULL,
    amount   bigint NOT NULL CHECK (amount > 0),
    currency text   NOT NULL
);

-- One is sold in another currency than the rest, to be refused by a cart.
INSERT INTO products (sku, name, amount, currency) VALUES
    ('mug-blue',   'Blue mug',             1250, 'EUR'),
    ('mug-red',    'Red mug',              1250, 'EUR'),
    ('tea-assam',  'Assam tea, 250 g',      890, 'EUR'),
    ('teapot',     'Cast-iron teapot',     5900, 'EUR'),
    ('gift-card',  'Gift card, 20 dollars', 2000, 'USD');

-- +goose Down
DROP TABLE products;
