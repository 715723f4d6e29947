//! What each port heard in each hour of the frames' own time, for whoever looks later whether the box sees.

use std::path::Path;

use box_store::SensorReader;
use box_store::sensor::PortHour;
use common_model::Timestamp;
use sensor_decode::PortId;
use sensor_engine::Engine;

const HOUR_SECS: u64 = 3_600;

/// The hour that is being counted.
#[derive(Debug, Default)]
pub(crate) struct Hours {
    /// Its number, once something was heard.
    hour: Option<u64>,
    /// What was counted of it before: by a sensor that was stopped, or before the clock was set back.
    before: Vec<PortHour>,
}

impl Hours {
    /// Time comes to this moment. Returns the rows of an hour that is over; what waits to be written is looked through for rows of the one that
    /// begins, then what is stored.
    pub(crate) fn come_to(
        &mut self,
        at: Timestamp,
        engine: &mut Engine,
        ports: usize,
        waiting: &[PortHour],
        folder: &Path,
    ) -> Vec<PortHour> {
        let hour = at.as_secs() / HOUR_SECS;
        if self.hour == Some(hour) {
            return Vec::new();
        }
        let over = self.rows(engine, ports);
        engine.begin_hour();
        let stored =
            SensorReader::open(folder).and_then(|reader| reader.port_hours(hour)).unwrap_or_default();
        self.before = (0_u8..)
            .take(ports)
            .filter_map(|port| {
                let is_it = |row: &&PortHour| (row.hour, row.port) == (hour, port);
                over.iter().chain(waiting.iter().rev()).chain(&stored).find(is_it).cloned()
            })
            .collect();
        self.hour = Some(hour);
        over
    }

    /// What is known of the hour so far, a row for each port.
    pub(crate) fn rows(&self, engine: &Engine, ports: usize) -> Vec<PortHour> {
        let Some(hour) = self.hour else { return Vec::new() };
        (0_u8..)
            .zip(engine.heard())
            .take(ports)
            .map(|(port, heard)| {
                let (mut devices_heard, mut devices_silent, mut devices_broadcast_only) = (0, 0, 0);
                for device in engine.inventory().iter() {
                    match device.is_heard_by(PortId(port)) {
                        true => devices_heard += 1,
                        false => devices_silent += 1,
                    }
                    devices_broadcast_only += u32::from(device.speaks_only_to_all(PortId(port)));
                }
                let before = self.before.iter().find(|row| row.port == port).cloned().unwrap_or_default();
                PortHour {
                    hour,
                    port,
                    frames: before.frames + heard.all.frames,
                    bytes: before.bytes + heard.all.bytes,
                    frames_from_inside: before.frames_from_inside + heard.from_inside.frames,
                    bytes_from_inside: before.bytes_from_inside + heard.from_inside.bytes,
                    frames_to_inside: before.frames_to_inside + heard.from_outside.frames,
                    bytes_to_inside: before.bytes_to_inside + heard.from_outside.bytes,
                    dropped: before.dropped + heard.dropped,
                    unseen_bytes: before.unseen_bytes + heard.unseen_bytes,
                    // Which ones were heard before is not known any more: not fewer than then, and not fewer than now.
                    devices_heard: devices_heard.max(before.devices_heard),
                    devices_silent,
                    devices_broadcast_only,
                }
            })
            .collect()
    }
}
