-- ?1 is a JSON array of [key, skeleton, the tag of either]; the answer is the positions of the free ones.
SELECT n.key FROM json_each(?1) n
WHERE NOT EXISTS (SELECT 1 FROM users WHERE nick_key = n.value ->> 0 AND id <> +?2)
  AND NOT EXISTS (SELECT 1 FROM users WHERE nick_skeleton = n.value ->> 1 AND id <> +?2)
  AND NOT EXISTS (SELECT 1 FROM former_names WHERE nick_key = n.value ->> 0 AND user_id <> +?2 AND until > +?3)
  AND NOT EXISTS (SELECT 1 FROM former_names WHERE nick_skeleton = n.value ->> 1 AND user_id <> +?2 AND until > +?3)
  AND NOT EXISTS (SELECT 1 FROM resting_names WHERE key_tag = n.value ->> 2 AND until > +?3)
  AND NOT EXISTS (SELECT 1 FROM resting_names WHERE skeleton_tag = n.value ->> 3 AND until > +?3)
ORDER BY n.key
