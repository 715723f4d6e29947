//! Writes the program that the kernel runs on each frame before it is kept: classic BPF, for a list of monitored segments.
//!
//! With an empty list every frame passes. Else these pass: frames that carry no IP (ARP, LLDP, …), frames whose source or destination lies in a
//! segment, and frames to or from an address that is never routed and so was heard on the segment itself (a device without an address asking
//! for one, the limited broadcast, link-local addresses). An IP header that is cut off does not pass. Whoever listens to tunnels gets what the outer
//! addresses say.
//!
//! The kernel takes the outermost VLAN tag off before the program runs; tags that are still in the bytes are stepped over.

use ipnet::IpNet;
use sensor_decode::LinkType;

#[cfg(test)]
mod tests;

/// Most segments that a filter is made for. A program may have 4 096 instructions (`BPF_MAXINSNS`, linux/bpf_common.h) and must fit, as the
/// kernel translates it, into `net.core.optmem_max`, 20 KiB before Linux 6.8; 64 segments of IPv6 need some 900.
pub const SEGMENTS_MAX: usize = 64;

/// How much of a frame that passes is kept: all of it.
const ALL: u32 = u32::MAX;

/// Ethertypes (IEEE 802 numbers, as in linux/if_ether.h).
const IPV4: u32 = 0x0800;
const IPV6: u32 = 0x86dd;
const VLAN_TAGS: [u32; 3] = [0x8100, 0x88a8, 0x9100];

/// VLAN tags in the bytes that are stepped over. Guess: the kernel takes one off before us, and nobody stacks three.
const TAGS_MAX: u32 = 2;

/// What is never routed, and so was said on the segment itself: RFC 1122 §3.2.1.3 (0.0.0.0 and the limited broadcast), RFC 3927,
/// RFC 4291 §2.5.2 and §2.5.6.
const ON_THE_SEGMENT: [&str; 5] =
    ["0.0.0.0/32", "255.255.255.255/32", "169.254.0.0/16", "::/128", "fe80::/10"];

/// One instruction, as the kernel reads it: `struct sock_filter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instruction {
    pub(super) code: u16,
    pub(super) if_true: u8,
    pub(super) if_false: u8,
    pub(super) operand: u32,
}

/// Codes of instructions (linux/bpf_common.h): class, size or operation, mode or source, in one number.
pub(super) mod code {
    pub(in crate::live) const LOAD_HALF: u16 = 0x28;
    pub(in crate::live) const LOAD_BYTE: u16 = 0x30;
    pub(in crate::live) const LOAD_WORD_FROM_X: u16 = 0x40;
    pub(in crate::live) const LOAD_X: u16 = 0x01;
    pub(in crate::live) const AND: u16 = 0x54;
    pub(in crate::live) const SHIFT_RIGHT: u16 = 0x74;
    pub(in crate::live) const JUMP: u16 = 0x05;
    pub(in crate::live) const JUMP_IF_EQUAL: u16 = 0x15;
    pub(in crate::live) const RETURN: u16 = 0x06;
}

/// The program for these segments, on frames of this kind.
pub(super) fn program(segments: &[IpNet], link: LinkType) -> Vec<Instruction> {
    if segments.is_empty() {
        return vec![Instruction { code: code::RETURN, if_true: 0, if_false: 0, operand: ALL }];
    }
    let always = ON_THE_SEGMENT.iter().filter_map(|text| text.parse().ok());
    let segments: Vec<IpNet> = IpNet::aggregate(&always.chain(segments.iter().copied()).collect());
    let fours: Vec<Prefix> = segments.iter().filter_map(Prefix::four).collect();
    let sixes: Vec<Prefix> = segments.iter().filter_map(Prefix::six).collect();

    let fours = addresses(&fours, [12, 16]);
    let sixes = addresses(&sixes, [8, 24]);
    let mut program = match link {
        LinkType::Ethernet => after_ethernet(fours.len()),
        _ => after_nothing(fours.len()),
    };
    program.extend(fours);
    program.extend(sixes);
    program
}

/// A prefix as the words that are compared, each with its mask.
struct Prefix(Vec<(u32, u32)>);

impl Prefix {
    fn four(net: &IpNet) -> Option<Self> {
        match net {
            IpNet::V4(net) => Some(Self::new(&[net.network().to_bits()], net.prefix_len())),
            IpNet::V6(_) => None,
        }
    }

    fn six(net: &IpNet) -> Option<Self> {
        let IpNet::V6(net) = net else { return None };
        let bits = net.network().to_bits();
        let words = [96, 64, 32, 0].map(|shift| ((bits >> shift) & u128::from(u32::MAX)) as u32);
        Some(Self::new(&words, net.prefix_len()))
    }

    fn new(words: &[u32], prefix_bits: u8) -> Self {
        let mut left = u32::from(prefix_bits);
        let mut masked = Vec::new();
        for word in words {
            let here = left.min(32);
            left -= here;
            if here > 0 {
                masked.push((*word, u32::MAX << (32 - here)));
            }
        }
        Self(masked)
    }
}

/// Leaves X at the first byte after the Ethernet header and its tags, and goes on at the first instruction after it for IPv4, `fours` further
/// for IPv6; what is neither passes.
fn after_ethernet(fours: usize) -> Vec<Instruction> {
    let mut program = Vec::new();
    for tags in 0..=TAGS_MAX {
        let ethertype_at = 12 + 4 * tags;
        program.push(plain(code::LOAD_X, ethertype_at + 2));
        program.push(plain(code::LOAD_HALF, ethertype_at));
        if tags < TAGS_MAX {
            // A tag goes on with the next round; anything else leaves for the end, over the rounds that are left.
            let rest = u32::from(ROUND_LEN) * (TAGS_MAX - tags - 1) + u32::from(LAST_ROUND_LEN);
            for (tag, further) in VLAN_TAGS.iter().zip([3_u8, 2, 1]) {
                program.push(jump_if_equal(*tag, further, 0));
            }
            program.push(plain(code::JUMP, rest));
        }
    }
    program.extend(by_kind(IPV4, IPV6, fours));
    program
}

/// Instructions of one round of [`after_ethernet`], and of the last.
const ROUND_LEN: u8 = 6;
const LAST_ROUND_LEN: u8 = 2;

/// As [`after_ethernet`], where the frame begins with the IP header.
fn after_nothing(fours: usize) -> Vec<Instruction> {
    let mut program = vec![plain(code::LOAD_X, 0), plain(code::LOAD_BYTE, 0), plain(code::SHIFT_RIGHT, 4)];
    program.extend(by_kind(4, 6, fours));
    program
}

fn by_kind(four: u32, six: u32, fours: usize) -> [Instruction; 4] {
    [
        jump_if_equal(four, 3, 0),
        jump_if_equal(six, 1, 0),
        plain(code::RETURN, ALL),
        plain(code::JUMP, u32::try_from(fours).unwrap_or(u32::MAX)),
    ]
}

/// Passes when the address at one of these places after X is in one of the prefixes.
fn addresses(prefixes: &[Prefix], places: [u32; 2]) -> Vec<Instruction> {
    let mut program = Vec::new();
    for place in places {
        for prefix in prefixes {
            let mut words = Vec::new();
            for (number, &(word, mask)) in (0_u32..).zip(&prefix.0) {
                words.push(vec![plain(code::LOAD_WORD_FROM_X, place + 4 * number)]);
                if let Some(last) = words.last_mut().filter(|_| mask != u32::MAX) {
                    last.push(plain(code::AND, mask));
                }
                if let Some(last) = words.last_mut() {
                    last.push(jump_if_equal(word, 0, 0));
                }
            }
            let mut one: Vec<Instruction> = words.into_iter().flatten().collect();
            one.push(plain(code::RETURN, ALL));
            // A word that differs leaves for the next prefix. At most 13 instructions, so a byte is enough.
            let len = one.len();
            for (at, instruction) in one.iter_mut().enumerate() {
                if instruction.code == code::JUMP_IF_EQUAL {
                    instruction.if_false = u8::try_from(len - at - 1).unwrap_or(u8::MAX);
                }
            }
            program.extend(one);
        }
    }
    program.push(plain(code::RETURN, 0));
    program
}

const fn plain(code: u16, operand: u32) -> Instruction {
    Instruction { code, if_true: 0, if_false: 0, operand }
}

const fn jump_if_equal(operand: u32, if_true: u8, if_false: u8) -> Instruction {
    Instruction { code: code::JUMP_IF_EQUAL, if_true, if_false, operand }
}
