-- Those of ?1 from ?3 to ?4 become those of ?2, their IDs moved by ?5.
UPDATE events SET user_id = ?2, id = id + ?5 WHERE user_id = +?1 AND id >= +?3 AND id <= +?4
