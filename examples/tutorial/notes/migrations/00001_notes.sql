-- +goose Up
CREATE TABLE notes (
    id    uuid PRIMARY KEY,
    owner text NOT NULL,
    text  text NOT NULL
);

-- +goose Down
DROP TABLE notes;
