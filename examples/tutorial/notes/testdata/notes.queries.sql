-- The statements that the tests of this package ran. The next release's schema must still understand them.
-- Written with SLIPWAY_UPDATE=1; not by hand.

INSERT INTO notes (id, owner, text)
  VALUES ($1, $2, $3);

SELECT owner, text
  FROM notes
  WHERE id = $1;
