//! The rules about noise, as data in one place. What a kind of trouble is worth by itself stands in its row of the table
//! (`docs/generated/kinds.md`); here stands what holds for all kinds.

use core::time::Duration;

use common_model::{Category, Due, Finding, Incident};

/// Most incidents open at once; when there are more, the one not seen for longest that is no red card makes room, closed by quiet and
/// counted. Guess: ten times the worst day of a clinic.
pub const OPEN_MAX: usize = 512;

/// Two different troubles of one device within this time are taken for one attack. Source: the product's noise rules, by
/// which a card turns red when a second, independent finding on the same device bears it out; the time is a guess: one working day.
pub const CORROBORATION_WITHIN: Duration = Duration::from_secs(24 * 3_600);

/// What a corroborated card asks for.
pub const CORROBORATED: Due = Due::Now;

/// A card that must not be heard twice is updated at most so often, unless it grows worse.
pub const UPDATE_EVERY: Duration = Duration::from_secs(60);

/// How soon the clinic must act because of this finding alone.
#[must_use]
pub fn alone(finding: &Finding, has_profile: bool) -> Due {
    let kind = finding.kind;
    let may_speak = has_profile || !kind.needs_profile;
    if may_speak && finding.confidence >= kind.card_from { kind.alone } else { Due::None }
}

/// A red card that the clinic calls solved is closed when its trouble was not seen for so long. Source: the rule of the product's texts
/// ("it is solved" and "the condition is gone for 30 min").
pub const SOLVED_AFTER: Duration = Duration::from_secs(30 * 60);

/// Whether two incidents of one device bear each other out: both cards, both attacks, of different sorts, close in time.
#[must_use]
pub fn corroborate(one: &Incident, other: &Incident) -> bool {
    let is_card_of_attack =
        |incident: &Incident| incident.due >= Due::Today && incident.kind.category.is_attack();
    let apart = one.last_seen.since(other.last_seen).max(other.last_seen.since(one.last_seen));
    one.device == other.device
        && one.role == other.role
        && one.kind.category != other.kind.category
        && is_card_of_attack(one)
        && is_card_of_attack(other)
        && apart <= CORROBORATION_WITHIN
}

/// Whether an open incident explains a finding: a device that attacks does more than it usually does. Then the finding is a note.
#[must_use]
pub fn explains(open: &Incident, finding: &Finding) -> bool {
    open.device == finding.device
        && finding.kind.category == Category::Anomaly
        && open.kind.category.is_attack()
        && open.due > Due::None
}
