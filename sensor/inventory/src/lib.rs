//! Says which device spoke.
//!
//! An Ethernet address names a device only for the addresses that ARP, neighbour discovery or DHCP tie to it on its own link; any other
//! inside address is a device by itself, until one of those says otherwise. When two turn out to be one, the first id stays and the
//! other becomes its alias. What a device is called and what it is comes from the clinic first, and from what it says of itself second.

mod clues;
mod device;
mod inside;
mod inventory;

pub use device::Device;
pub use inside::{Inside, Where};
pub use inventory::{Hearing, How, Inventory, Saved, SavedDevice};
