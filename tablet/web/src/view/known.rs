//! What the box does not ask about any more, because the clinic knows it.

use common_model::{Due, FindingRole, Party, Timestamp};
use common_site::{KnownDevice, KnownRule};
use common_words::{Audience, Request};
use serde::Serialize;
use utoipa::ToSchema;

use super::View;

/// What the clinic knows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Known {
    rules: Vec<Rule>,
}

/// One kind of trouble of one device.
#[derive(Debug, Serialize, ToSchema)]
struct Rule {
    kind: String,
    /// The device as the rule names it.
    device: String,
    /// The title of its cards.
    title: String,
    /// What the device is called.
    device_name: String,
    /// The last day on which it holds, in words.
    until: String,
}

impl View {
    /// The rules, as they stand in the settings.
    pub(crate) fn known(&self) -> anyhow::Result<Known> {
        let rules = self.site.known.iter().map(|rule| self.rule(rule));
        Ok(Known { rules: rules.collect::<anyhow::Result<_>>()? })
    }

    fn rule(&self, rule: &KnownRule) -> anyhow::Result<Rule> {
        let words = self.words();
        let party = self.known_party(&rule.device)?;
        let until = match rule.until {
            Some(day) => {
                let noon = self.site.timezone.to_timestamp(day.at(12, 0, 0, 0))?;
                let at = Timestamp::from_secs(u64::try_from(noon.as_second()).unwrap_or_default());
                words.say(
                    "known_until",
                    &[("day", &self.catalogue.timeline(self.lang, &self.site).day(at)?)],
                )?
            }
            None => words.say("known_always", &[])?,
        };
        Ok(Rule {
            kind: rule.kind.clone(),
            device: rule.device.to_string(),
            title: self
                .title_of_kind(&rule.kind, &party, FindingRole::Source)
                .unwrap_or_else(|| rule.kind.clone()),
            device_name: words.party(&party),
            until,
        })
    }

    /// The device, as far as the box has heard it.
    fn known_party(&self, device: &KnownDevice) -> anyhow::Result<Party> {
        let heard =
            self.sensor.as_ref().map(box_store::SensorReader::devices).transpose()?.unwrap_or_default();
        let is_it = |one: &&box_store::record::DeviceRecord| match device {
            KnownDevice::Name(name) => one.party.name.as_ref() == Some(name),
            KnownDevice::Mac(mac) => one.party.mac.as_deref() == Some(mac.to_string().as_str()),
            KnownDevice::Ip(ip) => one.addresses.contains(ip),
        };
        let party = heard.iter().find(is_it).map(|one| one.party.to_party()).unwrap_or_default();
        let name = match device {
            KnownDevice::Name(name) => Some(name.clone()),
            KnownDevice::Mac(_) | KnownDevice::Ip(_) => None,
        };
        let address = || Some(device.to_string()).filter(|_| party.id.is_none());
        Ok(Party { name: party.name.clone().or(name).or_else(address), ..party })
    }

    /// The title of the cards of a kind, in the language of the page. What another version wrote may name a kind that is not there any more.
    pub(crate) fn title_of_kind(&self, kind: &str, device: &Party, role: FindingRole) -> Option<String> {
        let row = sensor_detectors::kinds().find(|row| row.id == kind)?;
        let facts = common_model::Facts::new();
        let request = Request {
            message: row.message,
            about: None,
            lang: self.lang,
            audience: Audience::Clinic,
            due: Due::Week,
            role,
            device,
            peer: None,
            others: &[],
            facts: &facts,
            site: &self.site,
            opened_at: self.now,
            seen_at: self.now,
            now: self.now,
        };
        self.catalogue.title(&request).ok()
    }
}
