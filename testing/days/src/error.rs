//! What can be wrong with a recorded clinic.

use std::io;
use std::path::PathBuf;

use jiff::civil::Date;

/// Why days could not be composed.
#[derive(Debug, thiserror::Error)]
pub enum DaysError {
    /// A file is missing or cannot be read.
    #[error("could not read {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// `timetable.toml` is not TOML of the form its head describes.
    #[error("could not understand {}: {problem}", path.display())]
    Timetable {
        /// Which file.
        path: PathBuf,
        /// Line, field and what is wrong with it.
        problem: String,
    },
    /// A scene file is not what the recorder writes.
    #[error("could not read the scene {}: {problem}", path.display())]
    Scene {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A scene was asked for that the timetable does not know.
    #[error("there is no scene called {scene} in the timetable")]
    NoSuchScene {
        /// Its name.
        scene: String,
    },
    /// A day or an hour that the calendar or the zone cannot place.
    #[error("could not place a moment of {day} in time")]
    Moment {
        /// Which day.
        day: Date,
    },
}
