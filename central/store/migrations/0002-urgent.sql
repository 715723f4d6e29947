-- The queue by urgency: what is due first, what is closed last. The question says the very same expression.
CREATE INDEX incident_urgent ON incident ((due_rank - CASE WHEN state = 'closed' THEN 4 ELSE 0 END) DESC, last_seen_ns DESC, box, id);
