SELECT nick_key, nick_skeleton, until FROM former_names WHERE user_id = +?1 AND until > +?2
