//! Whole small files: read with a cap, written without leaving halves behind and without replacing what is no file.

use std::error::Error as _;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Most links from one to the next. Source: Linux follows 40 (path_resolution(7)).
const LINKS_MAX: usize = 40;

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
    /// There is something else of that name: a folder, a device, a pipe.
    #[error("could not write {name}: it is no file but {what}, and stays as it is")]
    NoFile {
        /// What was to be written.
        name: String,
        /// What is there.
        what: &'static str,
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

/// Writes a whole file, or leaves the old one as it was. Of a link, what it leads to is written.
///
/// # Errors
/// [`FileError`] when it cannot be written, or something that is no file has that name.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let failed = |err| FileError::Write { name: path.display().to_string(), err };
    let (place, mut file) = begin(path)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(place).map_err(|err| failed(err.error))?;
    Ok(())
}

/// Where [`write_atomically`] would write, links followed; tries whether it could, and writes nothing.
///
/// # Errors
/// As [`write_atomically`], except that a disk may fill up later.
pub fn check_place(path: &Path) -> Result<PathBuf, FileError> {
    begin(path).map(|(place, _removed)| place)
}

/// The place of a file to be written, and an empty one beside it that will take its name.
fn begin(path: &Path) -> Result<(PathBuf, NamedTempFile), FileError> {
    let name = || path.display().to_string();
    let failed = |err| FileError::Write { name: name(), err };
    let place = follow(path).map_err(failed)?;
    match fs::symlink_metadata(&place) {
        Ok(found) if found.is_file() => {}
        Ok(found) => return Err(FileError::NoFile { name: name(), what: what_is(&found) }),
        Err(err) if err.kind() == io::ErrorKind::NotFound => {}
        Err(err) => return Err(failed(err)),
    }
    // The error would name the file beside it, of which nobody knows.
    let file = NamedTempFile::new_in(folder(&place)).map_err(|err| failed(bare(err)))?;
    Ok((place, file))
}

/// Where a path leads, link after link; what it leads to need not be there.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut place = path.to_owned();
    for _ in 0..LINKS_MAX {
        match fs::read_link(&place) {
            Ok(to) => place = folder(&place).join(to),
            Err(_no_link) => {
                let Some(name) = place.file_name() else { return Ok(place) };
                return Ok(fs::canonicalize(folder(&place))?.join(name));
            }
        }
    }
    Err(io::Error::other("its links lead in a circle"))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn what_is(found: &fs::Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    let kind = found.file_type();
    if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

/// The error of the operating system alone.
fn bare(err: io::Error) -> io::Error {
    let inner = err.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    match inner.unwrap_or(&err).raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => err.kind().into(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{FileTypeExt as _, symlink};
    use std::process::Command;

    use super::*;

    fn said(path: &Path) -> String {
        let (written, checked) =
            (write_atomically(path, b"new").unwrap_err(), check_place(path).unwrap_err());
        let chain = |err: FileError| err.source().map_or(err.to_string(), |cause| format!("{err}: {cause}"));
        let written = chain(written);
        assert_eq!(written, chain(checked), "it is found before as it is found then");
        let path = path.display().to_string();
        assert!(written.contains(&path) && !written.replace(&path, "").contains(".tmp"), "{written}");
        written
    }

    #[test]
    fn what_is_no_file_is_not_replaced_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(said(&pipe).contains("a pipe"));
        let link = folder.path().join("link");
        symlink("pipe", &link).unwrap();
        assert!(said(&link).contains("a pipe"));
        assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
        assert!(said(folder.path()).contains("a folder"));
    }

    #[test]
    fn a_link_stays_one_and_what_it_leads_to_is_written() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("deep")).unwrap();
        let [link, first, kept] = ["link", "deep/first", "kept"].map(|name| folder.path().join(name));
        symlink("deep/first", &link).unwrap();
        symlink("../kept", &first).unwrap();
        for text in ["one", "two"] {
            assert_eq!(check_place(&link).unwrap(), fs::canonicalize(folder.path()).unwrap().join("kept"));
            write_atomically(&link, text.as_bytes()).unwrap();
            assert_eq!(read_text_capped(&kept, 1 << 20).unwrap(), text);
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left beside it");
    }

    #[test]
    fn where_nothing_can_be_written_is_said_with_its_name() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        assert!(said(&folder.path().join("gone/file")).contains("No such file"));
        symlink("circle", folder.path().join("circle")).unwrap();
        assert!(said(&folder.path().join("circle")).contains("circle"));
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
        // Root may write everywhere.
        if File::create(folder.path().join("tried")).is_err() {
            assert!(said(&folder.path().join("file")).contains("ermission denied"));
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    }
}
