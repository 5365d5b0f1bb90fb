-- Everybody whose account became this one's, those for good included.
WITH RECURSIVE absorbed (id) AS (
    SELECT from_id FROM merges WHERE into_id = +?1
    UNION SELECT m.from_id FROM merges m JOIN absorbed a ON m.into_id = a.id
)
SELECT id FROM absorbed
UNION SELECT detail FROM events WHERE user_id = +?1 AND kind = +?2
