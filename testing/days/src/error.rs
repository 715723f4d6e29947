//! What can be wrong with a recorded clinic.

use std::path::PathBuf;

use jiff::civil::Date;
use sensor_capture::OpenError;
use sensor_capture::files::FileError;

/// Why days could not be composed.
#[derive(Debug, thiserror::Error)]
pub enum DaysError {
    /// The timetable is missing or cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// `timetable.toml` is not TOML of the form its head describes.
    #[error("could not understand {}: {problem}", path.display())]
    Timetable {
        /// Which file.
        path: PathBuf,
        /// Line, field and what is wrong with it.
        problem: String,
    },
    /// A scene is missing or no capture.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A scene cannot be played.
    #[error("could not use the scene {scene}: {problem}")]
    Scene {
        /// Its name.
        scene: String,
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
