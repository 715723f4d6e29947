//! What all requests share.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::anyhow;
use central_core::crossing::Policy;
use central_store::Store;
use common_model::Timestamp;
use common_wire::hex::hex;
use tokio::sync::Semaphore;

use crate::allowance::Allowance;
use crate::identity::Identity;
use crate::refusals::{Refusals, Why};
use crate::sign_ins::SignIns;

/// Refusals that are said on the log at once, and each second. Guess: a person reads no more.
const LOGGED: (f64, f64) = (20.0, 1.0);

/// Claims at once, and each second: each takes a signature and a wait for the disk. Guess.
const CLAIMS: (f64, f64) = (200.0, 50.0);

/// Renewals at once, and each second; a stranger takes none of them. Guess: ten thousand boxes within minutes.
const RENEWALS: (f64, f64) = CLAIMS;

/// Bytes of bodies that are held at once, from the first byte until it is answered. Guess: what a small machine has to spare; all of ten thousand boxes
/// may still send a batch of 26 kB at once.
pub(crate) const BODIES_BYTES_MAX: usize = 256 << 20;

/// Says one line to whoever runs the centre.
pub(crate) type Say = Box<dyn Fn(&str) + Send + Sync>;

/// What all requests share.
pub struct App {
    /// What is kept.
    pub store: Arc<Store>,
    /// Who the centre is.
    pub identity: Identity,
    /// Where boxes find it, as it is printed into claim codes.
    pub claim_address: String,
    pub(crate) policy: Policy,
    pub(crate) refusals: Refusals,
    pub(crate) sign_ins: SignIns,
    pub(crate) claims: Allowance,
    pub(crate) renewals: Allowance,
    /// A permit for each byte.
    pub(crate) bodies: Arc<Semaphore>,
    pub(crate) logged: Allowance,
    pub(crate) say: Say,
    pub(crate) started_at: Timestamp,
}

impl core::fmt::Debug for App {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("App").field("claim_address", &self.claim_address).finish_non_exhaustive()
    }
}

impl App {
    pub(crate) fn new(
        store: Arc<Store>,
        identity: Identity,
        claim_address: String,
        policy: Policy,
        say: Say,
    ) -> Arc<Self> {
        Arc::new(App {
            store,
            identity,
            claim_address,
            policy,
            refusals: Refusals::default(),
            sign_ins: SignIns::default(),
            claims: Allowance::new(CLAIMS.0, CLAIMS.1),
            renewals: Allowance::new(RENEWALS.0, RENEWALS.1),
            bodies: Arc::new(Semaphore::new(BODIES_BYTES_MAX)),
            logged: Allowance::new(LOGGED.0, LOGGED.1),
            say,
            started_at: machine_time(),
        })
    }

    /// Counts a refusal, and says it.
    pub(crate) fn refused(&self, why: Why, said: &str) {
        self.refusals.count(why);
        if self.logged.take() {
            (self.say)(&format!("refused: {}", common_model::one_line(said)));
        }
    }
}

/// The machine's time.
#[must_use]
pub fn machine_time() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "when something came is written down")]
    let now = SystemTime::now();
    Timestamp::EPOCH + now.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// So many random bytes.
///
/// # Errors
/// When the operating system has none.
pub fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|err| anyhow!("could not get random bytes: {err}"))?;
    Ok(bytes)
}

/// So many random bytes, as twice as many digits.
///
/// # Errors
/// When the operating system has none.
pub fn random_hex<const N: usize>() -> anyhow::Result<String> {
    Ok(hex(&random::<N>()?))
}
