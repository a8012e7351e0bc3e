-- The statements that the tests of this package ran. The next release's schema must still understand them.
-- Written with SLIPWAY_UPDATE=1; not by hand.

INSERT INTO payments (id, owner, key_sha256, cart_id, amount, currency, card_last4, provider, status, due_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + $10)
  ON CONFLICT (owner, key_sha256)
  WHERE status <> 'failed' DO NOTHING
  RETURNING id, owner, cart_id, amount, currency, card_last4, status, reason, attempt, looks, coalesce(now() - charged_at, '0'), settled_at IS NOT NULL;

INSERT INTO simulated_charges (key, reference, amount, currency, card_last4, approved, reason)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (key) DO NOTHING;

SELECT approved, reason
  FROM simulated_charges
  WHERE key = $1;

SELECT id, owner, cart_id, amount, currency, card_last4, status, reason, attempt, looks, coalesce(now() - charged_at, '0'), settled_at IS NOT NULL
  FROM payments
  WHERE id = $1;

SELECT id, owner, cart_id, amount, currency, card_last4, status, reason, attempt, looks, coalesce(now() - charged_at, '0'), settled_at IS NOT NULL
  FROM payments
  WHERE owner = $1 AND key_sha256 = $2 AND status <> 'failed';

UPDATE payments
  SET attempt = attempt + 1, due_at = now() + $2, charged_at = CASE
  WHEN status = $3 THEN now() ELSE charged_at END
  WHERE id = $1 AND due_at <= now()
  RETURNING id, owner, cart_id, amount, currency, card_last4, status, reason, attempt, looks, coalesce(now() - charged_at, '0'), settled_at IS NOT NULL;

UPDATE payments
  SET looks = looks + 1, due_at = now() + $3
  WHERE id = $1 AND attempt = $2;

UPDATE payments
  SET settled_at = now()
  WHERE id = $1 AND attempt = $2 AND settled_at IS NULL
  RETURNING id, owner, cart_id, amount, currency, card_last4, status, reason, attempt, looks, coalesce(now() - charged_at, '0'), settled_at IS NOT NULL;

UPDATE payments
  SET status = $4, reason = $5, looks = 0, charged_at = CASE
  WHEN $6 THEN now() ELSE charged_at END, due_at = CASE
  WHEN $7 THEN now() ELSE due_at END, settled_at = CASE
  WHEN $8 THEN now() ELSE settled_at END
  WHERE id = $1 AND attempt = $2 AND status = $3
  RETURNING id, owner, cart_id, amount, currency, card_last4, status, reason, attempt, looks, coalesce(now() - charged_at, '0'), settled_at IS NOT NULL;
