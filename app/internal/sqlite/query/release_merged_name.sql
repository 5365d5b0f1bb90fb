-- What was held for ?1 by the merge, or since: nobody's own name is held against them.
-- ?6 says that ?3 is theirs again.
DELETE FROM former_names
WHERE user_id = +?1 AND (nick = +?2 AND until > +?5 OR nick = +?3 AND (until = +?4 OR ?6 AND until > +?5))
