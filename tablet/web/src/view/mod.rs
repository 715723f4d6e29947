//! What the screens show, made from what is stored. Structures are promised (they are the API's), sentences come from `common/words`.

mod card;
mod devices;
mod history;
mod home;
mod known;
mod sent;
mod settings;
mod sight;
mod test;
mod warning;
mod word;

pub(crate) use devices::Devices;
pub(crate) use history::History;
pub(crate) use home::Home;
pub(crate) use known::Known;
pub(crate) use sent::Sent;
pub(crate) use settings::{Saved, Settings, Wrong};
pub(crate) use sight::Sight;
pub(crate) use test::Test;
pub(crate) use word::{Answer, Language};

use std::time::Instant;

use anyhow::Context as _;
use box_store::sensor::Status;
use box_store::{SensorReader, StoreError, TabletReader, UplinkReader};
use common_model::Timestamp;
use common_site::Site;
use common_words::{Catalogue, Lang, Tablet};

use crate::shared::{Heard, Hearing, Shared, machine_time};

/// Everything that a screen is made from.
pub(crate) struct View {
    pub(crate) catalogue: &'static Catalogue,
    pub(crate) lang: Lang,
    pub(crate) site: Site,
    /// `None` when the sensor has never run.
    pub(crate) sensor: Option<SensorReader>,
    pub(crate) tablet: TabletReader,
    /// `None` when the uplink has never run.
    pub(crate) uplink: Option<UplinkReader<'static>>,
    pub(crate) status: Option<Status>,
    pub(crate) hearing: Hearing,
    /// The box's own time; of a recording, the recording's.
    pub(crate) now: Timestamp,
}

impl View {
    pub(crate) fn new(shared: &Shared, lang: Lang) -> anyhow::Result<View> {
        let Heard { status, at } = shared.heard.borrow().clone();
        let sensor = match SensorReader::open(&shared.folder) {
            Ok(sensor) => Some(sensor),
            Err(StoreError::Missing { .. }) => None,
            Err(err) => return Err(err.into()),
        };
        let now = now(status.as_ref(), at);
        Ok(View {
            catalogue: shared.catalogue,
            lang,
            site: shared.site()?,
            sensor,
            tablet: TabletReader::open(&shared.folder)?,
            uplink: warning::open(&shared.folder)?,
            hearing: shared.hearing(at),
            status,
            now,
        })
    }

    pub(crate) fn words(&self) -> Tablet<'_> {
        self.catalogue.tablet(self.lang, &self.site, self.now)
    }

    /// The box's own time on the clinic's clock, with its offset: a page that hears nothing any more shows it as it stands.
    pub(crate) fn clinic_time(&self) -> String {
        let at = jiff::Timestamp::from_second(i64::try_from(self.now.as_secs()).unwrap_or_default());
        let at = at.unwrap_or_default().to_zoned_datetime(self.site.timezone.clone());
        at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    pub(crate) fn sensor(&self) -> anyhow::Result<&SensorReader> {
        self.sensor.as_ref().context("the sensor has never run")
    }

    /// What a port is called in a sentence.
    pub(crate) fn port_name(&self, name: &str, is_recording: bool) -> anyhow::Result<String> {
        let words = self.words();
        Ok(if is_recording {
            words.say("port_of_recording", &[])?
        } else {
            words.say("port", &[("name", name)])?
        })
    }

    /// The same where it stands alone.
    pub(crate) fn port_title(&self, name: &str, is_recording: bool) -> anyhow::Result<String> {
        Ok(self.words().say("port_name", &[("port", &self.port_name(name, is_recording)?)])?)
    }
}

/// The sensor's time when we last heard it, and what has passed since. The time of a recording only moves with it.
fn now(status: Option<&Status>, at: Option<Instant>) -> Timestamp {
    match (status, at) {
        (Some(status), _) if status.is_recording => Timestamp::from_nanos(status.now_ns),
        (Some(status), Some(at)) => Timestamp::from_nanos(status.now_ns) + at.elapsed(),
        _ => machine_time(),
    }
}
