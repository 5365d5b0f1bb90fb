-- Under their own identity, or under another where that was unlinked since. One that a
-- recovery code opened has none.
UPDATE sessions
SET user_id = ?1,
    identity_id = CASE WHEN EXISTS (SELECT 1 FROM merged_sessions m WHERE m.from_id = +?1 AND m.session_id = sessions.id AND m.identity_id IS NOT NULL)
                       THEN coalesce((SELECT i.id FROM merged_sessions m JOIN identities i ON i.user_id = m.from_id AND i.id = m.identity_id
                                      WHERE m.from_id = +?1 AND m.session_id = sessions.id),
                                     (SELECT i.id FROM identities i WHERE i.user_id = +?1 ORDER BY i.confirmed_at DESC, i.id LIMIT 1)) END
WHERE id IN (SELECT session_id FROM merged_sessions WHERE from_id = +?1) AND user_id = +?2
