//! What a run costs: time on the processor and memory, as the operating system counts them.

use core::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use sensor_capture::files::read_text_capped;

/// A stopwatch that counts time on the processor, whatever else the machine does meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    began: Duration,
}

impl Cost {
    /// Starts it.
    #[must_use]
    pub fn start() -> Cost {
        Cost { began: cpu_time() }
    }

    /// Time on the processor since the start, of all threads.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        cpu_time().saturating_sub(self.began)
    }

    /// The most memory that this process has had at once, in bytes; 0 where the system does not tell.
    #[must_use]
    pub fn peak_memory_bytes() -> u64 {
        /// `/proc/self/status` has some 1,500 bytes (proc(5)).
        const STATUS_BYTES_MAX: u64 = 64 * 1_024;
        let status = read_text_capped("/proc/self/status".as_ref(), STATUS_BYTES_MAX).unwrap_or_default();
        let kib = status.lines().find_map(|line| {
            line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()
        });
        kib.unwrap_or(0).saturating_mul(1_024)
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
