-- +goose Up

-- What is kept: the bytes behind one file or several of the same owner and profile. A row is
-- there before its object is, and goes after it.
CREATE TABLE contents (
    id         uuid        PRIMARY KEY,
    owner      text        NOT NULL,
    own        boolean     NOT NULL DEFAULT false, -- as that of files
    module     text        NOT NULL,
    profile    text        NOT NULL,
    source     bytea       CHECK (octet_length(source) = 32), -- SHA-256 of what was uploaded
    hash       bytea       CHECK (octet_length(hash) = 32),   -- SHA-256 of what is kept, which may be encoded anew
    size       bigint      NOT NULL DEFAULT 0 CHECK (size >= 0),
    type       text        NOT NULL DEFAULT '',
    state      text        NOT NULL CHECK (state IN ('writing', 'kept', 'going')),
    changed_at timestamptz NOT NULL DEFAULT now(),
    missed_at  timestamptz, -- when its object was missed first, if it is
    CHECK (state <> 'kept' OR (source IS NOT NULL AND hash IS NOT NULL))
);

CREATE UNIQUE INDEX contents_once ON contents (owner, own, module, profile, source) WHERE state = 'kept';
CREATE INDEX contents_passing ON contents (changed_at) WHERE state <> 'kept';

CREATE TABLE variants (
    content uuid   NOT NULL REFERENCES contents ON DELETE CASCADE,
    name    text   NOT NULL,
    width   int    NOT NULL CHECK (width > 0),
    height  int    NOT NULL CHECK (height > 0),
    size    bigint NOT NULL CHECK (size > 0),
    type    text   NOT NULL,
    missed_at timestamptz, -- as that of contents
    PRIMARY KEY (content, name)
);

CREATE TABLE files (
    id          uuid        PRIMARY KEY, -- in the order of time
    module      text        NOT NULL,
    profile     text        NOT NULL,
    owner       text        NOT NULL, -- a subject, or the module
    own         boolean     NOT NULL DEFAULT false, -- it is the module's own; a user may have its name
    uploader    text        NOT NULL, -- the subject who sent it
    service     text        NOT NULL DEFAULT '', -- the module through which it came, if any
    name        text        NOT NULL,
    type        text        NOT NULL DEFAULT '',
    size        bigint      NOT NULL CHECK (size >= 0), -- as far as it is known
    held        bigint      NOT NULL CHECK (held >= 0), -- the bytes that the quota holds: what may come, then what came; 0 when it is gone and has no form
    state       text        NOT NULL CHECK (state IN ('pending', 'uploaded', 'checked', 'stored', 'rejected', 'expired', 'deleted')),
    reason      text        NOT NULL DEFAULT '',
    detail      text        NOT NULL DEFAULT '',
    public      boolean     NOT NULL,
    reference   text        NOT NULL DEFAULT '',
    content     uuid        REFERENCES contents,
    created_at  timestamptz NOT NULL DEFAULT now(),
    changed_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz, -- never, if it is null
    warned      boolean     NOT NULL DEFAULT false, -- its module has been told that it will expire
    was_stored  boolean     NOT NULL DEFAULT false, -- also when it is gone
    form_until  timestamptz -- how long its form lasts; null if it has none, or what came by it is removed for good
);

CREATE INDEX files_of_owner ON files (owner, own, id DESC) WHERE state NOT IN ('rejected', 'expired', 'deleted');
CREATE INDEX files_expiring ON files (expires_at) WHERE expires_at IS NOT NULL AND state IN ('pending', 'uploaded', 'checked', 'stored');
CREATE INDEX files_ended ON files (changed_at) WHERE state IN ('rejected', 'expired', 'deleted');
CREATE INDEX files_forms ON files (form_until) WHERE form_until IS NOT NULL;
CREATE INDEX files_content ON files (content) WHERE content IS NOT NULL;

-- How much there is, so that a quota is one look at one row: of an owner (kind owner), of what
-- is a module's own (own) and of all for a module (module), and of an owner's files of one profile (kind profile, name module.profile/owner;
-- without an owner if they are the module's own).
CREATE TABLE usage (
    kind  text   NOT NULL CHECK (kind IN ('owner', 'own', 'module', 'profile')),
    name  text   NOT NULL,
    files bigint NOT NULL CHECK (files >= 0),
    bytes bigint NOT NULL CHECK (bytes >= 0),
    PRIMARY KEY (kind, name)
);

-- The key of signed links: one row, which the first process to need it writes.
CREATE TABLE signing (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    key bytea   NOT NULL CHECK (octet_length(key) = 32)
);

-- Which store belongs to these rows: the one whose object "store" has the same id.
CREATE TABLE identity (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    id  uuid    NOT NULL
);

-- +goose Down
DROP TABLE identity;
DROP TABLE signing;
DROP TABLE usage;
DROP TABLE files;
DROP TABLE variants;
DROP TABLE contents;
