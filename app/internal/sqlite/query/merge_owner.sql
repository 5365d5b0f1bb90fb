-- Whose timeline it is by now: who absorbed, or who absorbed them since.
WITH RECURSIVE owner (id) AS (
    SELECT into_id FROM merges WHERE from_id = +?1
    UNION SELECT m.into_id FROM merges m JOIN owner o ON m.from_id = o.id
)
SELECT id FROM owner WHERE NOT EXISTS (SELECT 1 FROM merges m WHERE m.from_id = owner.id)
