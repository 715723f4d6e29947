//! What played boxes tell, made from what was once sent (`common/wire/golden`).

use common_model::Timestamp;
use common_wire::docs::GOLDEN;
use common_wire::v1::{Body, Fact, Health, Incident, Peer, Sighting};
use common_wire::{EpochKey, IndicatorKind, Pseudonym};

/// An incident with this id, about something outside that has this pseudonym.
#[must_use]
pub fn incident(id: u64, pseudonym: Option<Pseudonym>, at: Timestamp) -> Body {
    let mut incident: Incident = golden("incident");
    incident.id = format!("{id:016x}");
    (incident.at, incident.opened_at, incident.last_seen) = (at, at, at);
    if let Some(Peer::Outside(indicator)) = &mut incident.peer {
        indicator.pseudonyms = pseudonym.into_iter().collect();
    }
    incident.facts.retain(|_, fact| !matches!(fact, Fact::Indicator(_)));
    Body::Incident(Box::new(incident))
}

/// A sighting of something outside.
#[must_use]
pub fn sighting(domain: &str, key: &EpochKey, at: Timestamp) -> Body {
    let mut sighting: Sighting = golden("sighting");
    sighting.at = at;
    for fact in sighting.facts.values_mut() {
        if let Fact::Indicator(indicator) = fact {
            indicator.kind = IndicatorKind::Domain;
            indicator.pseudonyms = vec![key.pseudonym(IndicatorKind::Domain, domain)];
        }
    }
    Body::Sighting(sighting)
}

/// A box that hears.
#[must_use]
pub fn health(at: Timestamp) -> Body {
    let mut health: Health = golden("health");
    health.at = at;
    for port in &mut health.ports {
        port.last_heard = at;
    }
    Body::Health(health)
}

fn golden<T: serde::de::DeserializeOwned>(name: &str) -> T {
    let text = GOLDEN.iter().find(|(one, _)| *one == name).map_or("", |(_, text)| text);
    #[expect(clippy::expect_used, reason = "a test of common/wire proves that they are read")]
    serde_json::from_str(text).expect("golden files decode for ever")
}
