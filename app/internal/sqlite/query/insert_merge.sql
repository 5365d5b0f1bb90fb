INSERT INTO merges (from_id, into_id, provider, at, until, events_before, events_last,
                    from_nick, from_nick_key, from_nick_skeleton, from_keys_version, from_created_at, from_renamed_at, from_declined_at,
                    into_nick, into_nick_key, into_nick_skeleton, into_keys_version, into_created_at, into_renamed_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
        (SELECT declined_at FROM recovery_declined WHERE user_id = +?1), ?14, ?15, ?16, ?17, ?18, ?19)
