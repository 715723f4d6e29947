//! Whom a warning reaches.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::member::{Member, MemberKind};

/// Whom a warning reaches. Lists that are empty ask for nothing, the others must all be met; a rule that asks for nothing reaches nobody,
/// so that a form that was sent empty does not wake the whole sector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Audience {
    /// All members.
    pub all: bool,
    /// Of one of these kinds.
    pub kinds: Vec<MemberKind>,
    /// In one of these regions.
    pub regions: Vec<String>,
    /// In one of these municipalities.
    pub municipalities: Vec<String>,
    /// Whose machines one of these runs.
    pub suppliers: Vec<String>,
    /// One of these, by number.
    pub members: Vec<i64>,
}

impl Audience {
    /// All members.
    #[must_use]
    pub fn everybody() -> Self {
        Audience { all: true, ..Audience::default() }
    }

    /// Whether it reaches this member, who has this number.
    #[must_use]
    pub fn reaches(&self, no: i64, member: &Member) -> bool {
        if self.all {
            return true;
        }
        let asks = [
            self.kinds.is_empty(),
            self.regions.is_empty(),
            self.municipalities.is_empty(),
            self.suppliers.is_empty(),
            self.members.is_empty(),
        ];
        let names = |list: &[String], name: &String| list.is_empty() || list.contains(name);
        asks.contains(&false)
            && (self.kinds.is_empty() || self.kinds.contains(&member.kind))
            && names(&self.regions, &member.region)
            && names(&self.municipalities, &member.municipality)
            && names(&self.suppliers, &member.supplier)
            && (self.members.is_empty() || self.members.contains(&no))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_asks_for_nothing_reaches_nobody() {
        let member = Member {
            name: "Klinik Nord".into(),
            kind: MemberKind::Gp,
            region: "Nord".into(),
            municipality: "Thisted".into(),
            supplier: "Nordklinik It".into(),
        };
        assert!(Audience::everybody().reaches(7, &member));
        assert!(!Audience::default().reaches(7, &member));
        let gps = Audience { kinds: vec![MemberKind::Gp], ..Audience::default() };
        assert!(gps.reaches(7, &member));
        let in_the_south = Audience { regions: vec!["Syd".into()], ..gps.clone() };
        assert!(!in_the_south.reaches(7, &member));
        let of_supplier = Audience { suppliers: vec!["Nordklinik It".into()], ..gps.clone() };
        assert!(of_supplier.reaches(7, &member));
        let named = Audience { members: vec![3, 7], ..Audience::default() };
        assert!(named.reaches(7, &member) && !named.reaches(8, &member));
        let dentists_of_them = Audience { kinds: vec![MemberKind::Dentist], ..named };
        assert!(!dentists_of_them.reaches(7, &member));
    }
}
