//! The spool on the disk: opened, read in order, and begun anew when numbers of it may have been given twice.

use std::path::Path;

use box_store::uplink::Numbered;
use box_store::{StoreError, UplinkDb};
use common_wire::Lane;

use crate::batch::{Spool, lowered_gap};
use crate::delivery::{LANES, Stand};
use crate::gather::lane;
use crate::random;

/// Opens the spool of a box. One that was put back from a copy begins anew: what was numbered after the copy was made may be at the centre, and would be
/// taken for what is numbered from now on.
///
/// # Errors
/// When the file cannot be opened or written.
pub fn open_spool(folder: &Path) -> anyhow::Result<UplinkDb> {
    let mut db = UplinkDb::open(folder, &random::digits::<16>()?)?;
    if db.reader().was_put_back()? {
        begin_again(&mut db)?;
    }
    Ok(db)
}

/// Begins a new spool: what the centre does not have, as far as is known here, is numbered anew.
///
/// # Errors
/// When the file cannot be written; then nothing was changed.
pub fn begin_again(db: &mut UplinkDb) -> anyhow::Result<()> {
    Ok(db.begin_again(&random::digits::<16>()?, &lowered_gap)?)
}

/// How far each lane is.
///
/// # Errors
/// When the file cannot be read.
pub fn stands(db: &UplinkDb) -> Result<[Stand; LANES], StoreError> {
    Ok(db.reader().lanes()?.map(|row| Stand { last: row.last, committed: row.committed }))
}

impl Spool for UplinkDb {
    fn records_after(&self, of: Lane, seq: u64, most: u32) -> Result<Vec<Numbered>, StoreError> {
        self.reader().records_after(lane(of), seq, most)
    }
}
