//! So many bytes each way, as a row of packets: who sends how much when. Knows no protocol.

use core::time::Duration;

use common_model::Timestamp;

/// Between two full frames of one sender: 1,514 bytes and the 24 around each on a net of 100 Mbit/s (IEEE 802.3).
pub(super) const SEGMENT_GAP: Duration = Duration::from_micros(123);

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Who began.
    Client,
    /// Who was asked.
    Server,
}

impl Side {
    /// The other one.
    pub(super) const fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }

    /// What belongs to this side, first, and to the other.
    pub(super) const fn first<T>(self, [client, server]: [T; 2]) -> [T; 2]
    where
        T: Copy,
    {
        match self {
            Side::Client => [client, server],
            Side::Server => [server, client],
        }
    }
}

/// So much each way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bulk {
    /// By the client, in bytes.
    pub(super) sends: u64,
    /// By the server, in bytes.
    pub(super) gets: u64,
    /// From the first to the end; without it, as fast as the net allows.
    pub(super) lasts: Option<Duration>,
}

/// One packet of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) at: Timestamp,
    pub(super) side: Side,
    /// Payload that is kept, in bytes: all of the first packet of each side, nothing of those after it.
    pub(super) kept: usize,
    /// Payload that is not, in bytes.
    pub(super) cut: usize,
}

impl Bulk {
    /// The packets, with at most `payload_max` bytes each, spread evenly: the client begins, then both are as far in theirs. With it, when it
    /// is over.
    pub(super) fn turns(
        self,
        start: Timestamp,
        payload_max: usize,
    ) -> (impl Iterator<Item = Turn>, Timestamp) {
        let packets = |bytes: u64| bytes.div_ceil(payload_max as u64);
        let (client, all) = (packets(self.sends), packets(self.sends) + packets(self.gets));
        let gap = SEGMENT_GAP.as_nanos() as u64;
        let lasts = self.lasts.unwrap_or(Duration::from_nanos(all.saturating_mul(gap)));
        let nanos = lasts.as_nanos() as u64 / all.max(1);
        // How many of the first so many packets are the client's.
        let of_client = move |so_many: u64| (so_many * client).div_ceil(all.max(1));
        let turns = (0..all).map(move |number| {
            let before = of_client(number);
            let (side, before, bytes) = if of_client(number + 1) > before {
                (Side::Client, before, self.sends)
            } else {
                (Side::Server, number - before, self.gets)
            };
            let payload = (bytes - before * payload_max as u64).min(payload_max as u64) as usize;
            let at = start + Duration::from_nanos(nanos.saturating_mul(number));
            if before == 0 {
                Turn { at, side, kept: payload, cut: 0 }
            } else {
                Turn { at, side, kept: 0, cut: payload }
            }
        });
        (turns, start + lasts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(sends: u64, gets: u64, lasts: Option<Duration>) -> (Vec<Turn>, Timestamp) {
        let (turns, end) = Bulk { sends, gets, lasts }.turns(Timestamp::EPOCH, 1_000);
        (turns.collect(), end)
    }

    #[test]
    fn every_byte_is_sent_once_and_the_client_begins() {
        for (sends, gets) in
            [(0, 0), (1, 0), (0, 1), (1_000, 1_000), (2_001, 17_500), (17_500, 2_001), (9_999, 1)]
        {
            let turns = turns(sends, gets, None).0;
            let sent = |side| {
                turns.iter().filter(|turn| turn.side == side).map(|turn| turn.kept + turn.cut).sum::<usize>()
            };
            assert_eq!((sent(Side::Client) as u64, sent(Side::Server) as u64), (sends, gets));
            assert_eq!(turns.first().is_some_and(|turn| turn.side == Side::Client), sends > 0);
            assert!(turns.iter().all(|turn| (1..=1_000).contains(&(turn.kept + turn.cut))));
        }
    }

    #[test]
    fn both_are_as_far_in_theirs() {
        use Side::{Client, Server};
        let sides: Vec<Side> = turns(2_000, 4_000, None).0.iter().map(|turn| turn.side).collect();
        assert_eq!(sides, [Client, Server, Server, Client, Server, Server]);
    }

    #[test]
    fn it_lasts_as_long_as_it_shall() {
        let (turns, end) = turns(2_000, 0, Some(Duration::from_secs(60)));
        assert_eq!(
            (turns[0].at, turns[1].at, end),
            (Timestamp::EPOCH, Timestamp::from_secs(30), Timestamp::from_secs(60))
        );
        assert_eq!(self::turns(0, 0, Some(Duration::from_secs(9))).1, Timestamp::from_secs(9));
    }

    #[test]
    fn the_first_of_each_side_is_kept() {
        let kept: Vec<usize> = turns(2_500, 1_500, None).0.iter().map(|turn| turn.kept).collect();
        assert_eq!(kept.iter().sum::<usize>(), 2_000);
    }
}
