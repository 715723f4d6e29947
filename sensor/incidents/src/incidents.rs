//! The open incidents and their lives: opened, updated, quiet, closed.

use std::collections::{BTreeMap, VecDeque};

use common_model::hash::StableHash;
use common_model::{
    ClosedBy, DeviceId, Due, Finding, Incident, IncidentId, IncidentState, Kind, Solved, Subject, Timestamp,
};

use crate::rules;

/// What makes two findings the same trouble: what the clinic is told (the message), of whom, and what the detector says is the same.
type Identity = (&'static str, Subject, u64);

/// What the caller knows of a finding and its device.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// When it was found, by the frames' own clock. It is not asked again later: that clock may be set meanwhile.
    pub at: Timestamp,
    /// Whether what is normal for it has been learned.
    pub has_profile: bool,
    /// Whether the clinic said that it knows this kind of trouble of this device.
    pub is_known: bool,
}

/// Memory that open incidents may take, in bytes: facts of some hundred bytes, and a tree around them. A guess on the high side.
pub const MEMORY_BYTES_MAX: usize = rules::OPEN_MAX * (size_of::<Open>() + 1_024);

#[derive(Debug)]
struct Open {
    /// Its times are elapsed.
    incident: Incident,
    /// When it opened and when it was last seen, by the frames' own clock of then.
    opened_at: Timestamp,
    last_seen: Timestamp,
    /// What it was at the last step that was handed out; `None` before the first.
    told: Option<Told>,
}

/// What an incident was when it was last told of.
#[derive(Clone, Copy, Debug)]
struct Told {
    due: Due,
    state: IncidentState,
    findings: u32,
    at: Timestamp,
}

impl Told {
    const fn of(incident: &Incident) -> Told {
        let Incident { due, findings, last_seen: at, state, .. } = *incident;
        Told { due, state, findings, at }
    }
}

impl Open {
    /// One more finding of the same trouble.
    fn take(&mut self, finding: &Finding, due: Due, at: Timestamp) {
        self.seen([finding.at, at]);
        let incident = &mut self.incident;
        incident.findings = incident.findings.saturating_add(1);
        incident.confidence = incident.confidence.max(finding.confidence);
        incident.facts = finding.facts.clone();
        incident.peer = finding.peer.or(incident.peer);
        incident.state = IncidentState::Updated;
        // The worse of two kinds that are told in the same words names it.
        if due > incident.due || finding.kind.severity > incident.severity {
            incident.kind = finding.kind;
        }
        incident.severity = incident.severity.max(finding.kind.severity);
        incident.due = incident.due.max(due);
    }

    /// It was there, at this elapsed time and by the frames' own.
    fn seen(&mut self, [elapsed, at]: [Timestamp; 2]) {
        if elapsed >= self.incident.last_seen {
            self.incident.last_seen = elapsed;
            self.last_seen = at;
        }
    }

    /// The same trouble of what turned out to be the same device.
    fn absorb(&mut self, other: &Open) {
        let (this, that) = (&mut self.incident, &other.incident);
        if (that.due, that.severity) > (this.due, this.severity) {
            this.kind = that.kind;
        }
        if that.last_seen > this.last_seen {
            this.last_seen = that.last_seen;
            this.facts = that.facts.clone();
            this.peer = that.peer.or(this.peer);
            self.last_seen = other.last_seen;
        }
        this.findings = this.findings.saturating_add(that.findings);
        this.confidence = this.confidence.max(that.confidence);
        this.severity = this.severity.max(that.severity);
        this.due = this.due.max(that.due);
        this.solved = this.solved.filter(|_| that.solved.is_some());
    }

    /// As it is handed out.
    fn shown(&self) -> Incident {
        Incident { opened_at: self.opened_at, last_seen: self.last_seen, ..self.incident.clone() }
    }

    /// Whether it is worth telling again: it is new, worse, back after it was quiet, or has doubled.
    fn is_news(&self) -> bool {
        let Some(told) = self.told else { return true };
        let incident = &self.incident;
        let has_doubled = incident.findings >= told.findings.saturating_mul(2)
            && incident.last_seen.since(told.at) >= rules::UPDATE_EVERY;
        incident.due > told.due || told.state == IncidentState::Quiet || has_doubled
    }
}

/// The open incidents.
#[derive(Debug, Default)]
pub struct Incidents {
    open: BTreeMap<Identity, Open>,
    steps: VecDeque<Incident>,
    opened: u64,
    crowded_out: u64,
}

impl Incidents {
    /// None open.
    #[must_use]
    pub fn new() -> Self {
        Incidents::default()
    }

    /// Puts back what was open before a restart; it was told of then, so nobody is told again. What was seen in a future that did not come
    /// (the clock was corrected) was seen now.
    pub fn restore(&mut self, open: impl IntoIterator<Item = Incident>, now: Timestamp) {
        for mut incident in open.into_iter().take(rules::OPEN_MAX) {
            incident.last_seen = incident.last_seen.min(now);
            incident.opened_at = incident.opened_at.min(now);
            let identity = (incident.kind.message, incident.device, incident.identity);
            let told = Told::of(&incident);
            let (opened_at, last_seen) = (incident.opened_at, incident.last_seen);
            let open = Open { incident, opened_at, last_seen, told: Some(told) };
            self.open.insert(identity, open);
        }
    }

    /// Takes a finding: it opens an incident or belongs to one. Returns which.
    pub fn add(&mut self, finding: &Finding, seen: Seen) -> IncidentId {
        let identity = (finding.kind.message, finding.device, finding.identity);
        let mut due = if seen.is_known { Due::None } else { rules::alone(finding, seen.has_profile) };
        if self.iter().any(|open| rules::explains(open, finding)) {
            due = Due::None;
        }
        if !self.open.contains_key(&identity) {
            self.make_room();
            self.opened = self.opened.saturating_add(1);
            let incident = open(finding);
            let open = Open { incident, opened_at: seen.at, last_seen: seen.at, told: None };
            self.open.insert(identity, open);
        }
        let Some(open) = self.open.get_mut(&identity) else { return IncidentId(0) };
        open.take(finding, due, seen.at);
        let (id, candidate) = (open.incident.id, open.incident.clone());
        self.corroborate(identity, &candidate);
        let Some(open) = self.open.get(&identity) else { return id };
        if open.is_news() {
            let is_newly_red = open.incident.due == Due::Now && open.told.is_none();
            self.tell(identity, IncidentState::Updated);
            if is_newly_red {
                self.tell_others_as_they_stand(identity);
            }
        }
        id
    }

    /// A trouble goes on: what is open is not over yet. One that had gone quiet is told of again. The time is said twice, elapsed and by the
    /// frames' own clock.
    pub fn goes_on(&mut self, kind: &'static Kind, device: Subject, identity: u64, times: [Timestamp; 2]) {
        let identity = (kind.message, device, identity);
        let Some(open) = self.open.get_mut(&identity) else { return };
        open.seen(times);
        if open.incident.state == IncidentState::Quiet {
            self.tell(identity, IncidentState::Updated);
        }
    }

    /// A device turned out to be another: what is open of it is that one's, and told of under its name. The same trouble of both is one: the
    /// one that is the other's stays, and the first closes.
    pub fn rename(&mut self, gone: DeviceId, stays: DeviceId) {
        let (gone, stays) = (Subject::Device(gone), Subject::Device(stays));
        for open in self.open.values_mut().filter(|open| open.incident.peer == Some(gone)) {
            open.incident.peer = Some(stays);
        }
        let of_gone = self.open.keys().filter(|(_, subject, _)| *subject == gone);
        for identity in of_gone.copied().collect::<Vec<_>>() {
            let (message, _, detail) = identity;
            let renamed = (message, stays, detail);
            let Some(mut open) = self.open.remove(&identity) else { continue };
            open.incident.device = stays;
            if let Some(same) = self.open.get_mut(&renamed) {
                same.absorb(&open);
                open.incident.state = IncidentState::Closed;
                open.incident.closed_by = Some(ClosedBy::Quiet);
                self.steps.push_back(open.shown());
            } else {
                self.open.insert(renamed, open);
            }
            let Some(incident) = self.open.get(&renamed).map(|open| open.incident.clone()) else { continue };
            self.tell_as_it_stands(renamed);
            self.corroborate(renamed, &incident);
        }
    }

    /// Lets what was not seen for its time go quiet, and close.
    pub fn timeout(&mut self, now: Timestamp) {
        let due: Vec<Identity> = self
            .open
            .iter()
            .filter(|(_, open)| next_at(open).is_some_and(|at| at <= now))
            .map(|(id, _)| *id)
            .collect();
        for identity in due {
            let Some(open) = self.open.get(&identity) else { continue };
            if let Some(Solved { by, .. }) = open.incident.solved {
                self.close(identity, by);
                continue;
            }
            // A red card latches: it goes quiet, and stays until somebody closes it.
            if open.incident.due == Due::Now {
                self.tell(identity, IncidentState::Quiet);
            } else {
                self.close(identity, ClosedBy::Quiet);
            }
        }
    }

    /// When the next incident goes quiet.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.open.values().filter_map(next_at).min()
    }

    /// Somebody closed an incident. False when it is not open. What is red and goes on while the clinic says that it is solved is told of as
    /// solved, and closed when nothing more was seen for [`rules::SOLVED_AFTER`]. The time is said twice, as in [`Incidents::goes_on`].
    pub fn closed_by(&mut self, id: IncidentId, who: ClosedBy, [elapsed, at]: [Timestamp; 2]) -> bool {
        let Some((identity, open)) = self.open.iter_mut().find(|(_, open)| open.incident.id == id) else {
            return false;
        };
        let (identity, incident) = (*identity, &mut open.incident);
        let seen_lately = elapsed < incident.last_seen + rules::SOLVED_AFTER;
        if who != ClosedBy::Clinic || incident.due != Due::Now || !seen_lately {
            self.close(identity, who);
        } else if incident.solved.is_none() {
            incident.solved = Some(Solved { by: who, at });
            self.tell_as_it_stands(identity);
        }
        true
    }

    /// The next step of an incident's life.
    pub fn poll_step(&mut self) -> Option<Incident> {
        self.steps.pop_front()
    }

    /// Whether this device has an open incident that the clinic was shown.
    #[must_use]
    pub fn has_card(&self, device: Subject) -> bool {
        self.open.values().any(|open| open.incident.device == device && open.incident.due > Due::None)
    }

    /// The open incidents, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = &Incident> {
        self.open.values().map(|open| &open.incident)
    }

    /// How many incidents were opened.
    #[must_use]
    pub const fn opened(&self) -> u64 {
        self.opened
    }

    /// How many were closed because there were too many.
    #[must_use]
    pub const fn crowded_out(&self) -> u64 {
        self.crowded_out
    }

    /// Two different troubles of one device make each other red.
    fn corroborate(&mut self, identity: Identity, this: &Incident) {
        let others = self.open.iter().filter(|(_, open)| rules::corroborate(this, &open.incident));
        let others: Vec<Identity> = others.map(|(identity, _)| *identity).collect();
        if others.is_empty() {
            return;
        }
        for identity in others.into_iter().chain([identity]) {
            let Some(open) = self.open.get_mut(&identity) else { continue };
            open.incident.due = open.incident.due.max(rules::CORROBORATED);
            if open.told.is_some() && open.is_news() {
                self.tell(identity, IncidentState::Updated);
            }
        }
    }

    /// When something red opens, the device's other open incidents are told as they stand: figures that are shown side by side agree.
    fn tell_others_as_they_stand(&mut self, red: Identity) {
        let (_, device, _) = red;
        let is_behind = |open: &Open| open.told.is_some_and(|told| told.findings < open.incident.findings);
        let others =
            self.open.iter().filter(|(other, open)| **other != red && other.1 == device && is_behind(open));
        for identity in others.map(|(identity, _)| *identity).collect::<Vec<_>>() {
            self.tell(identity, IncidentState::Updated);
        }
    }

    /// Hands out a step that is about something else than what was seen: what is quiet stays quiet.
    fn tell_as_it_stands(&mut self, identity: Identity) {
        let is_quiet =
            self.open.get(&identity).is_some_and(|open| open.incident.state == IncidentState::Quiet);
        self.tell(identity, if is_quiet { IncidentState::Quiet } else { IncidentState::Updated });
    }

    /// Hands out a step: the first opens the incident.
    fn tell(&mut self, identity: Identity, state: IncidentState) {
        let Some(open) = self.open.get_mut(&identity) else { return };
        let incident = &mut open.incident;
        incident.state = if open.told.is_none() { IncidentState::Opened } else { state };
        open.told = Some(Told::of(incident));
        self.steps.push_back(open.shown());
    }

    fn close(&mut self, identity: Identity, who: ClosedBy) {
        if let Some(mut open) = self.open.remove(&identity) {
            open.incident.state = IncidentState::Closed;
            open.incident.closed_by = Some(who);
            self.steps.push_back(open.shown());
        }
    }

    fn make_room(&mut self) {
        if self.open.len() < rules::OPEN_MAX {
            return;
        }
        let least =
            self.open.iter().min_by_key(|(_, open)| (open.incident.due == Due::Now, open.incident.last_seen));
        if let Some(identity) = least.map(|(identity, _)| *identity) {
            self.crowded_out = self.crowded_out.saturating_add(1);
            self.close(identity, ClosedBy::Quiet);
        }
    }
}

/// An incident that this finding begins, before it has taken it.
fn open(finding: &Finding) -> Incident {
    let subject = match finding.device {
        Subject::Device(id) => StableHash::new("incident").u64(id.0),
        Subject::Address(ip) => StableHash::new("incident").ip(ip),
    };
    let id =
        subject.bytes(finding.kind.id.as_bytes()).u64(finding.identity).u64(finding.at.as_nanos()).finish();
    Incident {
        id: IncidentId(id),
        state: IncidentState::Opened,
        closed_by: None,
        solved: None,
        opened_at: finding.at,
        last_seen: finding.at,
        kind: finding.kind,
        device: finding.device,
        role: finding.role,
        identity: finding.identity,
        peer: finding.peer,
        severity: finding.kind.severity,
        confidence: finding.confidence,
        due: Due::None,
        findings: 0,
        facts: finding.facts.clone(),
    }
}

/// When an incident goes quiet, or is closed because it is solved; `None` when it waits for somebody.
fn next_at(open: &Open) -> Option<Timestamp> {
    let incident = &open.incident;
    if incident.solved.is_some() {
        return Some(incident.last_seen + rules::SOLVED_AFTER);
    }
    (incident.state != IncidentState::Quiet).then(|| incident.last_seen + incident.kind.quiet_for)
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use common_model::{Category, Confidence, DeviceId, Facts, FindingRole, Kind, Severity};

    use super::*;

    const fn kind(id: &'static str, category: Category, alone: Due) -> Kind {
        Kind {
            id,
            category,
            techniques: &[],
            message: id,
            facts: &[],
            severity: Severity::High,
            alone,
            card_from: Confidence::percent(50),
            needs_profile: false,
            quiet_for: Duration::from_secs(3_600),
        }
    }

    static SCAN: Kind = kind("port-scan", Category::Scan, Due::Today);
    static SWEEP: Kind = kind("address-sweep", Category::Scan, Due::Today);
    static GUESSING: Kind = kind("password-guessing", Category::Bruteforce, Due::Today);
    static KNOWN_BAD: Kind = kind("known-bad-contact", Category::C2Beacon, Due::Now);
    static NEW: Kind = Kind { needs_profile: true, ..kind("new-device", Category::NewDevice, Due::Week) };

    fn finding(kind: &'static Kind, device: u64, at_secs: u64, confidence: u8) -> Finding {
        Finding {
            kind,
            at: Timestamp::from_secs(at_secs),
            device: Subject::Device(DeviceId(device)),
            role: FindingRole::Source,
            peer: None,
            identity: 0,
            confidence: Confidence::percent(confidence),
            facts: Facts::new(),
        }
    }

    /// (kind, state, due) of all steps that wait.
    fn steps(incidents: &mut Incidents) -> Vec<(&'static str, &'static str, &'static str)> {
        core::iter::from_fn(|| incidents.poll_step())
            .map(|step| (step.kind.id, step.state.as_str(), step.due.as_str()))
            .collect()
    }

    #[test]
    fn the_same_trouble_is_one_incident_and_is_not_said_twice() {
        let mut incidents = Incidents::new();
        let first = incidents.add(&finding(&SCAN, 1, 10, 90), Seen::default());
        for second in 11..20 {
            assert_eq!(incidents.add(&finding(&SCAN, 1, second, 90), Seen::default()), first);
        }
        assert_eq!(steps(&mut incidents), [("port-scan", "opened", "today")]);
        incidents.timeout(Timestamp::from_secs(19 + 3_600));
        assert_eq!(steps(&mut incidents), [("port-scan", "closed", "today")]);
        assert_ne!(incidents.add(&finding(&SCAN, 1, 9_000, 90), Seen::default()), first);
    }

    #[test]
    fn what_goes_on_is_not_over() {
        let mut incidents = Incidents::new();
        incidents.add(&finding(&SCAN, 1, 10, 90), Seen::default());
        let device = Subject::Device(DeviceId(1));
        incidents.goes_on(&SCAN, device, 0, [Timestamp::from_secs(3_000); 2]);
        incidents.timeout(Timestamp::from_secs(3_700));
        assert_eq!(steps(&mut incidents), [("port-scan", "opened", "today")]);
        incidents.timeout(Timestamp::from_secs(3_000 + 3_600));
        assert_eq!(steps(&mut incidents), [("port-scan", "closed", "today")]);
        incidents.goes_on(&SCAN, device, 0, [Timestamp::from_secs(9_000); 2]);
        assert!(steps(&mut incidents).is_empty(), "what is closed is not opened by going on");
    }

    #[test]
    fn two_kinds_in_the_same_words_are_one_trouble() {
        static WORSE: Kind = Kind { message: "port-scan", ..kind("gateway", Category::Spoofing, Due::Now) };
        let mut incidents = Incidents::new();
        let first = incidents.add(&finding(&SCAN, 1, 10, 90), Seen::default());
        assert_eq!(incidents.add(&finding(&WORSE, 1, 11, 90), Seen::default()), first);
        assert_eq!(steps(&mut incidents), [("port-scan", "opened", "today"), ("gateway", "updated", "now")]);
    }

    #[test]
    fn what_is_open_is_told_as_it_stands_when_something_red_opens() {
        let mut incidents = Incidents::new();
        for second in [10, 11, 12] {
            incidents.add(&finding(&SCAN, 1, second, 90), Seen::default());
        }
        assert_eq!(steps(&mut incidents), [("port-scan", "opened", "today")]);
        incidents.add(&finding(&KNOWN_BAD, 2, 13, 90), Seen::default());
        static IN: Kind = kind("login-after-guessing", Category::Scan, Due::Now);
        incidents.add(&finding(&IN, 1, 14, 90), Seen::default());
        assert_eq!(
            steps(&mut incidents),
            [
                ("known-bad-contact", "opened", "now"),
                ("login-after-guessing", "opened", "now"),
                ("port-scan", "updated", "today")
            ]
        );
    }

    #[test]
    fn what_an_attack_explains_is_a_note() {
        static BUSY: Kind = kind("increased-activity", Category::Anomaly, Due::Today);
        let mut incidents = Incidents::new();
        incidents.add(&finding(&SCAN, 1, 10, 90), Seen::default());
        incidents.add(&finding(&BUSY, 1, 20, 90), Seen::default());
        incidents.add(&finding(&BUSY, 2, 20, 90), Seen::default());
        let due: Vec<_> = steps(&mut incidents).into_iter().map(|(_, _, due)| due).collect();
        assert_eq!(due, ["today", "none", "today"]);
    }

    #[test]
    fn when_two_devices_are_one_their_troubles_are_too() {
        let mut incidents = Incidents::new();
        let [by_mac, by_ip, by_ipv6] = [1, 2, 3];
        let kept = incidents.add(&finding(&SCAN, by_mac, 10, 90), Seen::default());
        let gone = incidents.add(&finding(&SCAN, by_ip, 20, 95), Seen::default());
        incidents.add(&finding(&GUESSING, by_ipv6, 30, 90), Seen::default());
        assert!(steps(&mut incidents).iter().all(|(_, _, due)| *due == "today"), "three attackers");
        incidents.rename(DeviceId(by_ip), DeviceId(by_mac));
        incidents.rename(DeviceId(by_ipv6), DeviceId(by_mac));
        let told: Vec<_> = core::iter::from_fn(|| incidents.poll_step()).collect();
        assert!(told.iter().all(|step| step.device == Subject::Device(DeviceId(by_mac))));
        assert!(told.iter().any(|step| step.id == gone && step.state == IncidentState::Closed));
        let scan = incidents.iter().find(|open| open.kind.id == "port-scan").unwrap();
        assert_eq!((scan.id, scan.findings, scan.due), (kept, 2, Due::Now), "and they bear each other out");
        assert_eq!(incidents.add(&finding(&SCAN, by_mac, 40, 90), Seen::default()), kept);
        assert!(incidents.has_card(Subject::Device(DeviceId(by_mac))));
        assert!(!incidents.has_card(Subject::Device(DeviceId(by_ip))));
    }

    #[test]
    fn times_are_those_of_the_clock_that_showed_them() {
        let mut incidents = Incidents::new();
        let wall = |secs| Seen { at: Timestamp::from_secs(secs), ..Seen::default() };
        incidents.add(&finding(&SCAN, 1, 1_000, 90), wall(1_000));
        incidents.add(&finding(&SCAN, 1, 2_000, 90), wall(500));
        incidents.timeout(Timestamp::from_secs(2_000 + 3_600));
        let told: Vec<_> = core::iter::from_fn(|| incidents.poll_step()).collect();
        let times = told.iter().map(|step| (step.opened_at.as_secs(), step.last_seen.as_secs()));
        assert_eq!(times.collect::<Vec<_>>(), [(1_000, 1_000), (1_000, 500), (1_000, 500)]);
    }

    /// A moment, elapsed and by the frames' own clock.
    fn at(secs: u64) -> [Timestamp; 2] {
        [Timestamp::from_secs(secs); 2]
    }

    #[test]
    fn red_latches() {
        let mut incidents = Incidents::new();
        let id = incidents.add(&finding(&KNOWN_BAD, 1, 10, 90), Seen::default());
        incidents.timeout(Timestamp::from_secs(90_000));
        incidents.timeout(Timestamp::from_secs(900_000));
        assert_eq!(
            steps(&mut incidents),
            [("known-bad-contact", "opened", "now"), ("known-bad-contact", "quiet", "now")]
        );
        let later = at(900_000);
        assert!(incidents.closed_by(id, ClosedBy::Clinic, later));
        assert_eq!(steps(&mut incidents), [("known-bad-contact", "closed", "now")]);
        assert!(!incidents.closed_by(id, ClosedBy::Clinic, later));
    }

    #[test]
    fn a_red_card_that_the_clinic_calls_solved_closes_when_it_was_not_seen_for_half_an_hour() {
        let mut incidents = Incidents::new();
        let id = incidents.add(&finding(&KNOWN_BAD, 1, 10, 90), Seen::default());
        assert!(incidents.closed_by(id, ClosedBy::Clinic, at(20)));
        let told: Vec<_> = core::iter::from_fn(|| incidents.poll_step()).collect();
        assert_eq!(told.iter().map(|step| step.state.as_str()).collect::<Vec<_>>(), ["opened", "updated"]);
        assert_eq!(told[1].solved, Some(Solved { by: ClosedBy::Clinic, at: Timestamp::from_secs(20) }));
        assert!(incidents.closed_by(id, ClosedBy::Clinic, at(30)), "said twice");
        assert!(incidents.poll_step().is_none());
        incidents.add(&finding(&KNOWN_BAD, 1, 600, 90), Seen::default());
        // After a restart it is still solved.
        let open = Incident { findings: 2, last_seen: Timestamp::from_secs(600), ..told[1].clone() };
        let mut incidents = Incidents::new();
        incidents.restore([open], Timestamp::from_secs(610));
        incidents.timeout(Timestamp::from_secs(10 + 1_800));
        assert_eq!(steps(&mut incidents), []);
        assert_eq!(incidents.poll_timeout(), Some(Timestamp::from_secs(600 + 1_800)));
        incidents.timeout(Timestamp::from_secs(600 + 1_800));
        assert_eq!(steps(&mut incidents), [("known-bad-contact", "closed", "now")]);
    }

    #[test]
    fn a_red_card_that_the_supplier_calls_solved_is_closed() {
        let mut incidents = Incidents::new();
        let id = incidents.add(&finding(&KNOWN_BAD, 1, 10, 90), Seen::default());
        incidents.closed_by(id, ClosedBy::Supplier, at(20));
        assert_eq!(steps(&mut incidents).last(), Some(&("known-bad-contact", "closed", "now")));
    }

    #[test]
    fn what_was_open_before_a_restart_is_the_same_trouble_after_it() {
        let mut before = Incidents::new();
        let id = before.add(&finding(&SCAN, 1, 10, 90), Seen::default());
        let open = before.poll_step();
        let mut after = Incidents::new();
        after.restore(open, Timestamp::from_secs(15));
        assert_eq!(after.add(&finding(&SCAN, 1, 20, 90), Seen::default()), id);
        assert_eq!((steps(&mut after), after.opened()), (vec![], 0));
        // It closes in its time.
        after.timeout(Timestamp::from_secs(20 + 3_600));
        assert_eq!(steps(&mut after), [("port-scan", "closed", "today")]);
    }

    #[test]
    fn two_different_attacks_make_each_other_red() {
        let mut incidents = Incidents::new();
        incidents.add(&finding(&SCAN, 1, 10, 90), Seen::default());
        incidents.add(&finding(&SWEEP, 1, 20, 90), Seen::default());
        incidents.add(&finding(&GUESSING, 2, 30, 90), Seen::default());
        assert!(
            steps(&mut incidents).iter().all(|(_, _, due)| *due == "today"),
            "same sort, or another device"
        );
        incidents.add(&finding(&GUESSING, 1, 40, 90), Seen::default());
        assert_eq!(
            steps(&mut incidents),
            [
                ("address-sweep", "updated", "now"),
                ("port-scan", "updated", "now"),
                ("password-guessing", "opened", "now")
            ]
        );
    }

    #[test]
    fn unsure_unlearned_or_known_is_a_note() {
        let mut incidents = Incidents::new();
        incidents.add(&finding(&SCAN, 1, 10, 49), Seen::default());
        incidents.add(&finding(&NEW, 1, 10, 90), Seen::default());
        let known = Seen { is_known: true, has_profile: true, ..Seen::default() };
        incidents.add(&finding(&GUESSING, 1, 10, 90), known);
        assert!(steps(&mut incidents).iter().all(|(_, state, due)| (*state, *due) == ("opened", "none")));
        incidents.add(&finding(&NEW, 1, 20, 90), Seen { has_profile: true, ..Seen::default() });
        assert_eq!(steps(&mut incidents), [("new-device", "updated", "week")], "now it speaks");
    }

    #[test]
    fn a_flood_crowds_out_the_oldest_that_is_not_red() {
        let mut incidents = Incidents::new();
        incidents.add(&finding(&KNOWN_BAD, 0, 1, 90), Seen::default());
        for device in 1..=(rules::OPEN_MAX as u64 + 9) {
            incidents.add(&finding(&SCAN, device, 10 + device, 90), Seen::default());
        }
        assert_eq!((incidents.iter().count(), incidents.crowded_out()), (rules::OPEN_MAX, 10));
        assert!(incidents.iter().any(|incident| incident.due == Due::Now));
    }
}
