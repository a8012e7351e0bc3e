-- The statements that the tests of this package ran. The next release's schema must still understand them.
-- Written with SLIPWAY_UPDATE=1; not by hand.

INSERT INTO receipts (number, payment_id, owner, payable_id, amount, currency, paid_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7);

SELECT EXISTS (SELECT FROM receipts WHERE payment_id = $1);

SELECT number, payment_id, payable_id, amount, currency, paid_at
  FROM receipts
  WHERE owner = $1 AND number < $2
  ORDER BY number DESC
  LIMIT $3;

SELECT number, payment_id, payable_id, amount, currency, paid_at, owner
  FROM receipts
  WHERE number = $1;

UPDATE numbering
  SET last = last + 1
  RETURNING last;
