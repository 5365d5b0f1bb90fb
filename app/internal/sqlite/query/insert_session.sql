INSERT INTO sessions (id, user_id, identity_id, key_id, generation, current_jti, previous_jti, rotated_at, rotated_launch, reissues,
                      created_at, confirmed_at, claimed_at, seen_at, idle_until, absolute_end, ended_at, end_reason)
VALUES (?1, ?2, nullif(?3, ''), ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
