-- The statements that the tests of this package ran. The next release's schema must still understand them.
-- Written with SLIPWAY_UPDATE=1; not by hand.

DELETE
  FROM contents
  WHERE id = $1 AND state = 'going';

DELETE
  FROM files
  WHERE id IN (SELECT id FROM files WHERE state IN ('rejected', 'deleted') AND changed_at < now() - least($1::interval, $2::interval) AND (NOT was_stored OR changed_at < now() - $1::interval) AND form_until IS NULL LIMIT $3);

INSERT INTO contents (id, owner, own, module, profile, state)
  VALUES ($1, $2, $3, $4, $5, 'writing');

INSERT INTO files (id, module, profile, owner, own, uploader, service, name, type, size, held, state, public, content, form_until, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, now() + $16::interval)
  RETURNING created_at, expires_at;

INSERT INTO identity (id)
  VALUES ($1)
  ON CONFLICT (one) DO
  UPDATE
  SET id = identity.id
  RETURNING id::text;

INSERT INTO signing AS s (key)
  VALUES ($1)
  ON CONFLICT (one) DO
  UPDATE
  SET key = s.key
  RETURNING s.key;

INSERT INTO usage AS u (kind, name, files, bytes)
  SELECT $1::text, $2::text, 1, $3::bigint
  WHERE 1 <= $4::bigint AND $3::bigint <= $5::bigint
  ON CONFLICT (kind, name) DO
  UPDATE
  SET files = u.files + 1, bytes = u.bytes + excluded.bytes
  WHERE u.files + 1 <= $4 AND u.bytes + excluded.bytes <= $5;

INSERT INTO variants (content, name, width, height, size, type)
  VALUES ($1, $2, $3, $4, $5, $6);

SELECT EXISTS (SELECT FROM contents WHERE id = $1 AND state <> 'going');

SELECT
  FROM contents
  WHERE id = $1 AND state = 'kept'
  FOR
  UPDATE;

SELECT
  FROM contents
  WHERE id = $1
  FOR
  UPDATE;

SELECT content, name
  FROM variants
  WHERE content IN (SELECT DISTINCT v.content FROM variants v JOIN contents c ON c.id = v.content AND c.state = 'kept' WHERE v.content > $1 ORDER BY v.content LIMIT $2)
  ORDER BY content, name;

SELECT f.expires_at, f.id
  FROM files f
  WHERE f.state = 'stored' AND NOT f.warned AND f.expires_at > now() AND f.expires_at <= now() + interval '1 day' AND f.expires_at - least(interval '1 day', (f.expires_at - f.changed_at) / 2) <= now() AND (f.expires_at, f.id) > ($1, $2)
  ORDER BY f.expires_at, f.id
  LIMIT $3;

SELECT f.expires_at, f.id
  FROM files f
  WHERE f.state = 'stored' AND f.expires_at <= now() AND (f.expires_at, f.id) > ($1, $2)
  ORDER BY f.expires_at, f.id
  LIMIT $3;

SELECT f.expires_at, f.id
  FROM files f
  WHERE f.state IN ('pending', 'uploaded', 'checked') AND f.expires_at <= now() AND (f.expires_at, f.id) > ($1, $2)
  ORDER BY f.expires_at, f.id
  LIMIT $3;

SELECT f.id, f.module, f.profile, f.owner, f.own, f.name, f.state, f.reason, f.public, f.content, c.hash, coalesce(v.type, c.type, ''), coalesce(v.size, c.size, 0), $2 = '' OR v.name IS NOT NULL
  FROM files f
  LEFT
  JOIN contents c
  ON c.id = f.content
  LEFT
  JOIN variants v
  ON v.content = f.content AND v.name = $2
  WHERE f.id = $1;

SELECT f.id, f.module, f.profile, f.owner, f.own, f.uploader, f.service, f.name, f.type, f.size, f.held, f.state, f.reason, f.detail, f.public, f.reference, f.created_at, f.expires_at, f.form_until, f.content, c.hash, (SELECT jsonb_agg(jsonb_build_object('name', v.name, 'width', v.width, 'height', v.height, 'size', v.size, 'type', v.type) ORDER BY v.width, v.name) FROM variants v WHERE v.content = f.content)
  FROM files f
  LEFT
  JOIN contents c
  ON c.id = f.content
  WHERE f.id = $1;

SELECT f.id, f.module, f.profile, f.owner, f.own, f.uploader, f.service, f.name, f.type, f.size, f.held, f.state, f.reason, f.detail, f.public, f.reference, f.created_at, f.expires_at, f.form_until, f.content, c.hash, (SELECT jsonb_agg(jsonb_build_object('name', v.name, 'width', v.width, 'height', v.height, 'size', v.size, 'type', v.type) ORDER BY v.width, v.name) FROM variants v WHERE v.content = f.content)
  FROM files f
  LEFT
  JOIN contents c
  ON c.id = f.content
  WHERE f.id = $1
  FOR
  UPDATE OF f;

SELECT f.id, f.module, f.profile, f.owner, f.own, f.uploader, f.service, f.name, f.type, f.size, f.held, f.state, f.reason, f.detail, f.public, f.reference, f.created_at, f.expires_at, f.form_until, f.content, c.hash, (SELECT jsonb_agg(jsonb_build_object('name', v.name, 'width', v.width, 'height', v.height, 'size', v.size, 'type', v.type) ORDER BY v.width, v.name) FROM variants v WHERE v.content = f.content)
  FROM files f
  LEFT
  JOIN contents c
  ON c.id = f.content
  WHERE f.owner = $1 AND NOT f.own AND f.state NOT IN ('rejected', 'expired', 'deleted') AND f.id < $2 AND ($3 = '' OR f.module = $3) AND ($4 = '' OR f.profile = $4)
  ORDER BY f.id DESC
  LIMIT $5;

SELECT files, bytes
  FROM usage
  WHERE kind = $1 AND name = $2;

SELECT id
  FROM contents
  WHERE state = 'going' AND changed_at <= now() - $3::interval AND id > $1
  ORDER BY id
  LIMIT $2;

SELECT id
  FROM contents
  WHERE state = 'kept'
  ORDER BY id
  LIMIT 1;

SELECT id
  FROM files
  WHERE content = $1 AND state = 'expired'
  ORDER BY id;

SELECT id
  FROM files
  WHERE content = $1
  ORDER BY id
  FOR
  UPDATE;

SELECT id
  FROM files
  WHERE form_until < now() - $3::interval AND state NOT IN ('pending', 'uploaded') AND id > $1
  ORDER BY id
  LIMIT $2;

SELECT id, ''
  FROM contents
  WHERE state = 'kept' AND id > $1
  ORDER BY id
  LIMIT $2;

SELECT id, source, hash, size, type
  FROM contents
  WHERE owner = $1 AND own = $2 AND module = $3 AND profile = $4 AND source = $5 AND state = 'kept';

SELECT id::text
  FROM identity;

SELECT k.n
  FROM unnest($1::text[], $2::uuid[], $3::text[]) WITH ORDINALITY AS k (folder, id, name, n)
  WHERE CASE k.folder
  WHEN 'contents' THEN EXISTS (SELECT FROM contents c WHERE c.id = k.id)
  WHEN 'quarantine' THEN EXISTS (SELECT FROM files f WHERE f.id = k.id AND f.state IN ('pending', 'uploaded')) ELSE EXISTS (SELECT FROM variants v WHERE v.content = k.id AND v.name = k.name) OR EXISTS (SELECT FROM contents c WHERE c.id = k.id AND c.state <> 'kept') OR EXISTS (SELECT FROM files f WHERE f.content = k.id AND f.state = 'checked') END;

SELECT key
  FROM signing;

SELECT kind, name, files, bytes
  FROM usage
  WHERE kind = 'owner' AND name = $1 OR kind = 'profile' AND name = ANY($2);

SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2 || '.' || $3 || ' ' || encode($4, 'hex'), 0));

SELECT source, hash, size, type
  FROM contents
  WHERE id = $1;

UPDATE contents
  SET missed_at = NULL
  WHERE missed_at IS NOT NULL AND (id, '') NOT IN (SELECT * FROM unnest($1::uuid[], $2::text[]));

UPDATE contents
  SET state = $2, source = $3, hash = $4, size = $5, type = $6, changed_at = now()
  WHERE id = $1 AND state = 'writing';

UPDATE contents
  SET state = 'going', changed_at = now()
  WHERE id = $1;

UPDATE contents
  SET state = 'going', changed_at = now()
  WHERE id = $1 AND NOT EXISTS (SELECT FROM files WHERE content = $1 AND id <> $2 AND state NOT IN ('rejected', 'expired', 'deleted'));

UPDATE contents
  SET state = 'going', changed_at = now()
  WHERE id = $1 AND state = 'writing' AND NOT EXISTS (SELECT FROM files WHERE content = $1);

UPDATE contents c
  SET state = 'going', changed_at = now() - $2::interval
  WHERE c.state = 'writing' AND c.changed_at < now() - $1::interval AND NOT EXISTS (SELECT FROM files f WHERE f.content = c.id AND f.state NOT IN ('rejected', 'expired', 'deleted'));

UPDATE files
  SET content = $2, type = $3, size = $4
  WHERE content = $1;

UPDATE files
  SET expires_at = now() + $2::interval
  WHERE id = $1 AND state = 'pending';

UPDATE files
  SET reference = $2, expires_at = now() + $3::interval, warned = false, changed_at = now()
  WHERE id = $1;

UPDATE files
  SET state = $2, expires_at = now() + $3::interval, changed_at = now()
  WHERE id = $1;

UPDATE files
  SET state = $2, reason = coalesce(nullif($3, ''), reason), detail = coalesce(nullif($4, ''), detail), content = CASE
  WHEN $2 = 'expired' THEN content END, held = CASE
  WHEN form_until IS NULL THEN 0 ELSE held END, expires_at = NULL, changed_at = now()
  WHERE id = $1;

UPDATE files
  SET state = $2, was_stored = $2 = 'stored', content = $3, type = $4, size = $5, held = $6, expires_at = now() + $7::interval, changed_at = now()
  WHERE id = $1 AND EXISTS (SELECT FROM contents WHERE id = $3 AND state <> 'going');

UPDATE usage
  SET files = files + $3, bytes = bytes + $4
  WHERE kind = $1 AND name = $2;

UPDATE variants
  SET missed_at = NULL
  WHERE missed_at IS NOT NULL AND (content, name) NOT IN (SELECT * FROM unnest($1::uuid[], $2::text[]));
