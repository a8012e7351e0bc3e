-- +goose Up

-- Of each product the photo that is shown, and the one that is to be shown when module files
-- has it.
CREATE TABLE photos (
    sku    text    NOT NULL REFERENCES products,
    shown  boolean NOT NULL,
    file   uuid    NOT NULL UNIQUE,
    url    text    NOT NULL DEFAULT '',
    thumb  text    NOT NULL DEFAULT '',
    width  int     NOT NULL DEFAULT 0,
    height int     NOT NULL DEFAULT 0,
    PRIMARY KEY (sku, shown)
);

-- +goose Down
DROP TABLE photos;
