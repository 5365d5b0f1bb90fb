UPDATE former_names SET user_id = ?1
WHERE user_id = +?2
  AND EXISTS (SELECT 1 FROM merged_names m WHERE m.from_id = +?1 AND m.nick = former_names.nick AND m.until = former_names.until)
