-- The names that merges hold, for who is there again after the profile moved: of the
-- two the one that is not in use.
WITH RECURSIVE owner (from_id, id) AS (
    SELECT from_id, into_id FROM merges WHERE until > +?1
    UNION SELECT o.from_id, m.into_id FROM owner o JOIN merges m ON m.from_id = o.id
)
INSERT INTO former_names (user_id, nick, nick_key, nick_skeleton, keys_version, until)
SELECT u.id, n.nick, n.nick_key, n.nick_skeleton, n.keys_version, n.until
FROM owner o
JOIN users u ON u.id = o.id
JOIN (SELECT from_id, until, from_nick AS nick, from_nick_key AS nick_key, from_nick_skeleton AS nick_skeleton, from_keys_version AS keys_version FROM merges
      UNION ALL
      SELECT from_id, until, into_nick, into_nick_key, into_nick_skeleton, into_keys_version FROM merges) n ON n.from_id = o.from_id
WHERE n.nick_key <> u.nick_key
