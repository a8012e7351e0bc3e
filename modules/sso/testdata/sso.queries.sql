-- The statements that the tests of this package ran. The next release's schema must still understand them.
-- Written with SLIPWAY_UPDATE=1; not by hand.

DELETE
  FROM identities
  WHERE id = $1;

DELETE
  FROM passkey_ceremonies
  WHERE hash = $1 AND user_id IS NOT DISTINCT
  FROM $2 AND expires_at > $3
  RETURNING state;

DELETE
  FROM passkeys
  WHERE id = $1;

DELETE
  FROM role_names
  WHERE name = $1;

DELETE
  FROM role_permissions
  WHERE role = $1;

DELETE
  FROM signing_keys
  WHERE id = ANY($1);

DELETE
  FROM social_attempts
  WHERE hash = $1 AND provider = $2 AND expires_at > $3
  RETURNING link_to, return_to;

DELETE
  FROM throttles
  WHERE bucket = $1;

DELETE
  FROM user_roles
  WHERE role = $1
  RETURNING user_id;

DELETE
  FROM users
  WHERE id = $1;

INSERT INTO challenges (id, purpose, user_id, channel, target, code_hash, created_at, expires_at, tries)
  VALUES ($1, $2, nullif($3::uuid, '00000000-0000-0000-0000-000000000000'), $4, $5, $6, $7, $8, $9);

INSERT INTO clients (id, name, public, secret_hashes, redirect_uris, post_logout_redirect_uris, grants, scopes, algorithm, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

INSERT INTO codes (hash, session_id, parent_id, client_id, redirect_uri, challenge, nonce, scope, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp() + $9::interval);

INSERT INTO identities AS i (id, user_id, provider, issuer, subject, email, created_at, last_used_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
  ON CONFLICT (issuer, subject) DO
  UPDATE
  SET email = excluded.email, last_used_at = excluded.last_used_at
  WHERE i.user_id = excluded.user_id
  RETURNING xmax = 0;

INSERT INTO passkey_ceremonies (hash, user_id, state, expires_at)
  VALUES ($1, $2, $3, $4);

INSERT INTO passkeys (id, user_id, domain, credential_id, record, sign_count, name, created_at)
  SELECT $1, $2, $3, $4, $5, $6, $7, $8
  WHERE (SELECT count(*) FROM passkeys WHERE user_id = $2 AND domain = $3) < $9;

INSERT INTO refresh_tokens (hash, session_id, parent, expires_at)
  SELECT $1, id, $3, $4
  FROM sessions
  WHERE id = $2 AND ended_at IS NULL;

INSERT INTO revocations (key, before, until)
  SELECT sha256(convert_to('sid:' || id, 'UTF8')), $2, $3
  FROM sessions
  WHERE user_id = ANY($1) AND ended_at IS NULL AND expires_at > $2;

INSERT INTO revocations (key, before, until)
  VALUES ($1, $2, $3)
  ON CONFLICT (key)
  WHERE before IS NULL DO NOTHING;

INSERT INTO role_names (name, created_at)
  VALUES ($1, $2)
  ON CONFLICT DO NOTHING;

INSERT INTO role_permissions (role, permission, granted)
  VALUES ($1, $2, $3);

INSERT INTO service_credentials (id, service, hash, hint, created_at)
  VALUES ($1, $2, $3, $4, $5);

INSERT INTO sessions (id, user_id, parent_id, client_id, method, scope, address, user_agent, auth_time, begun_at, expires_at, cookie_hash)
  SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
  FROM users
  WHERE users.id = $2 AND disabled_at IS NULL AND ($13 = '' OR password_hash = $13)
  FOR SHARE;

INSERT INTO signing_keys (id, algorithm, state, public_key, sealed, created_at, activated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7);

INSERT INTO social_attempts (hash, provider, link_to, return_to, expires_at)
  VALUES ($1, $2, $3, $4, $5);

INSERT INTO throttles AS t (bucket, failures, updated_at)
  VALUES ($1, $2, $3)
  ON CONFLICT (bucket) DO
  UPDATE
  SET failures = t.failures + $2, updated_at = $3
  WHERE t.failures + greatest($2, 1) <= $4;

INSERT INTO throttles AS t (bucket, failures, updated_at)
  VALUES ($1, 1, $2)
  ON CONFLICT (bucket) DO
  UPDATE
  SET failures = CASE
  WHEN t.updated_at < $3 THEN 1 ELSE t.failures + 1 END, updated_at = $2;

INSERT INTO throttles AS t (bucket, failures, updated_at)
  VALUES ($1, 1, $2)
  ON CONFLICT (bucket) DO
  UPDATE
  SET failures = CASE
  WHEN t.updated_at < $3 THEN 1 ELSE t.failures + 1 END, updated_at = $2
  WHERE t.failures <= $4 OR t.updated_at < $3 OR t.updated_at + least(make_interval(secs => $5 * 2 ^ least(t.failures - $4 - 1, 20)), make_interval(secs => $6)) <= $2
  RETURNING failures;

SELECT EXISTS ( SELECT FROM users u WHERE disabled_at IS NULL AND EXISTS (SELECT FROM user_roles WHERE user_id = u.id AND role = ANY($1)) AND EXISTS (SELECT FROM user_roles WHERE user_id = u.id AND role = ANY($2)));

SELECT EXISTS (SELECT FROM sessions WHERE id = $1 AND ended_at IS NOT NULL);

SELECT
  FROM users
  WHERE id = $1
  FOR
  UPDATE;

SELECT NOT EXISTS (SELECT FROM revocations WHERE key = ANY($1) AND until > $2 AND (before IS NULL OR before > $3)) AND ($4 OR EXISTS (SELECT FROM sessions WHERE id = $5 AND ended_at IS NULL AND expires_at > $2));

SELECT bucket, failures, updated_at
  FROM throttles
  WHERE bucket = ANY($1);

SELECT coalesce(password_hash, '') <> '' OR EXISTS (SELECT FROM passkeys WHERE user_id = $1) OR EXISTS (SELECT FROM identities WHERE user_id = $1)
  FROM users
  WHERE id = $1;

SELECT email, name
  FROM users
  WHERE id = $1;

SELECT hash
  FROM service_credentials
  WHERE service = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2);

SELECT id, algorithm, state, public_key, sealed, created_at, activated_at, retired_at
  FROM signing_keys
  ORDER BY created_at, algorithm COLLATE "C", id;

SELECT id, email, email_confirmed_at IS NOT NULL, coalesce(phone, ''), name, coalesce(password_hash, ''), disabled_at IS NULL, created_at
  FROM users
  WHERE email = $1;

SELECT id, email, email_confirmed_at IS NOT NULL, coalesce(phone, ''), name, coalesce(password_hash, ''), disabled_at IS NULL, created_at
  FROM users
  WHERE email = $1
  FOR
  UPDATE;

SELECT id, email, email_confirmed_at IS NOT NULL, coalesce(phone, ''), name, coalesce(password_hash, ''), disabled_at IS NULL, created_at
  FROM users
  WHERE id = $1;

SELECT id, email, email_confirmed_at IS NOT NULL, coalesce(phone, ''), name, coalesce(password_hash, ''), disabled_at IS NULL, created_at
  FROM users
  WHERE id = $1
  FOR
  UPDATE;

SELECT id, email, email_confirmed_at IS NOT NULL, coalesce(phone, ''), name, coalesce(password_hash, ''), disabled_at IS NULL, created_at
  FROM users
  WHERE phone = $1;

SELECT id, email, email_confirmed_at IS NOT NULL, name, ARRAY(SELECT role FROM user_roles WHERE user_id = id ORDER BY role), disabled_at IS NOT NULL, created_at
  FROM users
  WHERE id = $1;

SELECT id, email, email_confirmed_at IS NOT NULL, name, ARRAY(SELECT role FROM user_roles WHERE user_id = id ORDER BY role), disabled_at IS NOT NULL, created_at
  FROM users
  WHERE starts_with(email, $1) AND email > coalesce((SELECT email FROM users WHERE id = $2), '')
  ORDER BY email
  LIMIT $3;

SELECT id, hint, created_at, expires_at, last_used_at
  FROM service_credentials
  WHERE service = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
  ORDER BY created_at DESC, id;

SELECT id, name, public, secret_hashes, redirect_uris, post_logout_redirect_uris, grants, scopes, algorithm, created_at
  FROM clients
  WHERE revoked_at IS NULL AND id = $1
  ORDER BY id;

SELECT id, name, public, secret_hashes, redirect_uris, post_logout_redirect_uris, grants, scopes, algorithm, created_at
  FROM clients
  WHERE revoked_at IS NULL AND true
  ORDER BY id;

SELECT id, provider, email, created_at, last_used_at
  FROM identities
  WHERE user_id = $1
  ORDER BY created_at, id;

SELECT id, user_id, name, created_at, last_used_at, coalesce((record->'flags'->>'backupState')::boolean, false)
  FROM passkeys
  WHERE id = $1
  ORDER BY created_at, id;

SELECT id, user_id, name, created_at, last_used_at, coalesce((record->'flags'->>'backupState')::boolean, false)
  FROM passkeys
  WHERE user_id = $1
  ORDER BY created_at, id;

SELECT name, '', false, 0
  FROM role_names
  UNION ALL
  SELECT role, permission, granted, 0
  FROM role_permissions
  UNION ALL
  SELECT role, '', false, count(*)
  FROM user_roles
  GROUP BY role;

SELECT name, coalesce(updated_at, created_at), email, email_confirmed_at IS NOT NULL, coalesce(phone, '')
  FROM users
  WHERE id = $1 AND disabled_at IS NULL;

SELECT pg_snapshot_xmin(pg_current_snapshot())::text, r.xid::text, r.key, r.before, r.until
  FROM (VALUES (1)) one
  LEFT
  JOIN LATERAL ( SELECT xid, key, before, until FROM revocations WHERE until > $3 AND (xid, key) > ( CASE WHEN $1::text::xid8 > pg_snapshot_xmax(pg_current_snapshot()) THEN '0' ELSE $1::text::xid8 END, $2::bytea) ORDER BY xid, key FETCH FIRST $4 ROWS WITH TIES ) r
  ON true;

SELECT record, sign_count
  FROM passkeys
  WHERE user_id = $1 AND domain = $2;

SELECT s.id, s.user_id, coalesce(s.parent_id, '00000000-0000-0000-0000-000000000000'), s.client_id, s.method, s.scope, s.address, s.user_agent, s.auth_time, s.begun_at, coalesce(s.used_at, s.begun_at), s.expires_at
  FROM sessions s
  WHERE ended_at IS NULL AND expires_at > $1 AND cookie_hash = $2 AND (cookie_hash IS NULL OR coalesce(used_at, begun_at) > $3)
  ORDER BY begun_at DESC, id;

SELECT s.id, s.user_id, coalesce(s.parent_id, '00000000-0000-0000-0000-000000000000'), s.client_id, s.method, s.scope, s.address, s.user_agent, s.auth_time, s.begun_at, coalesce(s.used_at, s.begun_at), s.expires_at
  FROM sessions s
  WHERE ended_at IS NULL AND expires_at > $1 AND id = $2 AND (cookie_hash IS NULL OR coalesce(used_at, begun_at) > $3)
  ORDER BY begun_at DESC, id;

SELECT s.id, s.user_id, coalesce(s.parent_id, '00000000-0000-0000-0000-000000000000'), s.client_id, s.method, s.scope, s.address, s.user_agent, s.auth_time, s.begun_at, coalesce(s.used_at, s.begun_at), s.expires_at
  FROM sessions s
  WHERE ended_at IS NULL AND expires_at > $1 AND user_id = $2 AND (cookie_hash IS NULL OR coalesce(used_at, begun_at) > $3)
  ORDER BY begun_at DESC, id;

SELECT s.id, s.user_id, coalesce(s.parent_id, '00000000-0000-0000-0000-000000000000'), s.client_id, s.method, s.scope, s.address, s.user_agent, s.auth_time, s.begun_at, coalesce(s.used_at, s.begun_at), s.expires_at
  FROM sessions s
  WHERE id = $1 AND ended_at IS NULL AND expires_at > $2
  FOR SHARE;

SELECT s.id, s.user_id, coalesce(s.parent_id, '00000000-0000-0000-0000-000000000000'), s.client_id, s.method, s.scope, s.address, s.user_agent, s.auth_time, s.begun_at, coalesce(s.used_at, s.begun_at), s.expires_at, s.ended_at IS NOT NULL, r.expires_at, r.used_at, r.answered_at, r.replaced_at, r.contested_at, clock_timestamp(), clock_timestamp() - make_interval(secs => $3)
  FROM refresh_tokens r
  JOIN sessions s
  ON s.id = r.session_id
  WHERE r.hash = $1 AND s.client_id = $2;

SELECT session_id
  FROM codes
  WHERE hash = $1 AND used_at IS NOT NULL;

SELECT u.disabled_at IS NULL, coalesce(r.role, ''), coalesce(p.permission, ''), coalesce(p.granted, false)
  FROM users u
  LEFT
  JOIN user_roles r
  ON r.user_id = u.id
  LEFT
  JOIN role_permissions p
  ON p.role = r.role
  WHERE u.id = $1;

SELECT user_id
  FROM identities
  WHERE id = $1;

UPDATE challenges
  SET tries = tries + 1, used_at = CASE
  WHEN code_hash = $3 AND user_id IS NOT NULL THEN $4::timestamptz END
  WHERE id = $1 AND purpose = $2 AND used_at IS NULL AND tries < $5 AND expires_at > $4
  RETURNING used_at IS NOT NULL, coalesce(user_id, '00000000-0000-0000-0000-000000000000'), channel, target;

UPDATE clients
  SET revoked_at = $2
  WHERE id = $1 AND revoked_at IS NULL;

UPDATE clients
  SET secret_hashes = CASE
  WHEN public THEN secret_hashes
  WHEN $3 THEN ARRAY[$2::bytea] ELSE ARRAY[$2::bytea] || secret_hashes[1:1] END
  WHERE id = $1 AND revoked_at IS NULL
  RETURNING public;

UPDATE codes
  SET used_at = clock_timestamp()
  WHERE hash = $1 AND used_at IS NULL AND expires_at > clock_timestamp() AND client_id = $2 AND redirect_uri = $3 AND challenge = $4
  RETURNING session_id, parent_id, nonce, scope;

UPDATE identities
  SET email = $3, last_used_at = $4
  WHERE issuer = $1 AND subject = $2
  RETURNING user_id;

UPDATE passkeys
  SET record = $2, sign_count = $3, last_used_at = $4
  WHERE credential_id = $1 AND (sign_count < $3 OR (sign_count = 0 AND $3 = 0));

UPDATE refresh_tokens
  SET answered_at = clock_timestamp()
  WHERE hash = $1;

UPDATE refresh_tokens
  SET contested_at = clock_timestamp()
  WHERE hash = $1;

UPDATE refresh_tokens
  SET replaced_at = clock_timestamp()
  WHERE parent = $1 AND used_at IS NULL AND replaced_at IS NULL;

UPDATE refresh_tokens
  SET used_at = clock_timestamp(), answered_at = NULL
  WHERE hash = $1 AND used_at IS NOT DISTINCT
  FROM $2 AND replaced_at IS NULL
  RETURNING 1;

UPDATE service_credentials
  SET expires_at = least(expires_at, $2)
  WHERE service = $1 AND revoked_at IS NULL;

UPDATE service_credentials
  SET last_used_at = $2
  WHERE hash = $1 AND (last_used_at IS NULL OR last_used_at < $3);

UPDATE service_credentials
  SET revoked_at = $3
  WHERE id = $1 AND service = $2 AND revoked_at IS NULL;

UPDATE sessions
  SET cookie_hash = $3, method = $4, address = $5, user_agent = $6, auth_time = $7, used_at = $7, expires_at = $8
  FROM (SELECT users.id FROM users WHERE users.id = $2 AND disabled_at IS NULL AND ($10 = '' OR password_hash = $10) FOR SHARE) account
  WHERE sessions.id = $1 AND user_id = account.id AND ended_at IS NULL AND expires_at > $9;

UPDATE signing_keys
  SET state = 'active', activated_at = $2
  WHERE id = $1;

UPDATE signing_keys
  SET state = 'retired', retired_at = $2, sealed = NULL
  WHERE id = ANY($1);

UPDATE users
  SET disabled_at = $2
  WHERE id = $1;

UPDATE users
  SET email = $3, email_confirmed_at = $2, updated_at = $2
  WHERE id = $1;

UPDATE users
  SET email_confirmed_at = coalesce(email_confirmed_at, $2), updated_at = $2
  WHERE id = $1;

UPDATE users
  SET name = $3, updated_at = $2
  WHERE id = $1;

UPDATE users
  SET password_hash = $3, updated_at = $2
  WHERE id = $1;

UPDATE users
  SET phone = $3, updated_at = $2
  WHERE id = $1;

UPDATE users
  SET phone = NULL, updated_at = $2
  WHERE id = $1;

WITH ended AS ( UPDATE sessions SET ended_at = $1, ended_why = $2 WHERE (client_id = $4) AND ended_at IS NULL RETURNING id )
  INSERT INTO revocations (key, until)
  SELECT sha256(convert_to('sid:' || id, 'UTF8')), $3
  FROM ended
  ON CONFLICT (key)
  WHERE before IS NULL DO NOTHING;

WITH ended AS ( UPDATE sessions SET ended_at = $1, ended_why = $2 WHERE (id = $4 OR parent_id = $4) AND ended_at IS NULL RETURNING id )
  INSERT INTO revocations (key, until)
  SELECT sha256(convert_to('sid:' || id, 'UTF8')), $3
  FROM ended
  ON CONFLICT (key)
  WHERE before IS NULL DO NOTHING;

WITH ended AS ( UPDATE sessions SET ended_at = $1, ended_why = $2 WHERE (id IN ( SELECT id FROM sessions WHERE id IN ( SELECT id FROM sessions WHERE parent_id = $4 AND client_id = $5 AND ended_at IS NULL AND expires_at > $1 ORDER BY begun_at DESC, id OFFSET $6) FOR UPDATE SKIP LOCKED)) AND ended_at IS NULL RETURNING id )
  INSERT INTO revocations (key, until)
  SELECT sha256(convert_to('sid:' || id, 'UTF8')), $3
  FROM ended
  ON CONFLICT (key)
  WHERE before IS NULL DO NOTHING;

WITH ended AS ( UPDATE sessions SET ended_at = $1, ended_why = $2 WHERE (id IN ( SELECT id FROM sessions WHERE user_id = $4 AND ended_at IS NULL AND coalesce(parent_id, id) IN ( SELECT id FROM sessions WHERE user_id = $4 AND parent_id IS NULL AND ended_at IS NULL AND expires_at > $1 ORDER BY begun_at DESC, id OFFSET $5) FOR UPDATE SKIP LOCKED)) AND ended_at IS NULL RETURNING id )
  INSERT INTO revocations (key, until)
  SELECT sha256(convert_to('sid:' || id, 'UTF8')), $3
  FROM ended
  ON CONFLICT (key)
  WHERE before IS NULL DO NOTHING;

WITH ended AS ( UPDATE sessions SET ended_at = $1, ended_why = $2 WHERE (user_id = $4 AND coalesce(parent_id, id) IS DISTINCT FROM (SELECT coalesce(parent_id, id) FROM sessions WHERE id = $5)) AND ended_at IS NULL RETURNING id )
  INSERT INTO revocations (key, until)
  SELECT sha256(convert_to('sid:' || id, 'UTF8')), $3
  FROM ended
  ON CONFLICT (key)
  WHERE before IS NULL DO NOTHING;

WITH gone AS (DELETE FROM user_roles WHERE user_id = $1 AND role <> ALL($2))
  INSERT INTO user_roles (user_id, role)
  SELECT DISTINCT $1::uuid, unnest($2::text[])
  ON CONFLICT DO NOTHING;

WITH made AS (DELETE FROM passkeys WHERE user_id = $1), begun AS (DELETE FROM passkey_ceremonies WHERE user_id = $1), linked AS (DELETE FROM identities WHERE user_id = $1), linking AS (DELETE FROM social_attempts WHERE link_to = $1), asked AS (DELETE FROM challenges WHERE user_id = $1)
  UPDATE users
  SET password_hash = NULL, phone = NULL, email_confirmed_at = $2, updated_at = $2
  WHERE id = $1;

WITH s AS ( INSERT INTO sessions (id, user_id, parent_id, client_id, method, scope, address, user_agent, auth_time, begun_at, expires_at, cookie_hash) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 FROM users WHERE users.id = $2 AND disabled_at IS NULL AND ($15 = '' OR password_hash = $15) FOR SHARE RETURNING id)
  INSERT INTO refresh_tokens (hash, session_id, expires_at)
  SELECT $13, id, $14
  FROM s;

WITH s AS ( INSERT INTO sessions (id, user_id, parent_id, client_id, method, scope, address, user_agent, auth_time, begun_at, expires_at, cookie_hash) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 RETURNING id)
  INSERT INTO refresh_tokens (hash, session_id, expires_at)
  SELECT $13, id, $14
  FROM s;

WITH u AS ( INSERT INTO users (id, email, name, password_hash, created_at, email_confirmed_at) VALUES ($1, $2, $3, nullif($4, ''), $5, CASE WHEN $6 THEN $5::timestamptz END) RETURNING id )
  INSERT INTO user_roles (user_id, role)
  SELECT u.id, role
  FROM u, unnest($7::text[]) role;
