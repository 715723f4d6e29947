-- When the latest state of an incident came: a box's clock, or a day that is played, may say another time.
ALTER TABLE incident ADD COLUMN received_at_ns BIGINT NOT NULL DEFAULT 0;
UPDATE incident SET received_at_ns = COALESCE((SELECT max(record.received_at_ns) FROM incident_step s
    JOIN record ON record.lane = s.lane AND record.seq = s.seq WHERE s.box = incident.box AND s.id = incident.id), last_seen_ns);
CREATE INDEX incident_received ON incident (received_at_ns);

-- Which kinds there are.
CREATE INDEX incident_kind ON incident (kind, category);
