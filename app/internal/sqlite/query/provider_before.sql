SELECT provider FROM identities ORDER BY confirmed_at DESC, id LIMIT 1
