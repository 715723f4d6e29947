//! What detectors are told: one thing that was seen between two ends, the same whatever protocol it came from.

use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

use common_model::{Confidence, DeviceId, Facts, Finding, FindingRole, Kind, Mac, Subject, Timestamp};
use sensor_flow::{Ending, Protocol, Totals};
use sensor_inventory::Where;
use sensor_protocols::Event;

/// One end of what was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Its address.
    pub ip: IpAddr,
    /// Its port; 0 where there is none.
    pub port: u16,
    /// Its Ethernet address, where the link shows it (a router's, for what comes through one).
    pub mac: Option<Mac>,
    /// Where it is.
    pub place: Where,
    /// Which device, for what is inside and was heard.
    pub device: Option<DeviceId>,
}

impl End {
    /// Whom a finding about this end is about.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        match self.device {
            Some(id) => Subject::Device(id),
            None => Subject::Address(self.ip),
        }
    }

    /// Whether it is in the clinic.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        self.place == Where::Inside
    }
}

/// One thing that was seen.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// When.
    pub at: Timestamp,
    /// The number of the VLAN it is on, where frames are tagged.
    pub vlan: Option<u16>,
    /// Who opened the conversation, asked, or sent.
    pub source: End,
    /// The other end.
    pub target: End,
    /// What.
    pub what: What<'a>,
}

impl Observation<'_> {
    /// Whom it is about: who did it, or, when that is somebody outside, to whom it was done.
    #[must_use]
    pub fn about(&self) -> &End {
        if self.source.is_inside() { &self.source } else { &self.target }
    }

    /// What went over the border of the clinic, if this is a report of a conversation across it. Who judges uploads and who learns them
    /// asks this.
    #[must_use]
    pub fn crossing(&self) -> Option<Crossing> {
        let What::Contact(contact) = self.what else { return None };
        let (sent, received) = (contact.sent.bytes, contact.received.bytes);
        let Observation { source, target, .. } = *self;
        match (source.place, target.place) {
            _ if !contact.phase.is_report() => None,
            (Where::Inside, Where::Outside) => {
                Some(Crossing { inside: source, outside: target, up: sent, down: received })
            }
            (Where::Outside, Where::Inside) => {
                Some(Crossing { inside: target, outside: source, up: received, down: sent })
            }
            _ => None,
        }
    }

    /// A finding made of what was seen, about whom it is about.
    #[must_use]
    pub fn finding(&self, kind: &'static Kind, confidence: Confidence) -> Finding {
        let (other, role) = if self.source.is_inside() {
            (self.target, FindingRole::Source)
        } else {
            (self.source, FindingRole::Target)
        };
        Finding {
            kind,
            at: self.at,
            device: self.about().subject(),
            role,
            peer: Some(other.subject()),
            identity: 0,
            confidence,
            facts: Facts::new(),
        }
    }
}

/// What a report of a conversation says went over the border of the clinic, whoever opened it.
#[derive(Clone, Copy, Debug)]
pub struct Crossing {
    /// The end in the clinic.
    pub inside: End,
    /// The end that is not.
    pub outside: End,
    /// Bytes that went out.
    pub up: u64,
    /// Bytes that came in.
    pub down: u64,
}

/// What was seen.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// A conversation opened, was answered or refused, goes on, or ended.
    Contact(Contact),
    /// A packet went from the source to the target, between the Ethernet addresses that they have here: the first of each side of a
    /// conversation, the first between others than before, and one every few seconds.
    Passed,
    /// Somebody asked who has an address, or said that it does (ARP).
    Arp(ArpSeen),
    /// Something was said.
    Said(&'a Event<'a>),
    /// A device was heard for the first time; it is the source.
    NewDevice,
}

/// What an observation is about: what a detector asks for. One for each sort of [`What`], and of [`Event`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the What or the Event of the same name")]
pub enum Topic {
    Contact,
    Passed,
    Arp,
    NewDevice,
    NameLookup,
    Login,
    Request,
    ServerName,
    Certificate,
    Fingerprint,
    Software,
    Announce,
    Lease,
    AddressServer,
    Anomaly,
}

impl Topic {
    /// How many there are.
    pub const COUNT: usize = Topic::Anomaly as usize + 1;
}

impl What<'_> {
    /// What it is about.
    #[must_use]
    pub const fn topic(&self) -> Topic {
        match self {
            What::Contact(_) => Topic::Contact,
            What::Passed => Topic::Passed,
            What::Arp(_) => Topic::Arp,
            What::NewDevice => Topic::NewDevice,
            What::Said(event) => match event {
                Event::NameLookup(_) => Topic::NameLookup,
                Event::Login(_) => Topic::Login,
                Event::Request(_) => Topic::Request,
                Event::ServerName(_) => Topic::ServerName,
                Event::Certificate(_) => Topic::Certificate,
                Event::Fingerprint(_) => Topic::Fingerprint,
                Event::Software(_) => Topic::Software,
                Event::Announce(_) => Topic::Announce,
                Event::Lease(_) => Topic::Lease,
                Event::AddressServer(_) => Topic::AddressServer,
                Event::Anomaly(_) => Topic::Anomaly,
            },
        }
    }
}

/// How a conversation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// What it is made of.
    pub protocol: Protocol,
    /// How it goes.
    pub phase: Phase,
    /// What the source sent: since the last report, or, when this is none, so far.
    pub sent: Totals,
    /// What the target sent, in the same way.
    pub received: Totals,
    /// In how long.
    pub within: Duration,
}

/// How a conversation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// The first packet.
    Opened,
    /// The target answered.
    Answered,
    /// It goes on; a minute's worth or more.
    Progress,
    /// It ended: the target said no.
    Refused,
    /// It ended: the target said nothing.
    Unanswered,
    /// It ended: the target answered, and then nothing was said (TCP).
    Knocked,
    /// It ended: an acknowledgement of nothing came, and an RST or nothing back (TCP).
    Stray,
    /// It ended: goodbye was said, or it was broken off.
    Closed,
    /// It ended: it fell silent, or was let go of.
    Faded,
}

impl Phase {
    /// Whether it comes with what was sent since the last report, to be added up.
    #[must_use]
    pub const fn is_report(self) -> bool {
        !matches!(self, Phase::Opened | Phase::Answered)
    }
}

impl From<Ending> for Phase {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Refused => Phase::Refused,
            Ending::Unanswered => Phase::Unanswered,
            Ending::Knocked => Phase::Knocked,
            Ending::Stray => Phase::Stray,
            Ending::Closed => Phase::Closed,
            Ending::Faded => Phase::Faded,
        }
    }
}

/// An ARP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArpSeen {
    /// An answer, asked for or not; else a question.
    pub is_reply: bool,
    /// Who says it, by its own word.
    pub sender_mac: Mac,
    /// Which address it says is its own; unspecified when it only probes.
    pub sender_ip: Ipv4Addr,
    /// The address it asks about, or answers to.
    pub target_ip: Ipv4Addr,
}
