//! How long a certificate opens doors.

use core::time::Duration;

use common_model::Timestamp;

/// A day.
pub const DAY: Duration = Duration::from_secs(86_400);

/// A box's certificate lives so long.
pub const LIFE: Duration = Duration::from_secs(30 * 86_400);

/// So long after its end a certificate may still ask for a new one.
pub const RENEWABLE: Duration = Duration::from_secs(90 * 86_400);

/// A claim code can be used so long.
pub const CLAIM_LIFE: Duration = Duration::from_secs(14 * 86_400);

/// A box whose answer to its claim was lost may ask again so long, with the same key. Guess: a bad hour of a mobile network.
pub const CLAIM_AGAIN: Duration = Duration::from_secs(3_600);

/// What a certificate is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Everything.
    Good,
    /// Asking for a new one.
    RenewOnly,
    /// Nothing, until somebody at the centre approves a new one.
    NeedsApproval,
}

/// What a certificate that ends then is good for now.
#[must_use]
pub fn pass(not_after: Timestamp, is_renewal_approved: bool, now: Timestamp) -> Pass {
    if now <= not_after {
        return Pass::Good;
    }
    if is_renewal_approved || now.since(not_after) <= RENEWABLE {
        Pass::RenewOnly
    } else {
        Pass::NeedsApproval
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_one_renews_for_ninety_days_and_then_needs_a_person() {
        let end = Timestamp::from_secs(1_773_000_000);
        assert_eq!(pass(end, false, end), Pass::Good);
        assert_eq!(pass(end, false, end + DAY), Pass::RenewOnly);
        assert_eq!(pass(end, false, end + RENEWABLE), Pass::RenewOnly);
        assert_eq!(pass(end, false, end + RENEWABLE + DAY), Pass::NeedsApproval);
        assert_eq!(pass(end, true, end + RENEWABLE + DAY), Pass::RenewOnly);
    }
}
