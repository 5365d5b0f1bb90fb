-- How many of the absorbed identities ?2 still has, and how many others.
SELECT coalesce(sum(there), 0), coalesce(sum(1 - there), 0) FROM (
    SELECT EXISTS (SELECT 1 FROM merged_identities m WHERE m.from_id = +?1 AND m.issuer = i.issuer AND m.subject = i.subject) AS there
    FROM identities i WHERE i.user_id = +?2
)
