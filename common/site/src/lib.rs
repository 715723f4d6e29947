//! The clinic's own settings (`site.toml`): who to call, when it is open, what each device is, and what to watch.
//!
//! The tablet writes the file, a person may edit it, every role reads it. Reading is strict, because a misspelt field that is
//! silently left out is a device that is silently left unprotected: an error says the line, the field and what was
//! probably meant ([`SiteError`]). No IO and no clock: the text comes in, and so does every moment that is asked about.
//! What the *machine* is (interfaces, paths) stands elsewhere.
//!
//! ```toml
//! clinic = "Klinikken"
//! timezone = "Europe/Copenhagen"
//! inside = ["10.20.30.0/24"]        # or: whole_network = "the reason" for having none; then found out from the traffic
//! share_device_names = false
//! trusted_domains = []
//!
//! [opening_hours]                   # a day that is left out is a closed day
//! monday = "08:00-16:00"
//!
//! [contacts.it_supplier]            # also: owner, dcis, device_supplier, internet_provider, gp_system
//! name = "Nordlys IT"
//! phone = "+45 70 00 00 01"
//! hours = "08:00-16:00"             # weekdays; left out = always
//! after_hours_phone = "+45 70 00 00 09"
//!
//! [[device]]                        # mac, ip or both
//! mac = "02:00:00:00:00:21"
//! name = "Reception"
//! type = "pc"
//! confirmed = true
//!
//! [[known]]                         # the clinic pressed "Kendt": exactly one of device, mac and ip
//! kind = "port-scan"
//! device = "Reception"
//! until = 2026-12-31
//!
//! [detectors.dns-tunnel]            # read by the detector, not here
//! many_names_min = 400
//! ```

mod contact;
mod device;
mod error;
mod explain;
mod file;
mod hours;
mod known;
mod monitored;
mod place;
mod read;
mod site;

pub use contact::{Contact, ContactRole};
pub use device::NamedDevice;
pub use error::SiteError;
pub use hours::{DayHours, LocalHour, OpeningHours};
pub use known::{KnownDevice, KnownRule};
pub use monitored::{Monitored, SEGMENTS_MAX};
pub use site::Site;
