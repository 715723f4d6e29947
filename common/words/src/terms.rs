//! The words that fill holes: `terms/*.{da,en}.toml`.

use std::collections::BTreeMap;

use common_model::{DeviceType, Due};
use common_site::ContactRole;
use serde::Deserialize;

use crate::template::Template;

/// `nouns`: devices, other ends and contacts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nouns {
    /// By [`DeviceType::as_str`].
    device: BTreeMap<String, DeviceNouns>,
    /// A device without a name whose maker is known.
    pub(crate) from_vendor: Template,
    /// An address outside without a name.
    pub(crate) outside: String,
    /// A name, an address or a person that stays in the clinic.
    pub(crate) withheld: String,
    /// The other end, when nothing is known of it.
    pub(crate) somebody: String,
    /// By [`ContactRole::as_str`].
    contact: BTreeMap<String, String>,
    /// Where the sector's cyber unit is written to when the clinic's contact card does not say.
    pub(crate) dcis_email: String,
}

/// One type of device.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceNouns {
    /// "a PC".
    pub(crate) a: String,
    /// "the PC".
    pub(crate) the: String,
    /// "a PC without a name".
    pub(crate) unnamed: String,
    /// "it".
    pub(crate) it: String,
}

impl Nouns {
    /// The nouns of a type of device.
    pub(crate) fn device(&self, kind: DeviceType) -> Option<&DeviceNouns> {
        self.device.get(kind.as_str())
    }

    /// "your IT supplier".
    pub(crate) fn contact(&self, role: ContactRole) -> Option<&str> {
        self.contact.get(role.as_str()).map(String::as_str)
    }

    /// What is missing, or stands there without anybody asking for it.
    pub(crate) fn gaps(&self) -> Vec<String> {
        let devices = DeviceType::ALL.into_iter().map(DeviceType::as_str);
        let roles = ContactRole::ALL.into_iter().map(ContactRole::as_str);
        let mut gaps = gaps("device", devices, &self.device);
        gaps.extend(self::gaps("contact", roles, &self.contact));
        gaps
    }
}

fn gaps<V>(
    table: &str,
    wanted: impl Iterator<Item = &'static str> + Clone,
    found: &BTreeMap<String, V>,
) -> Vec<String> {
    let missing =
        wanted.clone().filter(|word| !found.contains_key(*word)).map(|word| format!("no {table}.{word}"));
    let stray = found.keys().filter(|word| !wanted.clone().any(|known| known == *word));
    missing.chain(stray.map(|word| format!("nobody asks for {table}.{word}"))).collect()
}

/// `forms`: how names, numbers, times and urgency are written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forms {
    pub(crate) open_quote: String,
    pub(crate) close_quote: String,
    pub(crate) decimal: String,
    pub(crate) thousands: String,
    pub(crate) clock: Template,
    pub(crate) date: Template,
    pub(crate) months: [String; 12],
    pub(crate) at: Moments,
    pub(crate) since: Moments,
    pub(crate) second: [String; 2],
    pub(crate) minute: [String; 2],
    pub(crate) hour: [String; 2],
    pub(crate) day: [String; 2],
    due: DueWords,
}

/// One moment, said from near to far.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Moments {
    pub(crate) today: Template,
    pub(crate) yesterday: Template,
    pub(crate) earlier: Template,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DueWords {
    now: String,
    today: String,
    week: String,
    none: String,
}

impl Forms {
    /// "today".
    pub(crate) fn due(&self, due: Due) -> &str {
        match due {
            Due::Now => &self.due.now,
            Due::Today => &self.due.today,
            Due::Week => &self.due.week,
            Due::None => &self.due.none,
        }
    }
}

/// `choices`: words of detectors in words of people. One that is not listed is said as `other`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choices {
    pub(crate) other: String,
    pub(crate) choice: BTreeMap<String, String>,
}

/// `steps`: what stands in place of an `unplug` step, by what the device is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnplugSteps {
    /// A confirmed PC or printer that is the source.
    pub(crate) plugged: UnplugWays,
    /// A confirmed laptop that is the source.
    pub(crate) wireless: UnplugWays,
    /// Equipment for patients, always.
    pub(crate) patient: UnplugWays,
    /// Everything else.
    pub(crate) leave: UnplugWays,
}

/// The ways in which an `unplug` step can be meant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnplugWays {
    pub(crate) at_once: Template,
    pub(crate) if_unexplained: Template,
    pub(crate) if_no: Template,
}
