//! Plays captures through the engine and says what came out: as a timeline for people, as JSON lines for programs, as a table of what was
//! found and what was not, and as figures of how fast it was.
//!
//! It opens files and asks the machine what time and memory a run took; what is trouble, how bad, and in which words is decided
//! elsewhere. [`play()`] drives the engine, [`Telling`] turns its outputs into words, [`Teller`]s write them down.

mod bench;
mod cost;
mod evaluate;
mod explain;
mod input;
mod lines;
mod play;
mod summary;
mod tell;
mod timeline;

pub use bench::bench;
pub use cost::Cost;
pub use evaluate::{check_labels, evaluate};
pub use explain::explain;
pub use input::{
    Inputs, check_captures, check_is_file, check_profile_place, open_capture, open_together, write_profile,
};
pub use lines::Lines;
pub use play::{Play, play};
pub use sensor_detectors::{Observation, What};
pub use summary::Summary;
pub use tell::{Teller, Telling, Told};
pub use timeline::Timeline;
