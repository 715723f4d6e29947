//! A card: one incident, as a person reads it.

use box_store::record::{IncidentRecord, from_hex};
use common_model::{Due, Face, FindingRole, Party, Timestamp};
use common_site::Contact;
use common_words::{Audience, Call as CallWords, Rendered, Request};
use serde::Serialize;
use utoipa::ToSchema;

use super::{View, word};

/// A card.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Card {
    /// The incident's id; of a blind or silent box its message.
    pub(crate) id: String,
    /// What to say on the telephone.
    case: String,
    pub(crate) face: word::Face,
    due: word::Due,
    kind: String,
    category: String,
    title: String,
    steps: Vec<String>,
    #[schema(required)]
    call: Option<Call>,
    pub(crate) what: String,
    meaning: String,
    /// "siden kl. 10.31"
    since: String,
    /// What the device is called.
    #[schema(required)]
    pub(crate) device: Option<String>,
    /// "Set kl. 10.42": somebody in the clinic has seen it.
    #[schema(required)]
    pub(crate) seen: Option<String>,
    /// What people may do.
    can: Vec<word::Can>,
    /// The word on the button for "known".
    #[schema(required)]
    known_label: Option<String>,
    /// It went quiet, and stays because it is red.
    ended: bool,
    /// Somebody said that it is solved, and it goes on: a sentence about what the box waits for.
    #[schema(required)]
    solved: Option<String>,
    /// Never: a self-test makes no card.
    is_test: bool,
    /// For the IT supplier: addresses, the other end, the rule, how often.
    technical: Vec<Detail>,
}

/// One thing that the IT supplier asks for.
#[derive(Debug, Serialize, ToSchema)]
struct Detail {
    name: String,
    value: String,
}

/// Whom to call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Call {
    role: String,
    name: String,
    #[schema(required)]
    phone: Option<String>,
    #[schema(required)]
    email: Option<String>,
    /// When they answer.
    #[schema(required)]
    hours: Option<String>,
}

impl View {
    /// The card of an incident.
    pub(crate) fn card(&self, incident: &IncidentRecord) -> anyhow::Result<Card> {
        let words = self.words();
        let due = incident.due()?;
        let rendered = self.incident_words(incident)?;
        let device = incident.device.to_party();
        let seen_at = self.tablet.seen_at(from_hex("id", &incident.id)?)?;
        let seen = seen_at.map(|at| self.seen(at)).transpose()?;
        let known = if incident.is_of_new_device() { "known_device" } else { "known_other" };
        let may_be_known = due != Due::Now;
        Ok(Card {
            id: incident.id.clone(),
            case: case(&incident.id),
            face: due.face().unwrap_or(Face::Attention).into(),
            due: match due {
                Due::Now => word::Due::Now,
                Due::Today => word::Due::Today,
                Due::Week | Due::None => word::Due::Week,
            },
            kind: incident.kind.clone(),
            category: incident.category.clone(),
            title: rendered.title,
            steps: rendered.steps,
            call: rendered.call.map(|call| self.call(call)).transpose()?,
            what: rendered.what,
            meaning: rendered.meaning,
            since: words.since(Timestamp::from_nanos(incident.opened_at_ns)),
            device: Some(words.party(&device)),
            seen,
            can: [word::Can::Seen, word::Can::Solved]
                .into_iter()
                .chain(may_be_known.then_some(word::Can::Known))
                .collect(),
            known_label: may_be_known.then(|| words.say(known, &[])).transpose()?,
            ended: incident.state == "quiet",
            solved: incident.solved_by.as_ref().map(|_| words.say("solved_waits", &[])).transpose()?,
            is_test: false,
            technical: self.technical(incident)?,
        })
    }

    fn technical(&self, incident: &IncidentRecord) -> anyhow::Result<Vec<Detail>> {
        let words = self.words();
        let IncidentRecord { device, peer, .. } = incident;
        let moment = |at_ns| Some(words.moment(Timestamp::from_nanos(at_ns)));
        let peer_ip = peer.as_ref().and_then(|peer| peer.ip);
        let details = [
            ("detail_ip", device.ip.map(|ip| ip.to_string())),
            ("detail_mac", device.mac.clone()),
            ("detail_vendor", device.vendor.clone()),
            ("detail_peer", peer_ip.map(|ip| ip.to_string())),
            ("detail_kind", Some(incident.kind.clone())),
            ("detail_first", moment(incident.opened_at_ns)),
            ("detail_last", moment(incident.last_seen_ns)),
            ("detail_count", Some(incident.findings.to_string())),
        ];
        let known = details.into_iter().filter_map(|(phrase, value)| Some((phrase, value?)));
        known.map(|(phrase, value)| Ok(Detail { name: words.say(phrase, &[])?, value })).collect()
    }

    /// The card of a box that cannot see (`box_blind`) or is not heard (`box_silent`).
    pub(crate) fn technical_card(&self, message: &str, since: Timestamp) -> anyhow::Result<Card> {
        let nobody = Party::default();
        let facts = common_model::Facts::new();
        let rendered = self.catalogue.render(&Request {
            message,
            about: None,
            lang: self.lang,
            audience: Audience::Clinic,
            due: Due::Now,
            role: FindingRole::Source,
            device: &nobody,
            peer: None,
            others: &[],
            facts: &facts,
            site: &self.site,
            opened_at: since,
            seen_at: since,
            now: self.now,
        })?;
        Ok(Card {
            id: message.replace('_', "-"),
            case: String::new(),
            face: word::Face::Unknown,
            due: word::Due::Today,
            kind: message.replace('_', "-"),
            category: "health".to_owned(),
            title: rendered.title,
            steps: rendered.steps,
            call: rendered.call.map(|call| self.call(call)).transpose()?,
            what: rendered.what,
            meaning: rendered.meaning,
            since: self.words().since(since),
            device: None,
            seen: None,
            can: Vec::new(),
            known_label: None,
            ended: false,
            solved: None,
            is_test: false,
            technical: Vec::new(),
        })
    }

    /// The words of an incident, as of now.
    pub(crate) fn incident_words(&self, incident: &IncidentRecord) -> anyhow::Result<Rendered> {
        let device = incident.device.to_party();
        let peer = incident.peer.as_ref().map(box_store::record::PartyRecord::to_party);
        Ok(self.catalogue.render(&Request {
            message: &incident.message,
            about: None,
            lang: self.lang,
            audience: Audience::Clinic,
            due: incident.due()?,
            role: incident.role()?,
            device: &device,
            peer: peer.as_ref(),
            others: &[],
            facts: &incident.facts()?,
            site: &self.site,
            opened_at: Timestamp::from_nanos(incident.opened_at_ns),
            seen_at: Timestamp::from_nanos(incident.last_seen_ns),
            now: self.now,
        })?)
    }

    /// When somebody pressed, by the machine's time; of a recording that is another day, so it is said as of now.
    fn seen(&self, at_ns: u64) -> anyhow::Result<String> {
        let is_recording = self.status.as_ref().is_some_and(|status| status.is_recording);
        let at = if is_recording { self.now } else { Timestamp::from_nanos(at_ns) };
        Ok(self.words().say("seen_at", &[("at", &self.words().moment(at))])?)
    }

    fn call(&self, call: CallWords) -> anyhow::Result<Call> {
        let contact = self.site.contacts.get(&call.role);
        let is_ordinary = |contact: &&Contact| call.phone.is_some() && contact.phone == call.phone;
        let hours = contact.filter(is_ordinary).and_then(|contact| contact.hours);
        let hours = hours.map(|hours| {
            let text = hours.to_string();
            let (from, until) = text.split_once('-').unwrap_or((&text, ""));
            self.words().say("hours", &[("from", from), ("until", until)])
        });
        Ok(Call {
            role: self.words().contact_in_sentence(call.role),
            name: call.name,
            phone: call.phone,
            email: call.email,
            hours: hours.transpose()?,
        })
    }
}

/// Four digits, the same for the same incident: short enough for the telephone.
fn case(id: &str) -> String {
    format!("K-{:04}", from_hex("id", id).unwrap_or(0) % 10_000)
}
