DELETE FROM outbox WHERE session_id = +?1
