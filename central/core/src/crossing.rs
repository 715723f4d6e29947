//! What several members share: the same indicator, at members who do not stand for each other.
//!
//! Members of one supplier are one voice: what they share may be the supplier's own. An exercise is no voice, unless whoever shows the centre
//! says that exercises shall be heard.

use core::time::Duration;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use common_model::Timestamp;

/// When it is said that members share something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// So many independent members. Source: PRODUCT decision 7, k = 3.
    pub members_min: usize,
    /// Within this time.
    pub within: Duration,
    /// Whether exercises count; only where the centre is shown.
    pub counts_exercises: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Policy { members_min: 3, within: Duration::from_secs(24 * 3_600), counts_exercises: false }
    }
}

/// That a member met an indicator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// Which member.
    pub member: i64,
    /// Who runs its machines; empty when nobody does.
    pub supplier: String,
    /// When.
    pub at: Timestamp,
    /// Whether it was played.
    pub is_exercise: bool,
}

/// Several independent members met the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossed {
    /// All members who met it, in order.
    pub members: Vec<i64>,
    /// As how many they count.
    pub independent: usize,
    /// The first time.
    pub first: Timestamp,
    /// The last time.
    pub last: Timestamp,
}

/// Every time at which this was shared by enough, in order. Each stretch of [`Policy::within`] is looked at; those of them that lie within as much of
/// each other are one.
#[must_use]
pub fn crossings(met: &[Met], policy: Policy) -> Vec<Crossed> {
    let counted = met.iter().filter(|one| policy.counts_exercises || !one.is_exercise);
    let mut counted: Vec<&Met> = counted.collect();
    counted.sort_by_key(|one| one.at);
    let (mut runs, mut voices): (Vec<Run<'_>>, BTreeMap<Voice<'_>, usize>) = Default::default();
    // Two ends go through what was met: whatever lies between them lies within the time.
    let (mut begin, mut taken) = (0, 0);
    for (end, last) in counted.iter().enumerate() {
        *voices.entry(Voice::of(last)).or_insert(0) += 1;
        while let Some(first) = counted.get(begin).filter(|first| last.at.since(first.at) > policy.within) {
            if let Entry::Occupied(mut times) = voices.entry(Voice::of(first)) {
                *times.get_mut() -= 1;
                if *times.get() == 0 {
                    times.remove();
                }
            }
            begin += 1;
        }
        if voices.len() < policy.members_min {
            continue;
        }
        let Some(first) = counted.get(begin) else { continue };
        let goes_on = runs.last().is_some_and(|run| first.at.since(run.last) <= policy.within);
        if !goes_on {
            runs.push(Run { first: first.at, ..Run::default() });
        }
        if let Some(run) = runs.last_mut() {
            // What an earlier stretch had is in it already.
            for one in counted.get(begin.max(taken)..=end).unwrap_or_default() {
                run.members.insert(one.member);
                run.voices.insert(Voice::of(one));
            }
            run.last = last.at;
        }
        taken = end + 1;
    }
    runs.into_iter().map(Run::crossed).collect()
}

/// As how many members of these suppliers count.
#[must_use]
pub fn independent<'m>(members: impl IntoIterator<Item = (i64, &'m str)>) -> usize {
    members.into_iter().map(|(member, supplier)| Voice::new(member, supplier)).collect::<BTreeSet<_>>().len()
}

/// Stretches that are one.
#[derive(Default)]
struct Run<'m> {
    members: BTreeSet<i64>,
    voices: BTreeSet<Voice<'m>>,
    first: Timestamp,
    last: Timestamp,
}

impl Run<'_> {
    fn crossed(self) -> Crossed {
        let Run { members, voices, first, last } = self;
        Crossed { members: members.into_iter().collect(), independent: voices.len(), first, last }
    }
}

/// Who speaks.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Voice<'m> {
    Supplier(&'m str),
    Member(i64),
}

impl<'m> Voice<'m> {
    fn of(met: &'m Met) -> Self {
        Voice::new(met.member, &met.supplier)
    }

    fn new(member: i64, supplier: &'m str) -> Self {
        if supplier.is_empty() { Voice::Member(member) } else { Voice::Supplier(supplier) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON: Timestamp = Timestamp::from_secs(1_773_000_000);

    fn met(member: i64, supplier: &str, hours_ago: u64) -> Met {
        let at = NOON - Duration::from_secs(hours_ago * 3_600);
        Met { member, supplier: supplier.into(), at, is_exercise: false }
    }

    fn voices(met: &[Met]) -> Option<usize> {
        crossings(met, Policy::default()).first().map(|crossed| crossed.independent)
    }

    #[test]
    fn three_who_do_not_stand_for_each_other_within_a_day() {
        assert_eq!(voices(&[]), None);
        assert_eq!(voices(&[met(1, "", 1), met(2, "", 2)]), None);
        assert_eq!(voices(&[met(1, "", 1), met(2, "", 2), met(2, "", 3), met(2, "", 4)]), None);
        assert_eq!(voices(&[met(1, "", 0), met(2, "", 2), met(3, "", 24)]), Some(3));
        assert_eq!(voices(&[met(1, "", 0), met(2, "", 2), met(3, "", 25)]), None);
    }

    #[test]
    fn members_of_one_supplier_are_one_voice() {
        let forty: Vec<Met> = (1..=40).map(|member| met(member, "Nordklinik It", 1)).collect();
        assert_eq!(voices(&forty), None);
        let others = [met(41, "Syd It", 1), met(42, "", 1)];
        let all = [forty, others.to_vec()].concat();
        let crossed = crossings(&all, Policy::default()).remove(0);
        assert_eq!((crossed.independent, crossed.members.len()), (3, 42));
        let of_all = all.iter().map(|one| (one.member, one.supplier.as_str()));
        assert_eq!(independent(of_all), 3);
    }

    #[test]
    fn an_exercise_never_counts_unless_the_centre_is_shown() {
        let played: Vec<Met> =
            (1..=3).map(|member| Met { is_exercise: true, ..met(member, "", 1) }).collect();
        assert_eq!(voices(&played), None);
        assert_eq!(crossings(&played, Policy { counts_exercises: true, ..Policy::default() }).len(), 1);
    }

    #[test]
    fn what_crossed_earlier_is_not_hidden_by_what_came_later() {
        let all = [met(1, "", 99), met(2, "", 98), met(3, "", 97), met(1, "", 40), met(1, "", 0)];
        let crossed = crossings(&all, Policy::default());
        assert_eq!(crossed.iter().map(|one| &one.members).collect::<Vec<_>>(), [&[1, 2, 3]]);
        assert_eq!((crossed[0].first, crossed[0].last), (all[0].at, all[2].at));
    }

    /// The same, slowly: each stretch that begins with something that was met is looked at by itself.
    fn slowly(met: &[Met], policy: Policy) -> Vec<Crossed> {
        let counted: Vec<&Met> =
            met.iter().filter(|one| policy.counts_exercises || !one.is_exercise).collect();
        let mut shared: Vec<&Met> = counted
            .iter()
            .flat_map(|first| {
                let until = first.at + policy.within;
                let stretch: Vec<&Met> =
                    counted.iter().copied().filter(|one| first.at <= one.at && one.at <= until).collect();
                let voices: BTreeSet<_> = stretch.iter().map(|one| Voice::of(one)).collect();
                if voices.len() >= policy.members_min { stretch } else { Vec::new() }
            })
            .collect();
        shared.sort_by_key(|one| one.at);
        let runs = shared.chunk_by(|one, next| next.at.since(one.at) <= policy.within);
        let crossed = runs.map(|run| {
            let members: BTreeSet<i64> = run.iter().map(|one| one.member).collect();
            Crossed {
                members: members.into_iter().collect(),
                independent: run.iter().map(|one| Voice::of(one)).collect::<BTreeSet<_>>().len(),
                first: run[0].at,
                last: run[run.len() - 1].at,
            }
        });
        crossed.collect()
    }

    proptest! {
        #[test]
        fn the_sweep_finds_what_looking_at_every_stretch_finds(
            all in proptest::collection::vec((0_i64..8, 0_usize..3, 0_u64..120, any::<bool>()), 0..60),
            members_min in 1_usize..5,
            counts_exercises in any::<bool>(),
        ) {
            let supplier = ["", "Nord It", "Syd It"];
            let all: Vec<Met> = all
                .into_iter()
                .map(|(member, of, hours, is_exercise)| Met { is_exercise, ..met(member, supplier[of], hours) })
                .collect();
            let policy = Policy { members_min, counts_exercises, within: Duration::from_secs(9 * 3_600) };
            prop_assert_eq!(crossings(&all, policy), slowly(&all, policy));
        }
    }
}
