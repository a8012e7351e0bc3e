-- The statements that the tests of this package ran. The next release's schema must still understand them.
-- Written with SLIPWAY_UPDATE=1; not by hand.

INSERT INTO notes (id, owner, text)
  VALUES ($1, $2, $3);

SELECT (count(*) || ' rows, ' || coalesce(sum(hashtextextended(x::text, 0)), 0))::text
  FROM "notes" x;

SELECT owner, text
  FROM notes
  WHERE id = $1;

SELECT tablename
  FROM pg_tables
  WHERE schemaname = $1 AND tablename NOT IN ('migrations', 'kit_migrations', 'idempotency')
  ORDER BY 1;
