-- The statements that the tests of this package ran. The next release's schema must still understand them.
-- Written with SLIPWAY_UPDATE=1; not by hand.

INSERT INTO carts (id, owner, currency, status)
  VALUES ($1, $2, $3, $4);

INSERT INTO settlements (payment_id, cart_id, outcome)
  VALUES ($1, $2, $3)
  ON CONFLICT DO NOTHING;

SELECT EXISTS (SELECT FROM settlements WHERE payment_id = $1);

SELECT owner, currency, status, payment_id, items
  FROM carts
  WHERE id = $1;

SELECT owner, currency, status, payment_id, items
  FROM carts
  WHERE id = $1
  FOR
  UPDATE;

UPDATE carts
  SET status = $2, payment_id = $3, items = $4, updated_at = now()
  WHERE id = $1;
