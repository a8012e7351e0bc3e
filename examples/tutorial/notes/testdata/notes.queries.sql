-- The statements that the tests of this package ran. The next release's schema must still understand them.
-- Written with SLIPWAY_UPDATE=1; not by hand.

DELETE
  FROM idempotency
  WHERE principal = $1 AND route = $2 AND key = $3 AND attempt = $4 AND status IS NULL;

INSERT INTO idempotency AS i (principal, route, key, fingerprint, lease_until)
  VALUES ($1, $2, $3, $4, now() + $5)
  ON CONFLICT (principal, route, key) DO
  UPDATE
  SET attempt = i.attempt + 1, lease_until = excluded.lease_until
  WHERE i.status IS NULL AND i.lease_until < now() AND i.fingerprint = excluded.fingerprint
  RETURNING attempt;

INSERT INTO notes (id, owner, text)
  VALUES ($1, $2, $3)
  ON CONFLICT (id) DO
  UPDATE
  SET text = notes.text
  RETURNING text;

SELECT fingerprint, status, content_type, body
  FROM idempotency
  WHERE principal = $1 AND route = $2 AND key = $3;

SELECT owner, text
  FROM notes
  WHERE id = $1;

SELECT text
  FROM notes
  WHERE owner = $1
  ORDER BY text;

UPDATE idempotency
  SET status = $5, content_type = $6, body = $7, lease_until = NULL
  WHERE principal = $1 AND route = $2 AND key = $3 AND attempt = $4 AND status IS NULL;
