//! What comes out of the engine.

use common_model::{DeviceId, Finding, Incident, IncidentId, Sighting, Timestamp};
use sensor_decode::PortId;

use crate::SightState;

/// One thing that came out. Times are the frames' own.
#[derive(Clone, Debug)]
pub enum Output {
    /// A detector's opinion, and the incident it belongs to.
    Finding(Box<Finding>, IncidentId),
    /// A step in an incident's life, and when it was taken.
    Incident(Box<Incident>, Timestamp),
    /// Too weak for a finding.
    Sighting(Box<Sighting>),
    /// A device is new, or something new is known of it: ask the inventory.
    Device(DeviceId, Timestamp),
    /// A port sees, or has gone blind.
    Sight {
        /// Which port.
        port: PortId,
        /// What it does now.
        state: SightState,
        /// When that was noticed.
        at: Timestamp,
        /// When it was last heard.
        last_heard: Timestamp,
    },
}

/// What the engine counted since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames handed in.
    pub frames: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
    /// Frames whose headers could not be read.
    pub undecodable: u64,
    /// Frames that carry no IP and no ARP.
    pub not_ip: u64,
    /// Packets whose checksum was wrong.
    pub bad_checksums: u64,
    /// Copies of packets that were left out.
    pub copies: u64,
    /// Pieces of packets after the first.
    pub fragments: u64,
    /// Conversations.
    pub flows: u64,
    /// Conversations that left because the table was full.
    pub flows_evicted: u64,
    /// Bytes of streams that never came.
    pub gap_bytes: u64,
    /// Times a window for bytes out of order was wanted and none was free.
    pub windows_refused: u64,
    /// Bytes acknowledged but never seen.
    pub unseen_bytes: u64,
    /// Conversations whose parser gave up.
    pub parsers_gave_up: u64,
    /// Times the frames' clock went back.
    pub clock_steps_back: u64,
    /// Frames with a time that no other agreed to.
    pub clock_leaps_refused: u64,
    /// Entries that detectors forgot because their tables were full.
    pub detectors_forgot: u64,
    /// Devices forgotten because there were too many.
    pub devices_forgotten: u64,
    /// Networks of the clinic's own forgotten because there were too many.
    pub networks_forgotten: u64,
    /// Incidents closed because there were too many.
    pub incidents_crowded_out: u64,
    /// Frames lost before they came to us.
    pub capture_dropped: u64,
    /// Outputs that nobody took in time.
    pub outputs_dropped: u64,
    /// What detectors had kept and could not read back.
    pub not_restored: u64,
    /// Findings.
    pub findings: u64,
    /// Incidents opened.
    pub incidents: u64,
    /// Devices.
    pub devices: u64,
}
