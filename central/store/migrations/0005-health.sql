-- When the centre last heard how a box is: one that talks of other things and no longer of itself is blind.
ALTER TABLE box_health ADD COLUMN received_at_ns BIGINT NOT NULL DEFAULT 0;
UPDATE box_health SET received_at_ns = COALESCE((SELECT max(record.received_at_ns) FROM record JOIN lane ON lane.no = record.lane
    WHERE lane.box = box_health.box AND lane.lane = 'health'), 0);
