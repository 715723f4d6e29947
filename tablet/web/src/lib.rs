//! Shows the clinic one face and a few sentences, and takes what people press: a JSON API and server-sent events over what the sensor wrote,
//! and the front end of `web/tablet`, built in.
//!
//! It decides nothing about trouble: which card is red stands in `sensor.db`, the words come from `common/words`. `view` turns the one
//! into the other, `api` has a file for each resource, `guard` stands before all of them. What people do is written to `tablet.db`, and the
//! sensor's bell is rung.

mod api;
mod assets;
mod complaints;
mod guard;
mod serve;
mod shared;
mod view;

pub use api::open_api;
pub use serve::{Options, serve};

#[cfg(test)]
mod tests;
