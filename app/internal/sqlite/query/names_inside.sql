-- What ?1, and whoever is absorbed in them, are called once their merges are undone.
WITH RECURSIVE inside (id) AS (VALUES (+?1) UNION SELECT from_id FROM merges JOIN inside ON into_id = id)
SELECT from_nick, from_nick_key, from_nick_skeleton, from_keys_version FROM merges WHERE into_id IN (SELECT id FROM inside)
UNION
SELECT into_nick, into_nick_key, into_nick_skeleton, into_keys_version FROM merges WHERE into_id IN (SELECT id FROM inside)
