-- +goose Up
CREATE TABLE tally (
    author  text        PRIMARY KEY,
    notes   integer     NOT NULL,
    words   integer     NOT NULL,
    last_at timestamptz NOT NULL
);

CREATE TABLE cards (
    note   uuid    PRIMARY KEY,
    number text    NOT NULL,
    sent   boolean NOT NULL DEFAULT false
);

-- +goose Down
DROP TABLE cards;
DROP TABLE tally;
