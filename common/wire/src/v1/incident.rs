//! An incident: machine facts, and the words that the clinic sees, rendered a second time for the wire.

use std::collections::BTreeMap;

use common_model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{IndicatorKind, Pseudonym, time};

/// A step in the life of one trouble of one device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Incident {
    /// Sixteen hexadecimal digits; the same in each step.
    pub id: String,
    /// Where it is in its life.
    pub state: State,
    /// Who closed it.
    pub closed_by: Option<ClosedBy>,
    /// When this step was.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// When it opened.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub opened_at: Timestamp,
    /// When it was last seen.
    #[serde(with = "time")]
    #[schema(value_type = String)]
    pub last_seen: Timestamp,
    /// The sign that was seen: `dns-tunnel`.
    pub kind: String,
    /// What sort of trouble: `scan`.
    pub category: String,
    /// MITRE ATT&CK technique ids.
    #[serde(default)]
    pub techniques: Vec<String>,
    /// How bad it is if it is true.
    pub severity: Severity,
    /// How sure, in percent.
    pub confidence_percent: u8,
    /// How soon the clinic was asked to act.
    pub due: Due,
    /// Whom it is about.
    pub device: Device,
    /// What that device did.
    pub role: Role,
    /// The other end.
    pub peer: Option<Peer>,
    /// How many findings it holds.
    pub findings: u32,
    /// What is known, by name. What names a person or a place inside the clinic is `withheld`.
    #[serde(default)]
    pub facts: BTreeMap<String, Fact>,
    /// The words that the clinic sees, with a device as its type and pseudonym.
    pub text: Text,
    /// Whether it was played from a recording: never to be counted.
    #[serde(default)]
    pub is_exercise: bool,
}

/// Words for people, as rendered on the box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Text {
    /// `da` or `en`.
    pub lang: String,
    /// The headline.
    pub title: String,
    /// What has happened.
    pub what: String,
    /// What it can mean.
    pub meaning: String,
    /// What to do.
    pub steps: Vec<String>,
    /// Whom to call.
    pub call: Option<CallRole>,
}

/// A device of the clinic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Device {
    /// What it is.
    #[serde(rename = "type")]
    pub device_type: DeviceType,
    /// Whether somebody said so.
    pub type_confirmed: bool,
    /// Sixteen hexadecimal digits; the same for the same device of the same box.
    pub pseudonym: String,
    /// What the clinic calls it; only where the clinic said that names may leave.
    pub name: Option<String>,
}

/// The other end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Peer {
    /// Another device of the clinic.
    Device(Device),
    /// Something outside.
    Outside(Indicator),
}

/// Something outside the clinic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Indicator {
    /// What it is.
    pub kind: IndicatorKind,
    /// Under the key of each epoch that is in force; none before the box has a key.
    pub pseudonyms: Vec<Pseudonym>,
    /// In clear, only where a list of known-bad things has it.
    pub value: Option<String>,
}

/// What is known; `type` says what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Fact {
    /// A device of the clinic.
    Device {
        /// Its pseudonym.
        pseudonym: String,
    },
    /// Something outside the clinic.
    Indicator(Indicator),
    /// A number of things.
    Count {
        /// How many.
        value: u64,
    },
    /// An amount of data.
    Bytes {
        /// In bytes.
        value: u64,
    },
    /// A span of time.
    Duration {
        /// In milliseconds.
        value_ms: u64,
    },
    /// A moment.
    Time {
        /// When.
        #[serde(with = "time")]
        #[schema(value_type = String)]
        at: Timestamp,
    },
    /// One of a few words.
    Choice {
        /// Which.
        word: String,
    },
    /// It is known on the box and stays there: a name, an address or a person inside the clinic.
    Withheld,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$of])* $variant),+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
        }
    };
}
pub(crate) use words;

words! {
    /// Where an incident is in its life.
    State {
        /// New.
        Opened,
        /// It goes on, or grew.
        Updated,
        /// Nothing more for a while.
        Quiet,
        /// Over.
        Closed,
    }
}

words! {
    /// Who or what closed an incident.
    ClosedBy {
        /// Nothing more was seen.
        Quiet,
        /// The clinic said that it is solved.
        Clinic,
        /// The supplier said so.
        Supplier,
        /// The centre said so.
        Centre,
        /// The clinic said that it knows this and it is harmless.
        Known,
    }
}

words! {
    /// How bad it is if it is true.
    Severity {
        /// Least.
        Low,
        /// More.
        Medium,
        /// Much.
        High,
        /// Most.
        Critical,
    }
}

words! {
    /// How soon the clinic was asked to act.
    Due {
        /// A note: no card.
        None,
        /// This week.
        Week,
        /// Today.
        Today,
        /// Now: a red face.
        Now,
    }
}

words! {
    /// What a device did.
    Role {
        /// It did it.
        Source,
        /// It was done to it.
        Target,
    }
}

words! {
    /// What a device is.
    DeviceType {
        /// Not known.
        Unknown,
        /// A stationary computer for staff.
        Pc,
        /// A portable computer for staff.
        Laptop,
        /// A server.
        Server,
        /// Storage on the network.
        Nas,
        /// A printer or scanner.
        Printer,
        /// A mobile phone.
        Phone,
        /// A tablet computer.
        Tablet,
        /// A desk telephone.
        Voip,
        /// A router, switch, firewall or access point.
        Router,
        /// Equipment for patients.
        Medical,
        /// Something else with a network plug.
        Iot,
    }
}

words! {
    /// Whom the clinic is told to call.
    CallRole {
        /// Its IT supplier.
        ItSupplier,
        /// Its owner.
        Owner,
        /// The sector's cyber unit.
        Dcis,
        /// Whoever sold the device.
        DeviceSupplier,
        /// Whoever sells the line.
        InternetProvider,
        /// Whoever runs the patient record.
        GpSystem,
    }
}
