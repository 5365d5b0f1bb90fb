SELECT from_id, into_id, provider, at, until, events_before, events_last,
       from_nick, from_nick_key, from_nick_skeleton, from_keys_version, from_created_at, from_renamed_at,
       into_nick, into_nick_key, into_nick_skeleton, into_keys_version, into_created_at, into_renamed_at
FROM merges ORDER BY at DESC, events_before DESC
