-- By time, since those of an absorbed account were numbered beside these.
SELECT id, at, kind, detail FROM events WHERE user_id = +?1 ORDER BY at DESC, id DESC
