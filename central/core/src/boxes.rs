//! How a box is, from when it was heard and what it said.

use core::time::Duration;

use common_model::Timestamp;
use common_wire::v1::Health;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A box that was not heard for so long is silent. Guess: a box asks for letters each minute; six are missed.
pub const SILENT_AFTER: Duration = Duration::from_secs(6 * 60);

/// A box that did not say for so long how it is, is blind. It says so each quarter of an hour; three are missed.
pub const HEALTH_OLD_AFTER: Duration = Duration::from_secs(45 * 60);

/// How a box is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BoxState {
    /// It has its certificate, and has sent nothing.
    Claimed,
    /// It is heard, and hears.
    Active,
    /// It is heard, and a port of it hears nothing, or it cannot remember, or it no longer says how it is.
    Blind,
    /// It is not heard.
    Silent,
    /// It is refused.
    Revoked,
}

impl BoxState {
    /// How a box is; its health comes with the moment at which the centre received it.
    #[must_use]
    pub fn of(
        is_revoked: bool,
        last_seen: Option<Timestamp>,
        health: Option<(Timestamp, &Health)>,
        now: Timestamp,
    ) -> Self {
        let Some(last_seen) = last_seen.filter(|_| !is_revoked) else {
            return if is_revoked { BoxState::Revoked } else { BoxState::Claimed };
        };
        if now.since(last_seen) > SILENT_AFTER {
            return BoxState::Silent;
        }
        match health {
            Some((at, health)) if !hears(health) || now.since(at) > HEALTH_OLD_AFTER => BoxState::Blind,
            Some(_) => BoxState::Active,
            None => BoxState::Claimed,
        }
    }
}

fn hears(health: &Health) -> bool {
    health.problem.is_none() && health.ports.iter().all(|port| port.sees) && !health.ports.is_empty()
}

#[cfg(test)]
mod tests {
    use common_wire::v1::Port;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_773_000_000);

    fn health(sees: bool) -> Health {
        Health {
            at: NOW,
            version: "0.1.0".into(),
            is_learning: false,
            problem: None,
            ports: vec![Port { number: 0, sees, has_carrier: true, last_heard: NOW }],
            waiting: Default::default(),
            sent_today_bytes: 0,
            budget_bytes: 0,
        }
    }

    #[test]
    fn silence_is_never_calm() {
        let (well, deaf) = (health(true), health(false));
        let no_ports = Health { ports: Vec::new(), ..health(true) };
        let full = Health { problem: Some("disk_full".into()), ..health(true) };
        let said_long_ago = NOW - HEALTH_OLD_AFTER - Duration::from_secs(1);
        let long_ago = NOW - SILENT_AFTER - Duration::from_secs(1);
        for (revoked, seen, health, state) in [
            (false, None, None, BoxState::Claimed),
            (false, Some(NOW), None, BoxState::Claimed),
            (false, Some(NOW), Some((NOW, &well)), BoxState::Active),
            (false, Some(NOW), Some((NOW - HEALTH_OLD_AFTER, &well)), BoxState::Active),
            (false, Some(NOW), Some((said_long_ago, &well)), BoxState::Blind),
            (false, Some(NOW), Some((NOW, &deaf)), BoxState::Blind),
            (false, Some(NOW), Some((NOW, &no_ports)), BoxState::Blind),
            (false, Some(NOW), Some((NOW, &full)), BoxState::Blind),
            (false, Some(long_ago), Some((NOW, &well)), BoxState::Silent),
            (true, Some(NOW), Some((NOW, &well)), BoxState::Revoked),
        ] {
            assert_eq!(BoxState::of(revoked, seen, health, NOW), state);
        }
    }
}
