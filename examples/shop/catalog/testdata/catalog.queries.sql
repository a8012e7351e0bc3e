-- The statements that the tests of this package ran. The next release's schema must still understand them.
-- Written with SLIPWAY_UPDATE=1; not by hand.

SELECT sku, name, amount, currency
  FROM products
  ORDER BY sku
  LIMIT 1000;

SELECT sku, name, amount, currency
  FROM products
  WHERE sku = ANY ($1);
