//! Learns what each device usually does, and says how far from it today is.
//!
//! For each device one ring of hours, eight weeks long, with three measures an hour. What is usual for an hour is the median of the
//! hours like it, and how much it varies is their median deviation, so that one odd day moves neither. Hours alike are those of the
//! same hour of day on days when the clinic is as open as now; once eight weeks are there, those of the same hour of the week. And a
//! list of where the clinic sends data. Hours in which a device had an open card are not learned, nor where it sends data then; a note
//! does not stop learning.

mod destinations;
mod habits;
mod normal;

pub use destinations::SavedDestination;
pub use habits::{Measure, Usual};
pub use normal::{Calendar, HourOf, Normal, SavedHabits, SavedNormal};
