UPDATE merged_codes SET void_at = ?1 WHERE used_at IS NULL AND void_at IS NULL
