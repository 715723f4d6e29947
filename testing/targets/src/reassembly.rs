//! TCP bytes in order. The stream's byte at each number is known beforehand, so every byte that the reader gets can be checked.

use sensor_decode::{Tcp, TcpFlags};
use sensor_flow::reassembly::{Half, Pool};
use sensor_protocols::{Input, Progress};

use crate::bytes::Bytes;

/// Windows of the pool: few, so that they run out.
const WINDOWS_MAX: u16 = 2;

/// Streams that share them.
const STREAMS: usize = 4;

/// The byte of every stream that has this number.
const fn byte_at(seq: u32) -> u8 {
    (seq.wrapping_mul(0x9E37_79B1) >> 24) as u8
}

#[derive(Default)]
struct Stream {
    half: Half,
    /// Number of the next byte that the reader expects; `None` before the first segment.
    at: Option<u32>,
    is_deaf: bool,
    /// How the reader answers, next first.
    answers: u32,
}

impl Stream {
    /// A reader whose answers are decided by `answers`.
    fn reads(&mut self, input: Input<'_>) -> Progress {
        assert!(!self.is_deaf, "a reader that is done is asked again");
        let at = self.at.as_mut().expect("nothing is read before the first segment");
        let answer = self.answers;
        self.answers = self.answers.rotate_right(5).wrapping_mul(5).wrapping_add(1);
        match input {
            Input::Data(bytes) => {
                assert!(!bytes.is_empty(), "asked to read nothing");
                for (byte, seq) in bytes.iter().zip(0..) {
                    assert_eq!(*byte, byte_at(at.wrapping_add(seq)), "another byte than was sent");
                }
                match answer % 16 {
                    0..=3 => Progress::NeedMore,
                    15 if answer & 0x70 == 0 => {
                        self.is_deaf = true;
                        Progress::Done
                    }
                    // More than there are: they are skipped as they come.
                    14 => {
                        let count = bytes.len() as u32 + (answer >> 8 & 0x3ff);
                        *at = at.wrapping_add(count);
                        Progress::Used(count.into())
                    }
                    _ => {
                        let count = (answer >> 4 & 0xff).clamp(1, bytes.len() as u32);
                        *at = at.wrapping_add(count);
                        Progress::Used(count.into())
                    }
                }
            }
            Input::Gap(missing) => {
                assert!(missing > 0, "nothing is missing");
                *at = at.wrapping_add(missing as u32);
                Progress::Used(1)
            }
        }
    }
}

/// `([what and whose] [offset, two bytes] [length] [answers])…`
pub(crate) fn reassembly(input: &[u8]) {
    let mut input = Bytes(input);
    let mut pool = Pool::new(WINDOWS_MAX);
    let mut streams: [Stream; STREAMS] = Default::default();
    let mut sent = 0_u64;
    while let (Some(what), Some(offset), Some(len)) = (input.u8(), input.u16(), input.u8()) {
        let stream = &mut streams[usize::from(what) % STREAMS];
        stream.answers ^= u32::from(len).wrapping_mul(0x0101_0101) ^ u32::from(offset);
        // Near the end of the numbers, so that they wrap.
        let base = u32::MAX - 20_000;
        let seq =
            base.wrapping_add(if what & 0x80 == 0 { u32::from(offset) } else { u32::from(offset) << 16 });
        let Stream { half, .. } = stream;
        let mut half = core::mem::take(half);
        match what >> 2 & 7 {
            0 => {
                pool.release(&mut half);
                stream.is_deaf = true;
            }
            1 | 2 => pool.acknowledged(&mut half, seq, &mut |input| stream.reads(input)),
            how => {
                let syn = how == 3;
                let first = if syn { seq.wrapping_add(1) } else { seq };
                let len = if what & 0x40 == 0 { u32::from(len) } else { u32::from(len) * 64 };
                let payload: Vec<u8> = (0..len).map(|at| byte_at(first.wrapping_add(at))).collect();
                let cut = if how == 4 { payload.len() / 2 } else { payload.len() };
                let flags = TcpFlags(if syn { 0x02 } else { 0x10 });
                let tcp = Tcp {
                    source_port: 1,
                    target_port: 2,
                    seq,
                    ack: 0,
                    flags,
                    payload: &payload[..cut],
                    wire_payload: len,
                };
                sent += u64::from(len);
                stream.at.get_or_insert(first);
                pool.push(&mut half, &tcp, &mut |input| stream.reads(input));
            }
        }
        stream.half = half;
    }
    assert!(pool.counts.repeated_bytes <= sent, "more came again than came");
    // All windows come back.
    for stream in &mut streams {
        pool.release(&mut stream.half);
    }
    let refused = pool.counts.windows_refused;
    let mut halves: [Half; WINDOWS_MAX as usize] = Default::default();
    for half in &mut halves {
        for seq in [0, 10] {
            let tcp = Tcp {
                source_port: 1,
                target_port: 2,
                seq,
                ack: 0,
                flags: TcpFlags(0x10),
                payload: b"x",
                wire_payload: 1,
            };
            pool.push(half, &tcp, &mut |_| Progress::Used(1));
        }
    }
    assert_eq!(pool.counts.windows_refused, refused, "a window is lost");
}
