//! A plan says which scene plays when, and hands out their frames merged in time order.
//!
//! Playing allocates nothing for a frame: frames are borrowed from the scenes, and what plays at the same moment sits in a small heap.

use core::cmp::Reverse;
use core::time::Duration;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use common_model::Timestamp;
use sensor_capture::Frames;
use sensor_decode::{Frame, LinkType, PortId};

use crate::scene::{SceneId, Scenes};

/// Pause between two playings of one scene, so that its connections are over. Guess: longer than any TCP retransmission in them.
const SCENE_PAUSE: Duration = Duration::from_secs(20);

/// Scenes that play at the same moment without the heap growing. Ours peak below 20.
const PLAYING_USUAL: usize = 64;

/// What was drawn: a scene that wants to start at `at`; `strength` for attacks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) at: Timestamp,
    pub(crate) scene: SceneId,
    pub(crate) strength: Option<f64>,
}

/// A scene at its place in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// When its first frame is heard.
    pub at: Timestamp,
    /// How many of its frames are played.
    pub frames: u32,
    /// It is an attack.
    pub attack: bool,
    pub(crate) scene: SceneId,
}

/// Scenes placed in time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Plan {
    scenes: Arc<Scenes>,
    placed: Arc<[Placed]>,
    starts_at: Timestamp,
    heard_until: Timestamp,
    ends_at: Timestamp,
}

impl Plan {
    pub(crate) fn new(
        scenes: Arc<Scenes>,
        starts_at: Timestamp,
        heard_until: Timestamp,
        ends_at: Timestamp,
        mut events: Vec<Event>,
    ) -> Self {
        events.sort_by_key(|event| (event.at, event.scene));
        let mut free_from: BTreeMap<SceneId, Timestamp> = BTreeMap::new();
        let mut placed: Vec<Placed> = Vec::with_capacity(events.len());
        for Event { at, scene, strength } in events {
            let Some(recorded) = scenes.at(scene) else { continue };
            let at = free_from.get(&scene).map_or(at, |&free| at.max(free));
            free_from.insert(scene, at + recorded.lasts() + SCENE_PAUSE);
            let frames = strength.map_or(recorded.len(), |strength| share(recorded.len(), strength));
            placed.push(Placed { at, frames, attack: strength.is_some(), scene });
        }
        placed.sort_by_key(|placed| placed.at);

        Plan { scenes, placed: placed.into(), starts_at, heard_until, ends_at }
    }

    /// This plan and then `next`, which must be of the same [`crate::Clinic`].
    #[must_use]
    pub fn then(&self, next: &Plan) -> Plan {
        let mut placed: Vec<Placed> = self.placed.iter().chain(next.placed.iter()).copied().collect();
        placed.sort_by_key(|placed| placed.at);

        Plan { placed: placed.into(), starts_at: self.starts_at, ..next.clone() }
    }

    /// The midnight with which it begins.
    #[must_use]
    pub fn starts_at(&self) -> Timestamp {
        self.starts_at
    }

    /// From here on nothing is heard (the cable is pulled), though time goes on until [`Plan::ends_at`].
    #[must_use]
    pub fn heard_until(&self) -> Timestamp {
        self.heard_until
    }

    /// When the recording ends.
    #[must_use]
    pub fn ends_at(&self) -> Timestamp {
        self.ends_at
    }

    /// Its scenes in time order.
    #[must_use]
    pub fn placed(&self) -> &[Placed] {
        &self.placed
    }

    /// What a placed scene is called: `<script>.<device>` or `<script>`.
    #[must_use]
    pub fn name_of(&self, placed: &Placed) -> &str {
        self.scenes.at(placed.scene).map_or("", |scene| &scene.name)
    }

    /// How many frames its scenes have, for showing progress; the pulled cable may cut some of them.
    #[must_use]
    pub fn frame_count(&self) -> u64 {
        self.placed.iter().map(|placed| u64::from(placed.frames)).sum()
    }

    /// Plays it from the start.
    #[must_use]
    pub fn frames(&self) -> PlanFrames {
        PlanFrames { plan: self.clone(), waiting: 0, playing: BinaryHeap::with_capacity(PLAYING_USUAL) }
    }
}

/// The frames of a plan, in time order. Frames of one moment come in the order in which their scenes began.
#[derive(Clone, Debug)]
pub struct PlanFrames {
    plan: Plan,
    waiting: usize,
    playing: BinaryHeap<Reverse<Playing>>,
}

/// The next frame of a scene that plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Playing {
    at: Timestamp,
    placed: usize,
    frame: u32,
}

impl Frames for PlanFrames {
    fn next_frame(&mut self) -> Option<Frame<'_>> {
        self.begin_scenes();
        let Reverse(Playing { at, placed, frame }) = self.playing.pop()?;
        if at >= self.plan.heard_until {
            self.playing.clear();
            self.waiting = self.plan.placed.len();
            return None;
        }
        self.play(placed, frame + 1);

        let scene = self.plan.scenes.at(self.plan.placed.get(placed)?.scene)?;
        let (wire_len, bytes) = scene.frame(frame)?;
        Some(Frame { port: PortId(0), at, link: LinkType::Ethernet, vlan: None, wire_len, bytes })
    }
}

impl PlanFrames {
    /// Moves every scene that begins before the next frame from the waiting list to the heap.
    fn begin_scenes(&mut self) {
        while let Some(next) = self.plan.placed.get(self.waiting) {
            if self.playing.peek().is_some_and(|Reverse(first)| first.at < next.at) {
                return;
            }
            self.play(self.waiting, 0);
            self.waiting += 1;
        }
    }

    fn play(&mut self, index: usize, frame: u32) {
        let Some(placed) = self.plan.placed.get(index).filter(|placed| frame < placed.frames) else { return };
        let offset = self.plan.scenes.at(placed.scene).and_then(|scene| scene.offset(frame));
        if let Some(offset) = offset {
            self.playing.push(Reverse(Playing { at: placed.at + offset, placed: index, frame }));
        }
    }
}

/// `strength` of `frames`, rounded up; at least one.
fn share(frames: u32, strength: f64) -> u32 {
    // A product of a u32 and a number up to 1 fits in a u32; the cast saturates and takes NaN for 0.
    ((f64::from(frames) * strength).ceil() as u32).clamp(1, frames.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::tests::scenes;

    fn plan(list: &[(&str, &[u32])], at: &[(u64, &str, Option<f64>)], until: u64) -> Plan {
        let scenes = Arc::new(scenes(list));
        let events = at
            .iter()
            .map(|&(secs, name, strength)| Event {
                at: Timestamp::from_secs(secs),
                scene: scenes.find(name).unwrap(),
                strength,
            })
            .collect();
        let until = Timestamp::from_secs(until);
        Plan::new(scenes, Timestamp::EPOCH, until, until, events)
    }

    /// (milliseconds, first byte) of every frame.
    fn played(plan: &Plan) -> Vec<(u64, u8)> {
        let mut frames = plan.frames();
        let mut played = Vec::new();
        while let Some(frame) = frames.next_frame() {
            played.push((frame.at.as_nanos() / 1_000_000, frame.bytes[0]));
        }
        played
    }

    #[test]
    fn scenes_are_merged_in_time_order() {
        let plan =
            plan(&[("a", &[0, 2_000, 4_000]), ("b", &[0, 500])], &[(11, "b", None), (10, "a", None)], 99);
        assert_eq!(played(&plan), [(10_000, 0), (11_000, 0), (11_500, 1), (12_000, 1), (14_000, 2)]);
    }

    #[test]
    fn a_scene_waits_for_itself() {
        let plan = plan(&[("a", &[0, 4_000])], &[(10, "a", None), (12, "a", None)], 99);
        assert_eq!(played(&plan), [(10_000, 0), (14_000, 1), (34_000, 0), (38_000, 1)]);
    }

    #[test]
    fn a_weak_attack_is_the_beginning_of_the_strong_one() {
        let counts =
            |strength| played(&plan(&[("a", &[0, 1, 2, 3, 4])], &[(10, "a", Some(strength))], 99)).len();
        assert_eq!(
            [counts(1.0), counts(0.5), counts(0.1), counts(0.0), counts(7.0), counts(f64::NAN)],
            [5, 3, 1, 1, 5, 1]
        );
    }

    #[test]
    fn nothing_is_heard_after_the_cable_is_pulled() {
        let plan = plan(&[("a", &[0, 1_000, 2_000])], &[(10, "a", None), (50, "a", None)], 12);
        assert_eq!(played(&plan), [(10_000, 0), (11_000, 1)]);
    }

    #[test]
    fn days_follow_each_other() {
        let first = plan(&[("a", &[0])], &[(10, "a", None)], 20);
        let next =
            Plan { starts_at: Timestamp::from_secs(20), ..plan(&[("a", &[0])], &[(30, "a", None)], 40) };
        let both = first.then(&next);
        assert_eq!(played(&both), [(10_000, 0), (30_000, 0)]);
        assert_eq!((both.starts_at(), both.ends_at()), (Timestamp::EPOCH, Timestamp::from_secs(40)));
        assert_eq!(both.frame_count(), 2);
    }
}
