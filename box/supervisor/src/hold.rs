//! One box for one folder: whoever holds the folder of a box's state is the only one who may start a box there, empty it, or put a copy in.

use std::fs::File;
use std::path::Path;

use anyhow::Context as _;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// Holds a folder until it is dropped, or its process ends in whatever way.
#[derive(Debug)]
#[must_use = "dropping it lets go of the folder"]
pub struct Hold {
    _folder: File,
}

impl Hold {
    /// Takes hold of a folder.
    ///
    /// # Errors
    /// When somebody else holds it.
    pub fn of(folder: &Path) -> anyhow::Result<Self> {
        let opened = File::open(folder).with_context(|| format!("could not open {}", folder.display()))?;
        match flock(&opened, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Hold { _folder: opened }),
            Err(Errno::WOULDBLOCK) => {
                anyhow::bail!("a box is running in {}: stop it first", folder.display())
            }
            Err(err) => Err(err).with_context(|| format!("could not take hold of {}", folder.display())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_by_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let hold = Hold::of(folder.path()).unwrap();
        let said = Hold::of(folder.path()).unwrap_err().to_string();
        assert!(said.starts_with("a box is running in "), "{said}");
        drop(hold);
        let _again = Hold::of(folder.path()).unwrap();
        assert!(Hold::of(&folder.path().join("nowhere")).is_err());
    }
}
