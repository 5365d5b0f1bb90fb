SELECT * FROM signed_in WHERE session_id = +?1
