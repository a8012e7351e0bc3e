-- +goose Up

-- A role permits what the modules declare for it, and what stands here: a permission
-- beside those, or one of them that it no longer has. Roles that no module declares
-- stand in role_names.
CREATE TABLE role_names (
    name       text        PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_-]{0,63}$'),
    created_at timestamptz NOT NULL
);
CREATE TABLE role_permissions (
    role       text    NOT NULL,
    permission text    NOT NULL,
    granted    boolean NOT NULL,
    PRIMARY KEY (role, permission)
);
CREATE INDEX user_roles_role ON user_roles (role);

-- What a service authenticates by beside the secret in the settings, as SHA-256; the
-- hint is its beginning, for people. A former one may still be valid for a while.
CREATE TABLE service_credentials (
    id           uuid        PRIMARY KEY,
    service      text        NOT NULL,
    hash         bytea       NOT NULL UNIQUE,
    hint         text        NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz
);
CREATE INDEX service_credentials_service ON service_credentials (service);

-- +goose Down
DROP TABLE service_credentials;
DROP INDEX user_roles_role;
DROP TABLE role_permissions;
DROP TABLE role_names;
