DELETE FROM grants WHERE session_id = +?1
