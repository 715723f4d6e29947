//! Kinds of trouble: the table that every detector fills in and every rule about noise reads.

use core::time::Duration;

use crate::{Confidence, Due, Severity};

/// What sort of trouble a kind belongs to. The words are frozen: scripts and the centre know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Category {
    Scan,
    Bruteforce,
    Exploit,
    C2Beacon,
    DnsTunnel,
    Exfiltration,
    LateralMovement,
    CredentialTheft,
    Spoofing,
    RogueDhcp,
    Ransomware,
    Worm,
    Cryptomining,
    PhishingLookup,
    CleartextCredentials,
    LegacyProtocol,
    Policy,
    PatientData,
    WeakEquipment,
    NewDevice,
    Anomaly,
    Availability,
    Health,
}

impl Category {
    /// All of them; attacks first, then hygiene, then the rest.
    pub const ALL: [Category; 23] = [
        Category::Scan,
        Category::Bruteforce,
        Category::Exploit,
        Category::C2Beacon,
        Category::DnsTunnel,
        Category::Exfiltration,
        Category::LateralMovement,
        Category::CredentialTheft,
        Category::Spoofing,
        Category::RogueDhcp,
        Category::Ransomware,
        Category::Worm,
        Category::Cryptomining,
        Category::PhishingLookup,
        Category::CleartextCredentials,
        Category::LegacyProtocol,
        Category::Policy,
        Category::PatientData,
        Category::WeakEquipment,
        Category::NewDevice,
        Category::Anomaly,
        Category::Availability,
        Category::Health,
    ];

    /// The word used in machine-readable output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Category::Scan => "scan",
            Category::Bruteforce => "bruteforce",
            Category::Exploit => "exploit",
            Category::C2Beacon => "c2-beacon",
            Category::DnsTunnel => "dns-tunnel",
            Category::Exfiltration => "exfiltration",
            Category::LateralMovement => "lateral-movement",
            Category::CredentialTheft => "credential-theft",
            Category::Spoofing => "spoofing",
            Category::RogueDhcp => "rogue-dhcp",
            Category::Ransomware => "ransomware",
            Category::Worm => "worm",
            Category::Cryptomining => "cryptomining",
            Category::PhishingLookup => "phishing-lookup",
            Category::CleartextCredentials => "cleartext-credentials",
            Category::LegacyProtocol => "legacy-protocol",
            Category::Policy => "policy",
            Category::PatientData => "patient-data",
            Category::WeakEquipment => "weak-equipment",
            Category::NewDevice => "new-device",
            Category::Anomaly => "anomaly",
            Category::Availability => "availability",
            Category::Health => "health",
        }
    }

    /// The category with this word, if there is one.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Category::ALL.into_iter().find(|category| category.as_str() == word)
    }

    /// Whether somebody means harm (the others are hygiene, change and health).
    #[must_use]
    pub const fn is_attack(self) -> bool {
        (self as u8) <= (Category::PhishingLookup as u8)
    }
}

/// One kind of trouble: one row of the table kind → category → message → how soon. A detector owns its rows; the rules that
/// read them are in `sensor/incidents`, and `docs/generated/kinds.md` prints them all.
#[derive(Debug)]
pub struct Kind {
    /// Kebab-case name of the sign that is seen: `dns-tunnel`.
    pub id: &'static str,
    /// What sort of trouble.
    pub category: Category,
    /// MITRE ATT&CK technique ids.
    pub techniques: &'static [&'static str],
    /// Which message speaks for it: `common/words/messages/<message>.{da,en}.toml`.
    pub message: &'static str,
    /// The names and types of its facts: what a message may use as placeholders.
    pub facts: &'static [&'static str],
    /// How bad it is if it is true.
    pub severity: Severity,
    /// How soon one finding of it, alone, asks the clinic to act. [`Due::Now`] only for the few that are red alone. Source: the
    /// product's noise rules: somebody is in after guessing, the way out is taken over, a contact that is known to be bad for certain.
    pub alone: Due,
    /// Less sure than this and it is a note, whatever `alone` says.
    pub card_from: Confidence,
    /// Speaks in cards only when the device (or clinic) has a learned profile; else it leaves a note.
    pub needs_profile: bool,
    /// So long after the last finding the same trouble is over.
    pub quiet_for: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attacks_end_where_hygiene_begins() {
        assert!(Category::PhishingLookup.is_attack());
        assert!(!Category::CleartextCredentials.is_attack());
        assert_eq!(Category::ALL.iter().filter(|category| category.is_attack()).count(), 14);
    }
}
