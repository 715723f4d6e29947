//! What each port heard, hour by hour: for the IT supplier, who looks whether the mirror port shows everything.

use box_store::sensor::{PortHour, PortStatus};
use common_model::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::View;

/// Hours that are shown. Source: a day, with the same hour of yesterday.
const HOURS_SHOWN: u64 = 25;

const HOUR_SECS: u64 = 3_600;

/// What the ports heard.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sight {
    ports: Vec<PortHours>,
}

/// What a port heard.
#[derive(Debug, Serialize, ToSchema)]
struct PortHours {
    /// What it is called on the screen.
    name: String,
    /// The latest first; hours in which the box did not run are missing.
    hours: Vec<Hour>,
}

/// What a port heard in an hour.
#[derive(Debug, Serialize, ToSchema)]
struct Hour {
    /// When it began.
    at: String,
    /// All frames.
    frames: u64,
    /// Packets from the clinic's devices to the world outside and among each other, copies not counted.
    from_inside: u64,
    /// Packets from outside to the clinic's devices.
    to_inside: u64,
    /// Frames lost before they came to the box.
    lost: u64,
    /// Bytes of conversations that were acknowledged and never seen: what the mirror port did not show.
    unseen_bytes: u64,
    /// Known devices that were heard.
    heard: u32,
    /// Known devices that were not.
    not_heard: u32,
    /// Devices of which only what is meant for all was heard.
    only_to_all: u32,
}

impl View {
    /// What the ports heard in the last day.
    pub(crate) fn hours(&self) -> anyhow::Result<Sight> {
        let (Some(sensor), Some(status)) = (&self.sensor, &self.status) else {
            return Ok(Sight { ports: Vec::new() });
        };
        let since = (self.now.as_secs() / HOUR_SECS).saturating_sub(HOURS_SHOWN - 1);
        let hours = sensor.port_hours(since)?;
        let port = |(number, port): (u8, &PortStatus)| {
            let hours = hours.iter().rev().filter(|hour| hour.port == number);
            let name = self.port_title(&port.name, status.is_recording)?;
            Ok(PortHours { name, hours: hours.map(|hour| self.hour(hour)).collect() })
        };
        Ok(Sight { ports: (0..).zip(&status.ports).map(port).collect::<anyhow::Result<_>>()? })
    }

    fn hour(&self, hour: &PortHour) -> Hour {
        Hour {
            at: self.words().moment(Timestamp::from_secs(hour.hour.saturating_mul(HOUR_SECS))),
            frames: hour.frames,
            from_inside: hour.frames_from_inside,
            to_inside: hour.frames_to_inside,
            lost: hour.dropped,
            unseen_bytes: hour.unseen_bytes,
            heard: hour.devices_heard,
            not_heard: hour.devices_silent,
            only_to_all: hour.devices_broadcast_only,
        }
    }
}
