-- The statements that the tests of this package ran. The next release's schema must still understand them.
-- Written with SLIPWAY_UPDATE=1; not by hand.

INSERT INTO notes (id, owner, text)
  VALUES ($1, $2, $3)
  ON CONFLICT (id) DO
  UPDATE
  SET text = notes.text
  RETURNING text, xmax = 0;

SELECT owner, text
  FROM notes
  WHERE id = $1;

SELECT text
  FROM notes
  WHERE owner = $1
  ORDER BY text;
