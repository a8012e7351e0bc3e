-- The statements that the tests of this package ran. The next release's schema must still understand them.
-- Written with SLIPWAY_UPDATE=1; not by hand.

DELETE
  FROM photos
  WHERE file = $1;

DELETE
  FROM photos
  WHERE sku = $1 AND NOT shown;

DELETE
  FROM photos
  WHERE sku = $1 AND shown
  RETURNING file;

INSERT INTO photos AS p (sku, shown, file)
  VALUES ($1, false, $2)
  ON CONFLICT (file) DO
  UPDATE
  SET file = excluded.file
  RETURNING p.sku;

SELECT EXISTS (SELECT FROM photos WHERE file = $1);

SELECT
  FROM products
  WHERE sku = $1
  FOR
  UPDATE;

SELECT p.sku, p.name, p.amount, p.currency, coalesce(f.url, ''), coalesce(f.thumb, ''), coalesce(f.width, 0), coalesce(f.height, 0)
  FROM products p
  LEFT
  JOIN photos f
  ON f.sku = p.sku AND f.shown
  ORDER BY p.sku
  LIMIT 1000;

SELECT p.sku, p.name, p.amount, p.currency, coalesce(f.url, ''), coalesce(f.thumb, ''), coalesce(f.width, 0), coalesce(f.height, 0)
  FROM products p
  LEFT
  JOIN photos f
  ON f.sku = p.sku AND f.shown
  WHERE p.sku = ANY ($1);

SELECT shown
  FROM photos
  WHERE file = $1;

SELECT sku
  FROM photos
  WHERE file = $1 AND NOT shown;

SELECT sku
  FROM products
  WHERE sku = $1
  FOR
  UPDATE;

UPDATE photos
  SET shown = true, url = $2, thumb = $3, width = $4, height = $5
  WHERE file = $1;
