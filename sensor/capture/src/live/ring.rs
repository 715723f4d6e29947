//! The memory that the kernel writes frames into: `TPACKET_V3`, a ring of blocks, each full of frames when the kernel lets go of it.
//!
//! Only who owns a block is asked and said atomically. A block that is ours is plain bytes, and reading frames out of it is safe code that
//! believes no offset. Layout: `struct tpacket_block_desc` and `struct tpacket3_hdr` of linux/if_packet.h.

use core::ffi::c_void;
use core::mem::offset_of;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicU32, Ordering};
use std::io;
use std::os::fd::AsFd;

use common_model::Timestamp;
use libc::{tpacket_block_desc, tpacket_hdr_v1, tpacket_hdr_variant1, tpacket3_hdr};
use rustix::mm::{MapFlags, ProtFlags};
use sensor_decode::Vlan;

/// Bytes of a block. It must hold the longest frame (64 KiB and its header) and be a power of two of pages; four such frames, so that little
/// is left over at the end of a block.
pub(super) const BLOCK_BYTES: usize = 256 * 1_024;

/// The ring, mapped.
#[derive(Debug)]
pub(super) struct Ring {
    base: NonNull<c_void>,
    blocks: usize,
}

// SAFETY: the mapping belongs to this value alone and is reached through it only; which thread does that makes no difference to the kernel.
#[expect(unsafe_code, reason = "memory shared with the kernel")]
unsafe impl Send for Ring {}

impl Ring {
    /// Maps the ring of a socket that was given one of so many blocks.
    pub(super) fn map(socket: impl AsFd, blocks: usize) -> io::Result<Self> {
        let bytes = blocks.checked_mul(BLOCK_BYTES).ok_or(io::ErrorKind::InvalidInput)?;
        let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
        // SAFETY: the kernel chooses where, so no memory of ours is covered; it refuses a length that is not the ring's. The mapping stays
        // until `drop`, after the socket is closed too.
        #[expect(unsafe_code, reason = "memory shared with the kernel")]
        let base = unsafe { rustix::mm::mmap(ptr::null_mut(), bytes, protection, flags, socket, 0)? };
        let base = NonNull::new(base).ok_or(io::ErrorKind::AddrNotAvailable)?;
        Ok(Self { base, blocks })
    }

    pub(super) fn blocks(&self) -> usize {
        self.blocks
    }

    /// Whether the kernel let go of this block.
    pub(super) fn is_ours(&self, block: usize) -> bool {
        // Acquire: what the kernel wrote before it let go is seen by reads after this.
        self.status(block).load(Ordering::Acquire) & libc::TP_STATUS_USER != 0
    }

    /// A block that is ours.
    pub(super) fn block(&self, block: usize) -> Option<&[u8]> {
        if !self.is_ours(block) {
            return None;
        }
        // SAFETY: `start` stays inside the mapping for any number; the kernel does not write into a block while its status says that it is
        // ours, and only `give_back` takes it away again, by `&mut self`, after this reference. All of it is initialised: the kernel zeroes
        // the ring when it makes it.
        #[expect(unsafe_code, reason = "memory shared with the kernel")]
        unsafe {
            Some(core::slice::from_raw_parts(self.start(block).cast::<u8>().as_ptr(), BLOCK_BYTES))
        }
    }

    /// Gives a block back to be filled again; one that is not ours stays what it is.
    pub(super) fn give_back(&mut self, block: usize) {
        if self.is_ours(block) {
            // Release: what we read before this is read before the kernel writes there.
            self.status(block).store(libc::TP_STATUS_KERNEL, Ordering::Release);
        }
    }

    fn status(&self, block: usize) -> &AtomicU32 {
        const AT: usize = offset_of!(tpacket_block_desc, hdr) + offset_of!(tpacket_hdr_v1, block_status);
        // SAFETY: the place is inside the mapping, aligned (blocks begin on pages, the field at a multiple of four), lives as long as `self`,
        // and is written by the kernel and by us as one word.
        #[expect(unsafe_code, reason = "memory shared with the kernel")]
        unsafe {
            AtomicU32::from_ptr(self.start(block).byte_add(AT).cast::<u32>().as_ptr())
        }
    }

    fn start(&self, block: usize) -> NonNull<c_void> {
        let offset = (block % self.blocks) * BLOCK_BYTES;
        // SAFETY: less than `blocks * BLOCK_BYTES`, which is the length of the mapping.
        #[expect(unsafe_code, reason = "memory shared with the kernel")]
        unsafe {
            self.base.byte_add(offset)
        }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: mapped with this length in `map`, and nothing that was lent out of it outlives `self`.
        #[expect(unsafe_code, reason = "memory shared with the kernel")]
        let unmapped = unsafe { rustix::mm::munmap(self.base.as_ptr(), self.blocks * BLOCK_BYTES) };
        debug_assert!(unmapped.is_ok(), "{unmapped:?}");
    }
}

/// Where the next frame of a block stands, and how many are left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: usize,
    pub(super) left: u32,
}

/// IEEE 802.1Q §9.3.
const VLAN_TAG_BYTES: u32 = 4;

/// A frame in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept<'a> {
    pub(super) at: Timestamp,
    pub(super) vlan: Option<Vlan>,
    pub(super) wire_len: u32,
    pub(super) bytes: &'a [u8],
    pub(super) next: Place,
}

/// Where the first frame of a block stands.
pub(super) fn first(block: &[u8]) -> Place {
    const HEADER: usize = offset_of!(tpacket_block_desc, hdr);
    let field = |at| word(block, HEADER + at).unwrap_or(0);
    Place {
        at: field(offset_of!(tpacket_hdr_v1, offset_to_first_pkt)) as usize,
        left: field(offset_of!(tpacket_hdr_v1, num_pkts)),
    }
}

/// The frame at a place of a block; `None` after the last, and where the block does not hold what it says.
pub(super) fn frame(block: &[u8], place: Place) -> Option<Kept<'_>> {
    let left = place.left.checked_sub(1)?;
    let header = block.get(place.at..)?;
    let field = |at| word(header, at);
    let begin = usize::from(half(header, offset_of!(tpacket3_hdr, tp_mac))?);
    let kept = field(offset_of!(tpacket3_hdr, tp_snaplen))? as usize;
    let secs = u64::from(field(offset_of!(tpacket3_hdr, tp_sec))?);
    let nanos = u64::from(field(offset_of!(tpacket3_hdr, tp_nsec))?);
    let wire_len = field(offset_of!(tpacket3_hdr, tp_len))?;
    let has_vlan = field(offset_of!(tpacket3_hdr, tp_status))? & libc::TP_STATUS_VLAN_VALID != 0;
    let (vlan, wire_len) = if has_vlan {
        const TCI: usize = offset_of!(tpacket3_hdr, hv1) + offset_of!(tpacket_hdr_variant1, tp_vlan_tci);
        // The twelve low bits are the number (IEEE 802.1Q §9.6). The tag was on the wire, and the kernel does not count it.
        (Some(Vlan((field(TCI)? & 0x0fff) as u16)), wire_len.saturating_add(VLAN_TAG_BYTES))
    } else {
        (None, wire_len)
    };
    Some(Kept {
        at: Timestamp::from_nanos(secs.saturating_mul(1_000_000_000).saturating_add(nanos)),
        vlan,
        wire_len,
        bytes: header.get(begin..begin.checked_add(kept)?)?,
        next: Place { at: place.at + field(offset_of!(tpacket3_hdr, tp_next_offset))? as usize, left },
    })
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A block with one frame after another, as the kernel writes it.
    fn block_of(frames: &[(u32, u32, Option<u16>, &[u8])]) -> Vec<u8> {
        let mut block = vec![0; 48];
        let put = |block: &mut Vec<u8>, at: usize, word: u32| {
            block[at..at + 4].copy_from_slice(&word.to_ne_bytes())
        };
        put(&mut block, 12, frames.len() as u32);
        put(&mut block, 16, 48);
        for (secs, nanos, tci, bytes) in frames {
            let at = block.len();
            let len = (82 + bytes.len()).next_multiple_of(16);
            block.resize(at + len, 0);
            for (field, word) in [len as u32, *secs, *nanos, bytes.len() as u32, bytes.len() as u32 + 4]
                .into_iter()
                .enumerate()
            {
                put(&mut block, at + 4 * field, word);
            }
            put(&mut block, at + 20, if tci.is_some() { libc::TP_STATUS_VLAN_VALID } else { 0 });
            block[at + 24..at + 26].copy_from_slice(&82_u16.to_ne_bytes());
            put(&mut block, at + 32, u32::from(tci.unwrap_or(0)));
            block[at + 82..at + 82 + bytes.len()].copy_from_slice(bytes);
        }
        block
    }

    #[test]
    fn frames_of_a_block_are_read_one_after_another() {
        let block =
            block_of(&[(7, 8, Some(0xe005), b"first"), (9, 10, None, b"second"), (11, 0, Some(0xe000), b"")]);
        let place = first(&block);
        assert_eq!(place, Place { at: 48, left: 3 });
        let one = frame(&block, place).unwrap();
        assert_eq!((one.bytes, one.wire_len, one.vlan), (&b"first"[..], 13, Some(Vlan(5))));
        assert_eq!(one.at, Timestamp::from_nanos(7_000_000_008));
        let two = frame(&block, one.next).unwrap();
        assert_eq!((two.bytes, two.vlan), (&b"second"[..], None));
        let three = frame(&block, two.next).unwrap();
        assert_eq!((three.bytes, three.vlan), (&b""[..], Some(Vlan(0))));
        assert_eq!(frame(&block, three.next), None);
    }

    proptest! {
        #[test]
        fn a_block_of_anything_does_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300), at in any::<usize>(), left in any::<u32>()) {
            let mut place = first(&bytes);
            for _ in 0..8 {
                let Some(kept) = frame(&bytes, place) else { break };
                place = kept.next;
            }
            let kept = frame(&bytes, Place { at, left: left | 1 });
            prop_assert!(kept.is_none_or(|kept| kept.bytes.len() <= bytes.len()));
        }
    }
}
