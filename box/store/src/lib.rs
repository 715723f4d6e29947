//! Keeps the box's memory in SQLite, one file per writing role, one module per noun.
//!
//! `sensor.db` is written by the sensor alone, `tablet.db` by the tablet, `uplink.db` by the uplink; everybody else opens them read-only, also under another
//! user and while the writer is stopped. Every write is one transaction: all of it or nothing, and it is on the disk when the call
//! returns. What a row holds beside its keys is JSON of [`record`]'s types, so that a newer version can read what an older one wrote.
//!
//! All SQL of the box is in this crate. It decides nothing.

pub mod backup;
mod db;
pub mod nudge;
pub mod record;
pub mod sensor;
pub mod tablet;
pub mod uplink;

pub use db::StoreError;
pub use sensor::{SensorDb, SensorReader};
pub use tablet::{TabletDb, TabletReader};
pub use uplink::{UplinkDb, UplinkReader};
