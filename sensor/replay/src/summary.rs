//! What a run came to.

use core::time::Duration;

use common_model::Timestamp;
use common_words::Figures;
use sensor_engine::Counts;

/// What a run came to. The last three fields are measured and differ from run to run; everything else is the same in every replay.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// What was played.
    pub file: String,
    /// What is wrong with it, if anything.
    pub warning: Option<String>,
    /// When the earliest frame was heard.
    pub first_at: Option<Timestamp>,
    /// When the latest frame was heard.
    pub last_at: Option<Timestamp>,
    /// What the engine counted.
    pub counts: Counts,
    /// What the reader left out, by name.
    pub skipped: Vec<(&'static str, u64)>,
    /// Incidents that had a card.
    pub cards: u64,
    /// Time on the processor.
    pub cpu: Duration,
    /// The most memory that was taken, in bytes.
    pub peak_memory_bytes: u64,
}

impl Summary {
    /// A frame was heard.
    pub(crate) fn heard(&mut self, at: Timestamp) {
        self.first_at = Some(self.first_at.map_or(at, |first| first.min(at)));
        self.last_at = Some(self.last_at.map_or(at, |last| last.max(at)));
    }

    /// From the earliest frame to the latest.
    #[must_use]
    pub fn captured(&self) -> Duration {
        self.first_at.zip(self.last_at).map_or(Duration::ZERO, |(first, last)| last.since(first))
    }

    /// Packets for each second on the processor.
    #[must_use]
    pub fn packets_per_cpu_sec(&self) -> f64 {
        let secs = self.cpu.as_secs_f64();
        if secs > 0.0 { self.counts.frames as f64 / secs } else { 0.0 }
    }

    /// What was lost, cut off or left out, and how often; only what happened.
    #[must_use]
    pub fn dropped(&self) -> Vec<(&'static str, u64)> {
        let all = all_dropped(&self.counts);
        all.into_iter().chain(self.skipped.iter().copied()).filter(|(_, count)| *count > 0).collect()
    }

    /// The names that [`Summary::dropped`] may say of the engine.
    #[must_use]
    pub fn dropped_names() -> Vec<&'static str> {
        all_dropped(&Counts::default()).map(|(name, _)| name).to_vec()
    }

    /// What was noticed and did no harm, and how often; only what happened.
    #[must_use]
    pub fn noticed(&self) -> Vec<(&'static str, u64)> {
        let counts = &self.counts;
        let all = [
            ("bad_checksums", counts.bad_checksums),
            ("clock_steps_back", counts.clock_steps_back),
            ("fragments", counts.fragments),
            ("not_ip", counts.not_ip),
        ];
        all.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    /// The same for people.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let counts = &self.counts;
        Figures {
            packets: counts.frames,
            bytes: counts.bytes,
            captured: self.captured(),
            devices: counts.devices,
            flows: counts.flows,
            cards: self.cards,
            notes: counts.incidents.saturating_sub(self.cards),
            cpu_secs: self.cpu.as_secs_f64(),
            memory_bytes: self.peak_memory_bytes,
            dropped: self.dropped(),
        }
    }
}

fn all_dropped(counts: &Counts) -> [(&'static str, u64); 14] {
    [
        ("capture", counts.capture_dropped),
        ("clock_leaps", counts.clock_leaps_refused),
        ("copies", counts.copies),
        ("detector_entries", counts.detectors_forgot),
        ("devices", counts.devices_forgotten),
        ("flows", counts.flows_evicted),
        ("gap_bytes", counts.gap_bytes),
        ("incidents", counts.incidents_crowded_out),
        ("networks", counts.networks_forgotten),
        ("outputs", counts.outputs_dropped),
        ("parsers", counts.parsers_gave_up),
        ("reassembly_windows", counts.windows_refused),
        ("restored_state", counts.not_restored),
        ("unseen_bytes", counts.unseen_bytes),
    ]
}
