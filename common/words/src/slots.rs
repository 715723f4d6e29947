//! What fills the holes of a card: built-in words first, then the detector's facts by their type.

use common_model::{Fact, Party};
use common_site::ContactRole;

use crate::card::{Audience, Request};
use crate::template::Fill;
use crate::terms::{Choices, DeviceNouns, Forms, Nouns};
use crate::values::{self, Calendar};

/// The holes that are filled from elsewhere than from facts. A fact of such a name would never be seen.
pub(crate) const BUILT_IN: [&str; 13] = [
    "a_device",
    "call",
    "date",
    "device",
    "due",
    "it",
    "opened",
    "peer",
    "seen",
    "since",
    "the_device",
    "this_device",
    "title",
];

/// Fills the holes of one card.
pub(crate) struct Slots<'a> {
    pub(crate) request: &'a Request<'a>,
    pub(crate) nouns: &'a Nouns,
    pub(crate) forms: &'a Forms,
    pub(crate) choices: &'a Choices,
    pub(crate) call: Option<ContactRole>,
    /// The title of the card that this one is about.
    pub(crate) title: Option<String>,
}

impl Fill for Slots<'_> {
    fn words(&self, name: &str) -> Option<String> {
        let request = self.request;
        match name {
            "device" => self.party(request.device),
            "this_device" => self.named(request.device).or_else(|| Some(self.device()?.the.clone())),
            "a_device" => Some(self.device()?.a.clone()),
            "the_device" => Some(self.device()?.the.clone()),
            "it" => Some(self.device()?.it.clone()),
            "peer" => request.peer.map_or_else(|| Some(self.nouns.somebody.clone()), |peer| self.party(peer)),
            "call" => self.nouns.contact(self.call?).map(str::to_owned),
            "due" => Some(self.forms.due(request.due).to_owned()),
            "opened" => self.calendar().moment(request.opened_at, &self.forms.at).ok(),
            "since" => self.calendar().moment(request.opened_at, &self.forms.since).ok(),
            "seen" => self.calendar().moment(request.seen_at, &self.forms.at).ok(),
            "date" => self.calendar().date(request.opened_at).ok(),
            "title" => self.title.clone(),
            fact => self.fact(request.facts.get(fact)?),
        }
    }

    fn number(&self, name: &str) -> Option<(u64, String)> {
        match self.request.facts.get(name)? {
            Fact::Count(number) => Some((*number, values::count(*number, self.forms))),
            _ => None,
        }
    }
}

impl Slots<'_> {
    /// A fact as this audience may see it. The type decides, never the name.
    fn fact(&self, fact: &Fact) -> Option<String> {
        let is_inside = matches!(self.request.audience, Audience::Clinic);
        match fact {
            Fact::Person(_) | Fact::InternalName(_) | Fact::InternalAddress(_) if !is_inside => {
                Some(self.nouns.withheld.clone())
            }
            Fact::Indicator { known_bad: false, .. } if !is_inside => Some(self.nouns.outside.clone()),
            Fact::Device(id) => {
                let party = self.request.others.iter().find(|party| party.id == Some(*id));
                party.map_or_else(|| Some(self.nouns.somebody.clone()), |party| self.party(party))
            }
            Fact::Person(name) | Fact::InternalName(name) | Fact::Indicator { value: name, .. } => {
                values::name(name, self.forms)
            }
            Fact::InternalAddress(address) => Some(address.to_string()),
            Fact::Count(number) => Some(values::count(*number, self.forms)),
            Fact::Bytes(number) => Some(values::bytes(*number, self.forms)),
            Fact::Duration(span) => Some(values::duration(*span, self.forms)),
            Fact::Time(at) => self.calendar().moment(*at, &self.forms.at).ok(),
            Fact::Choice(word) => {
                Some(self.choices.choice.get(&**word).unwrap_or(&self.choices.other).clone())
            }
        }
    }

    fn party(&self, party: &Party) -> Option<String> {
        self::party(party, self.nouns, self.forms)
    }

    fn named(&self, party: &Party) -> Option<String> {
        named(party, self.forms)
    }

    fn device(&self) -> Option<&DeviceNouns> {
        self.nouns.device(self.request.device.device_type)
    }

    fn calendar(&self) -> Calendar<'_> {
        Calendar { site: self.request.site, now: self.request.now, forms: self.forms }
    }
}

/// A device or address: its name, else its maker, else what it is. Never an address alone.
pub(crate) fn party(party: &Party, nouns: &Nouns, forms: &Forms) -> Option<String> {
    if let Some(name) = named(party, forms) {
        return Some(name);
    }
    if party.id.is_none() && party.mac.is_none() && party.ip.is_some() {
        return Some(nouns.outside.clone());
    }
    let of_type = nouns.device(party.device_type)?;
    let Some(vendor) = party.vendor.as_deref().and_then(values::vendor) else {
        return Some(of_type.unnamed.clone());
    };
    nouns.from_vendor.fill(&FromVendor { a: &of_type.a, vendor }).ok()
}

fn named(party: &Party, forms: &Forms) -> Option<String> {
    party.name.as_deref().and_then(|name| values::name(name, forms))
}

struct FromVendor<'a> {
    a: &'a str,
    vendor: String,
}

impl Fill for FromVendor<'_> {
    fn words(&self, name: &str) -> Option<String> {
        match name {
            "a" => Some(self.a.to_owned()),
            "vendor" => Some(self.vendor.clone()),
            _ => None,
        }
    }

    fn number(&self, _name: &str) -> Option<(u64, String)> {
        None
    }
}
