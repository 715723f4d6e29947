//! Scenes in memory: read once, played many times.
//!
//! Any capture will do that holds Ethernet frames in time order; what counts is how long after the first each frame is heard.

use core::ops::Range;
use core::time::Duration;
use std::collections::BTreeSet;
use std::path::Path;

use common_model::Timestamp;
use sensor_capture::{Frames, Recording};
use sensor_decode::LinkType;

use crate::DaysError;

/// Most bytes kept of all scenes together. Ours have 12 million; a scene that grows past this is a mistake.
const SCENES_BYTES_MAX: usize = 64 << 20;

/// Names a scene of one [`Scenes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SceneId(u32);

/// All scenes, in the order of their names.
#[derive(Debug)]
pub(crate) struct Scenes(Vec<Scene>);

/// One recorded scene.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) name: String,
    bytes: Vec<u8>,
    frames: Vec<Record>,
}

/// Where a frame lies in the scene's bytes.
#[derive(Clone, Debug)]
struct Record {
    offset: Duration,
    kept: Range<usize>,
    wire_len: u32,
}

impl Scenes {
    /// Reads `dir/<name>.pcap.zst` for every name.
    pub(crate) fn load(dir: &Path, names: &BTreeSet<String>) -> Result<Self, DaysError> {
        let mut left = SCENES_BYTES_MAX;
        let mut scenes = Vec::with_capacity(names.len());
        for name in names {
            let mut recording = Recording::open(&dir.join(format!("{name}.pcap.zst")))?;
            let damaged = |problem| DaysError::Scene { scene: name.clone(), problem };
            let scene = Scene::read(name.clone(), &mut recording, left).map_err(damaged)?;
            if recording.warning().is_some() {
                return Err(damaged("it is damaged or cut short"));
            }
            left = left.saturating_sub(scene.bytes.len());
            scenes.push(scene);
        }

        Ok(Scenes(scenes))
    }

    pub(crate) fn find(&self, name: &str) -> Option<SceneId> {
        let index = self.0.binary_search_by(|scene| scene.name.as_str().cmp(name)).ok()?;
        u32::try_from(index).ok().map(SceneId)
    }

    pub(crate) fn at(&self, id: SceneId) -> Option<&Scene> {
        self.0.get(id.0 as usize)
    }
}

impl Scene {
    fn read(name: String, from: &mut impl Frames, bytes_max: usize) -> Result<Self, &'static str> {
        let mut scene = Scene { name, bytes: Vec::new(), frames: Vec::new() };
        let mut first = None;
        let mut last = Timestamp::EPOCH;
        while let Some(frame) = from.next_frame() {
            if frame.link != LinkType::Ethernet {
                return Err("it holds frames that are not Ethernet");
            }
            if frame.at < last {
                return Err("its frames are not in time order");
            }
            last = frame.at;
            let start = scene.bytes.len();
            if frame.bytes.len() > bytes_max.saturating_sub(start) {
                return Err("all scenes together are too large");
            }
            scene.bytes.extend_from_slice(frame.bytes);
            scene.frames.push(Record {
                offset: frame.at.since(*first.get_or_insert(frame.at)),
                kept: start..scene.bytes.len(),
                wire_len: frame.wire_len,
            });
        }
        if scene.frames.is_empty() {
            return Err("it holds no frame");
        }

        Ok(scene)
    }

    /// How many frames it has.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.frames.len()).unwrap_or(u32::MAX)
    }

    /// From the first frame to the last.
    pub(crate) fn lasts(&self) -> Duration {
        self.frames.last().map_or(Duration::ZERO, |last| last.offset)
    }

    /// How long after the first frame this one is heard.
    pub(crate) fn offset(&self, index: u32) -> Option<Duration> {
        self.frames.get(index as usize).map(|frame| frame.offset)
    }

    /// A frame's length on the wire, and what was kept of it.
    pub(crate) fn frame(&self, index: u32) -> Option<(u32, &[u8])> {
        let frame = self.frames.get(index as usize)?;
        let bytes = self.bytes.get(frame.kept.clone())?;

        Some((frame.wire_len, bytes))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use sensor_decode::{Frame, PortId};

    use super::*;

    /// Frames at these milliseconds of 2026-03-18, each of one byte that counts up.
    struct Listed<'l> {
        millis: &'l [u32],
        link: LinkType,
        next: usize,
        byte: [u8; 1],
    }

    impl Frames for Listed<'_> {
        fn next_frame(&mut self) -> Option<Frame<'_>> {
            let millis = *self.millis.get(self.next)?;
            self.byte = [self.next as u8];
            self.next += 1;
            let at = Timestamp::from_secs(1_773_792_000) + Duration::from_millis(millis.into());
            Some(Frame { port: PortId(0), at, link: self.link, vlan: None, wire_len: 60, bytes: &self.byte })
        }
    }

    fn read(millis: &[u32], link: LinkType, bytes_max: usize) -> Result<Scene, &'static str> {
        Scene::read("x".to_owned(), &mut Listed { millis, link, next: 0, byte: [0] }, bytes_max)
    }

    /// Scenes of frames at these milliseconds, each frame one byte that counts up.
    pub(crate) fn scenes(list: &[(&str, &[u32])]) -> Scenes {
        let scene = |&(name, millis): &(&str, &[u32])| {
            let scene = read(millis, LinkType::Ethernet, 99).unwrap();
            Scene { name: name.to_owned(), ..scene }
        };
        let mut scenes: Vec<_> = list.iter().map(scene).collect();
        scenes.sort_by(|a, b| a.name.cmp(&b.name));
        Scenes(scenes)
    }

    #[test]
    fn frames_come_back_as_recorded() {
        let scenes = scenes(&[("b", &[0]), ("a", &[700, 2_200])]);
        let scene = scenes.at(scenes.find("a").unwrap()).unwrap();
        assert_eq!((scene.len(), scene.offset(1)), (2, Some(Duration::from_millis(1_500))));
        assert_eq!(scene.frame(1), Some((60, &[1][..])));
        assert!(scene.frame(2).is_none());
        assert_eq!(scenes.find("c"), None);
    }

    #[test]
    fn unusable_scenes_are_refused() {
        let problem = |millis, link, bytes_max| read(millis, link, bytes_max).unwrap_err();
        assert_eq!(problem(&[10, 0], LinkType::Ethernet, 99), "its frames are not in time order");
        assert_eq!(problem(&[], LinkType::Ethernet, 99), "it holds no frame");
        assert_eq!(problem(&[0], LinkType::Raw, 99), "it holds frames that are not Ethernet");
        assert_eq!(problem(&[0, 1, 2], LinkType::Ethernet, 2), "all scenes together are too large");
    }

    #[test]
    fn a_missing_scene_is_named() {
        let names = BTreeSet::from(["no-such-scene".to_owned()]);
        let error = Scenes::load(Path::new("/nowhere"), &names).unwrap_err().to_string();
        assert!(error.contains("no-such-scene"), "{error}");
    }
}
