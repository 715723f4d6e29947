//! Hands over frames with their time; knows operating systems and file formats so nobody else must.
//!
//! A [`Recording`] reads a capture file; [`Together`] plays several as one, [`Repeat`] one many times over; a [`Script`] plays traffic that is
//! written as text. All are [`Frames`], which is what a driver of the engine needs to know. [`live`] listens on ports. [`files`] reads and writes whole small files with
//! a cap, and without leaving halves behind.

pub mod files;
#[cfg(target_os = "linux")]
pub mod live;
mod recording;
mod repeat;
mod script;
mod together;
mod writer;

pub use recording::{OpenError, Recording, Skipped, Warning};
pub use repeat::{Open, Repeat, rewrite};
pub use script::{Script, ScriptError};
pub use together::Together;
pub use writer::{NgWriter, Writer};

use sensor_decode::Frame;

/// Something that hands over frames, one at a time.
pub trait Frames {
    /// The next frame; `None` at the end. What could not be read is counted and warned of, never an error: what came before it stands.
    fn next_frame(&mut self) -> Option<Frame<'_>>;

    /// What is wrong with where they come from, in words that follow its name; complete when all frames were handed over.
    fn problem(&self) -> Option<String> {
        None
    }

    /// What was left out, and how often.
    fn left_out(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }
}

impl<F: Frames + ?Sized> Frames for Box<F> {
    fn next_frame(&mut self) -> Option<Frame<'_>> {
        (**self).next_frame()
    }

    fn problem(&self) -> Option<String> {
        (**self).problem()
    }

    fn left_out(&self) -> Vec<(&'static str, u64)> {
        (**self).left_out()
    }
}
