-- 0 free, 1 taken (the same compare key), 2 looks like another (the same skeleton).
SELECT CASE
    WHEN EXISTS (SELECT 1 FROM users WHERE nick_key = +?1 AND id <> +?3)
      OR EXISTS (SELECT 1 FROM former_names WHERE nick_key = +?1 AND user_id <> +?3 AND until > +?4)
      OR EXISTS (SELECT 1 FROM resting_names WHERE key_tag = +?5 AND until > +?4) THEN 1
    WHEN EXISTS (SELECT 1 FROM users WHERE nick_skeleton = +?2 AND id <> +?3)
      OR EXISTS (SELECT 1 FROM former_names WHERE nick_skeleton = +?2 AND user_id <> +?3 AND until > +?4)
      OR EXISTS (SELECT 1 FROM resting_names WHERE skeleton_tag = +?6 AND until > +?4) THEN 2
    ELSE 0
END
