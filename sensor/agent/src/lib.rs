//! Listens for as long as the box runs, and remembers what it heard: frames from [`Ears`] go into the engine, what comes out goes into
//! `sensor.db`, what people ask at the tablet comes back in.
//!
//! Nothing is decided here. Whether something is trouble is the engine's business, how it is told is the tablet's. What is kept here is
//! order: a command is done when its effect is on the disk; what was told once is not told twice after a restart; and when the disk is
//! full the sensor goes on listening, says so and what it could not write, and writes as soon as it can.

mod agent;
mod before;
mod canary;
mod ears;
mod even;
mod faults;
mod hours;
mod memory;
mod obey;
mod outputs;
mod record;
mod recorded;
mod talks;
mod wires;

pub use agent::{Agent, Setup};
pub use ears::{EarPort, Ears, Heard};
pub use record::{Kept, RECORD_BYTES_MAX, RecordTo, Stretch};
pub use recorded::{Pace, Recorded};
pub use wires::Wires;
