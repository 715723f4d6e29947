//! What came out of a capture, compared with its label.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::io;

use common_model::{Category, Due};

use super::labels::Label;
use crate::{Summary, Teller, Told};

/// The incidents of one capture, by id.
#[derive(Debug, Default)]
pub(super) struct Seen {
    incidents: BTreeMap<u64, SeenIncident>,
}

/// One incident, at its worst.
#[derive(Debug)]
struct SeenIncident {
    category: Category,
    due: Due,
    ips: Vec<IpAddr>,
}

/// What became of one capture.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) label: Label,
    /// Why it could not be played.
    pub(super) fault: Option<String>,
    /// An incident of a wanted category, as a note at least.
    pub(super) is_found: bool,
    /// The same, as a card.
    pub(super) is_carded: bool,
    /// It was about a labelled address; `None` when the label names nobody, or nothing was found.
    pub(super) is_right_device: Option<bool>,
    /// Red cards and cards of attacks in a benign capture.
    pub(super) false_alarms: u64,
    /// Notes of attacks.
    pub(super) attack_notes: u64,
    /// Cards that speak of no attack.
    pub(super) other_cards: u64,
    /// Every category that was found, cards first.
    pub(super) categories: Vec<&'static str>,
}

impl Teller for Seen {
    fn tell(&mut self, told: &Told<'_>) -> io::Result<()> {
        if let Told::Incident { incident, device, peer, .. } = told {
            let seen = self.incidents.entry(incident.id.0).or_insert_with(|| SeenIncident {
                category: incident.kind.category,
                due: Due::None,
                ips: Vec::new(),
            });
            seen.due = seen.due.max(incident.due);
            seen.ips.extend(device.ip.into_iter().chain(peer.as_ref().and_then(|peer| peer.ip)));
        }
        Ok(())
    }

    fn end(&mut self, _summary: &Summary) -> io::Result<()> {
        Ok(())
    }
}

impl Verdict {
    pub(super) fn of(label: Label, seen: Seen) -> Verdict {
        let wanted: Vec<&SeenIncident> =
            seen.incidents.values().filter(|incident| label.wanted.contains(&incident.category)).collect();
        let judged: Vec<bool> = wanted.iter().filter_map(|incident| label.ends.name(&incident.ips)).collect();
        let count = |is_it: &dyn Fn(&SeenIncident) -> bool| {
            seen.incidents.values().filter(|incident| is_it(incident)).count() as u64
        };
        let is_card = |incident: &SeenIncident| incident.due > Due::None;
        let is_attack = |incident: &SeenIncident| incident.category.is_attack();
        let mut by_due: Vec<(Due, &'static str)> =
            seen.incidents.values().map(|incident| (incident.due, incident.category.as_str())).collect();
        by_due.sort_by_key(|(due, category)| (core::cmp::Reverse(*due), *category));
        let mut categories: Vec<&'static str> = Vec::new();
        for (_, category) in by_due {
            if !categories.contains(&category) {
                categories.push(category);
            }
        }
        Verdict {
            is_found: !wanted.is_empty(),
            is_carded: wanted.iter().any(|incident| is_card(incident)),
            is_right_device: (!judged.is_empty()).then(|| judged.contains(&true)),
            false_alarms: if label.is_benign() {
                count(&|incident| incident.due == Due::Now || is_card(incident) && is_attack(incident))
            } else {
                0
            },
            attack_notes: count(&|incident| is_attack(incident) && !is_card(incident)),
            other_cards: count(&|incident| !is_attack(incident) && is_card(incident)),
            categories,
            fault: None,
            label,
        }
    }

    pub(super) fn unplayed(label: Label, fault: String) -> Verdict {
        Verdict { fault: Some(fault), ..Verdict::of(label, Seen::default()) }
    }
}
