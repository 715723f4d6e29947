//! What several members share: the same indicator, at members who do not stand for each other.
//!
//! Members of one supplier are one voice: what they share may be the supplier's own. An exercise is no voice, unless whoever shows the centre
//! says that exercises shall be heard.

use core::time::Duration;
use std::collections::BTreeSet;

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

/// Whether this is shared by enough, within the time that ends with the last of it.
#[must_use]
pub fn crossing(met: &[Met], policy: Policy) -> Option<Crossed> {
    let counted = || met.iter().filter(|one| policy.counts_exercises || !one.is_exercise);
    let last = counted().map(|one| one.at).max()?;
    let near = || counted().filter(|one| last.since(one.at) <= policy.within);
    let voices: BTreeSet<Voice<'_>> = near().map(Voice::of).collect();
    let members: BTreeSet<i64> = near().map(|one| one.member).collect();
    let first = near().map(|one| one.at).min()?;
    let is_shared = voices.len() >= policy.members_min;
    is_shared.then(|| Crossed {
        members: members.into_iter().collect(),
        independent: voices.len(),
        first,
        last,
    })
}

/// Who speaks.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Voice<'m> {
    Supplier(&'m str),
    Member(i64),
}

impl<'m> Voice<'m> {
    fn of(met: &'m Met) -> Self {
        if met.supplier.is_empty() { Voice::Member(met.member) } else { Voice::Supplier(&met.supplier) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_secs(1_773_000_000);

    fn met(member: i64, supplier: &str, hours_ago: u64) -> Met {
        let at = NOON - Duration::from_secs(hours_ago * 3_600);
        Met { member, supplier: supplier.into(), at, is_exercise: false }
    }

    fn voices(met: &[Met]) -> Option<usize> {
        crossing(met, Policy::default()).map(|crossed| crossed.independent)
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
        let crossed = crossing(&[forty, others.to_vec()].concat(), Policy::default()).unwrap();
        assert_eq!((crossed.independent, crossed.members.len()), (3, 42));
    }

    #[test]
    fn an_exercise_never_counts_unless_the_centre_is_shown() {
        let played: Vec<Met> =
            (1..=3).map(|member| Met { is_exercise: true, ..met(member, "", 1) }).collect();
        assert_eq!(voices(&played), None);
        assert!(crossing(&played, Policy { counts_exercises: true, ..Policy::default() }).is_some());
    }
}
