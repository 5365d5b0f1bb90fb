-- The mark only rises by itself; an anchor moves it anywhere.
INSERT INTO clock (id, mark, anchor) VALUES (1, coalesce(?2, ?1), ?2)
ON CONFLICT (id) DO UPDATE
SET mark = CASE WHEN ?2 IS NOT NULL THEN ?2 ELSE max(coalesce(mark, ?1), coalesce(?1, mark)) END, anchor = coalesce(?2, anchor)
