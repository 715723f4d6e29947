//! Whole small files: read with a cap, written without leaving halves behind.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("could not read {name}")]
    Read {
        /// Which file.
        name: String,
        /// Why.
        #[source]
        err: io::Error,
    },
    /// It is larger than it may be.
    #[error("{name} is larger than {bytes_max} bytes")]
    TooLarge {
        /// Which file.
        name: String,
        /// The most it may have, in bytes.
        bytes_max: u64,
    },
    /// It is not text.
    #[error("{name} is not text (UTF-8): byte {at} cannot be read")]
    NotText {
        /// Which file.
        name: String,
        /// The first byte that is wrong.
        at: usize,
    },
    /// It cannot be written.
    #[error("could not write {name}")]
    Write {
        /// Which file.
        name: String,
        /// Why.
        #[source]
        err: io::Error,
    },
}

/// Reads a whole file of at most `bytes_max`.
///
/// # Errors
/// [`FileError`] when it cannot be read or is too large.
pub fn read_capped(path: &Path, bytes_max: u64) -> Result<Vec<u8>, FileError> {
    let name = || path.display().to_string();
    let failed = |err| FileError::Read { name: name(), err };
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > bytes_max {
        return Err(FileError::TooLarge { name: name(), bytes_max });
    }
    Ok(bytes)
}

/// Reads a whole text file of at most `bytes_max`.
///
/// # Errors
/// [`FileError`] when it cannot be read, is too large, or is not UTF-8.
pub fn read_text_capped(path: &Path, bytes_max: u64) -> Result<String, FileError> {
    String::from_utf8(read_capped(path, bytes_max)?).map_err(|err| FileError::NotText {
        name: path.display().to_string(),
        at: err.utf8_error().valid_up_to(),
    })
}

/// Writes a whole file, or leaves the old one as it was.
///
/// # Errors
/// [`FileError`] when it cannot be written.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let failed = |err| FileError::Write { name: path.display().to_string(), err };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|err| failed(err.error))?;
    Ok(())
}
