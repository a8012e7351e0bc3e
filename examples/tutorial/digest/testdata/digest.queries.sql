-- The statements that the tests of this package ran. The next release's schema must still understand them.
-- Written with SLIPWAY_UPDATE=1; not by hand.

DELETE
  FROM tally
  WHERE last_at < $1;

INSERT INTO cards (note, number)
  VALUES ($1, $2);

INSERT INTO tally (author, notes, words, last_at)
  VALUES ($1, 1, $2, $3)
  ON CONFLICT (author) DO
  UPDATE
  SET notes = tally.notes + 1, words = tally.words + $2, last_at = greatest(tally.last_at, $3);

SELECT notes, words
  FROM tally
  WHERE author = $1;

UPDATE cards
  SET sent = true
  WHERE note = $1;
