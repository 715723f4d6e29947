//! Hands over frames with their time; knows operating systems and file formats so nobody else must.
//!
//! A [`Recording`] reads a capture file; [`Together`] plays several as one, [`Repeat`] one many times over. All are [`Frames`], which is all that
//! a driver of the engine needs to know. [`files`] reads and writes whole small files with a cap, and without leaving halves behind.

pub mod files;
mod recording;
mod repeat;
mod together;
mod writer;

pub use recording::{OpenError, Recording, Skipped, Warning};
pub use repeat::{Repeat, TooLong, rewrite};
pub use together::Together;
pub use writer::Writer;

use sensor_decode::Frame;

/// Something that hands over frames, one at a time.
pub trait Frames {
    /// The next frame; `None` at the end. What could not be read is counted and warned of, never an error: what came before it stands.
    fn next_frame(&mut self) -> Option<Frame<'_>>;
}
