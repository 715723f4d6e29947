-- Records are forgotten by when they came.
CREATE INDEX record_received ON record (received_at_ns);
