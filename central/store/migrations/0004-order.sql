-- Where in the order of its box the latest step and the latest answer were told: a box's clock may be set back, its numbers never go back.
ALTER TABLE incident ADD COLUMN lane BIGINT NOT NULL DEFAULT 0;
ALTER TABLE incident ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE answer ADD COLUMN lane BIGINT NOT NULL DEFAULT 0;
ALTER TABLE answer ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;
