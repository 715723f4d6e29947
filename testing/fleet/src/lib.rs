//! Plays boxes that speak the true protocol with a centre, one in a test or a thousand in `cyberalarm simulate fleet`.
//!
//! No spool and no sensor: what they tell is made up, and marked as what it is for. The box's own way to the centre is the uplink.

mod bodies;
mod desk;
mod fleet;
mod line;
mod played;

pub use bodies::{health, incident, sighting};
pub use desk::Desk;
pub use fleet::{Fleet, Report, percentile, play};
pub use line::{Answer, Line, certificates, connector};
pub use played::{PlayedBox, claim, request_for_certificate};
