//! Scenes in memory: read once, played many times.
//!
//! Reads what `clinic/record` writes and nothing else: zstd around classic pcap, little-endian, microseconds, Ethernet, times from zero.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::DaysError;

/// Most bytes of all scenes together, decompressed. Ours have 14 million; a scene that grows past this is a mistake.
const SCENES_BYTES_MAX: u64 = 64 << 20;

/// Magic number of pcap with microseconds (draft-ietf-opsawg-pcap §4), and the Ethernet link type.
const MAGIC: u32 = 0xA1B2_C3D4;
const ETHERNET: u32 = 1;
const FILE_HEADER_BYTES: usize = 24;
const RECORD_HEADER_BYTES: usize = 16;

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
#[derive(Clone, Copy, Debug)]
struct Record {
    offset_nanos: u64,
    start: u32,
    kept: u32,
    wire_len: u32,
}

impl Scenes {
    /// Reads `dir/<name>.pcap.zst` for every name.
    pub(crate) fn load(dir: &Path, names: &BTreeSet<String>) -> Result<Self, DaysError> {
        let mut left = SCENES_BYTES_MAX;
        let mut scenes = Vec::with_capacity(names.len());
        for name in names {
            let path = dir.join(format!("{name}.pcap.zst"));
            let mut bytes = Vec::new();
            File::open(&path)
                .and_then(zstd::Decoder::new)
                .and_then(|decoder| decoder.take(left.saturating_add(1)).read_to_end(&mut bytes))
                .map_err(|source| DaysError::Read { path: path.clone(), source })?;
            left = match left.checked_sub(bytes.len() as u64) {
                Some(left) => left,
                None => return Err(DaysError::Scene { path, problem: "the scenes are too large together" }),
            };
            scenes.push(Scene::parse(name.clone(), bytes).map_err(|problem| problem.of(path))?);
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
    fn parse(name: String, bytes: Vec<u8>) -> Result<Self, Problem> {
        if word(&bytes, 0) != Some(MAGIC) || word(&bytes, 20) != Some(ETHERNET) {
            return Err(Problem("it is not the kind of pcap that the recorder writes"));
        }
        let mut frames: Vec<Record> = Vec::new();
        let mut at = FILE_HEADER_BYTES;
        while at < bytes.len() {
            let field = |n: usize| word(&bytes, at + 4 * n).ok_or(Problem("it ends inside a frame's header"));
            let (secs, micros, kept, wire_len) = (field(0)?, field(1)?, field(2)?, field(3)?);
            let start = at + RECORD_HEADER_BYTES;
            at = start.saturating_add(kept as usize);
            if at > bytes.len() {
                return Err(Problem("it ends inside a frame"));
            }
            let offset_nanos = u64::from(secs) * 1_000_000_000 + u64::from(micros) * 1_000;
            if frames.last().is_some_and(|last| last.offset_nanos > offset_nanos) {
                return Err(Problem("its frames are not in time order"));
            }
            let start = u32::try_from(start).map_err(|_| Problem("it is too large"))?;
            frames.push(Record { offset_nanos, start, kept, wire_len });
        }
        if frames.is_empty() {
            return Err(Problem("it holds no frame"));
        }

        Ok(Scene { name, bytes, frames })
    }

    /// How many frames it has.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.frames.len()).unwrap_or(u32::MAX)
    }

    /// From the first frame to the last.
    pub(crate) fn lasts_nanos(&self) -> u64 {
        self.frames.last().map_or(0, |last| last.offset_nanos)
    }

    /// How long after the first frame this one is heard.
    pub(crate) fn offset_nanos(&self, index: u32) -> Option<u64> {
        self.frames.get(index as usize).map(|frame| frame.offset_nanos)
    }

    /// A frame's length on the wire, and what was kept of it.
    pub(crate) fn frame(&self, index: u32) -> Option<(u32, &[u8])> {
        let &Record { start, kept, wire_len, .. } = self.frames.get(index as usize)?;
        let bytes = self.bytes.get(start as usize..)?.get(..kept as usize)?;

        Some((wire_len, bytes))
    }
}

/// What is wrong with a scene's bytes.
#[derive(Debug, PartialEq, Eq)]
struct Problem(&'static str);

impl Problem {
    fn of(self, path: PathBuf) -> DaysError {
        DaysError::Scene { path, problem: self.0 }
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|chunk| u32::from_le_bytes(*chunk))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Scenes of frames at these milliseconds, each frame one byte that counts up.
    pub(crate) fn scenes(list: &[(&str, &[u32])]) -> Scenes {
        let mut scenes: Vec<_> =
            list.iter().map(|(name, times)| Scene::parse((*name).to_owned(), pcap(times)).unwrap()).collect();
        scenes.sort_by(|a, b| a.name.cmp(&b.name));
        Scenes(scenes)
    }

    fn pcap(millis: &[u32]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for word in [MAGIC, 0x0004_0002, 0, 0, 65_535, ETHERNET] {
            bytes.extend(word.to_le_bytes());
        }
        for (index, at) in millis.iter().enumerate() {
            for word in [at / 1_000, at % 1_000 * 1_000, 1, 60] {
                bytes.extend(word.to_le_bytes());
            }
            bytes.push(index as u8);
        }
        bytes
    }

    fn problem(bytes: Vec<u8>) -> &'static str {
        Scene::parse("x".to_owned(), bytes).unwrap_err().0
    }

    #[test]
    fn frames_come_back_as_written() {
        let scenes = scenes(&[("b", &[0]), ("a", &[0, 1_500])]);
        let scene = scenes.at(scenes.find("a").unwrap()).unwrap();
        assert_eq!((scene.len(), scene.offset_nanos(1)), (2, Some(1_500_000_000)));
        assert_eq!(scene.frame(1), Some((60, &[1][..])));
        assert!(scene.frame(2).is_none());
        assert_eq!(scenes.find("c"), None);
    }

    #[test]
    fn damaged_scenes_are_refused() {
        let whole = pcap(&[0, 10]);
        assert_eq!(problem(whole[..whole.len() - 1].to_vec()), "it ends inside a frame");
        assert_eq!(problem(whole[..whole.len() - 9].to_vec()), "it ends inside a frame's header");
        assert_eq!(problem(pcap(&[10, 0])), "its frames are not in time order");
        assert_eq!(problem(pcap(&[])), "it holds no frame");
        assert_eq!(problem(vec![0; 40]), "it is not the kind of pcap that the recorder writes");
    }
}
