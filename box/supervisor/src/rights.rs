//! Rights of a process: what a role does not need it gives away before it does anything else.

use anyhow::Context as _;
use rustix::process::{Signal, set_parent_process_death_signal};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities as sets_of, clear_ambient_capability_set,
    configure_capability_in_ambient_set, remove_capability_from_bounding_set, set_capabilities,
    set_no_new_privs,
};

/// Gives away every capability, for ever: a role that only reads and writes its own files needs none.
///
/// # Errors
/// When the kernel does not take them.
pub fn drop_all() -> anyhow::Result<()> {
    keep(CapabilitySet::empty())
}

/// Gives away every capability but the one to listen on ports, if this process has it. Threads that are started later have no more.
///
/// # Errors
/// When the kernel does not take them.
pub fn keep_listening() -> anyhow::Result<()> {
    keep(CapabilitySet::NET_RAW)
}

/// Gives away every capability but the one to listen on ports, for ever, and hands that one, if this process has it, to those that it starts:
/// what none of them needs, none can ever have.
///
/// # Errors
/// When the kernel does not take them.
pub fn pass_on_listening() -> anyhow::Result<()> {
    let kept = give_up(CapabilitySet::NET_RAW, CapabilitySet::NET_RAW)?;
    for one in kept.iter() {
        configure_capability_in_ambient_set(one, true).context("could not hand on a capability")?;
    }
    Ok(())
}

fn keep(wanted: CapabilitySet) -> anyhow::Result<()> {
    give_up(wanted, CapabilitySet::empty()).map(drop)
}

/// Gives away all but `wanted`; what is started from here may have `for_others`. Returns what is left.
fn give_up(wanted: CapabilitySet, for_others: CapabilitySet) -> anyhow::Result<CapabilitySet> {
    set_no_new_privs(true).context("could not give up new privileges")?;
    clear_ambient_capability_set().context("could not clear the ambient capabilities")?;
    // Only who may take capabilities away can take them out of the bounding set; for all others no new ones come anyway.
    let mine = sets_of(None).context("could not ask for the capabilities")?;
    if mine.effective.contains(CapabilitySet::SETPCAP) {
        for one in CapabilitySet::all().difference(for_others).iter() {
            // Newer kernels and older ones know different capabilities.
            let _unknown = remove_capability_from_bounding_set(one);
        }
    }
    let kept = mine.permitted & wanted;
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: kept & for_others };
    set_capabilities(None, sets).context("could not give away the capabilities")?;
    Ok(kept)
}

/// How many capabilities this process could use or take.
///
/// # Errors
/// When the kernel does not tell.
pub fn capabilities() -> anyhow::Result<u32> {
    let CapabilitySets { effective, permitted, inheritable } =
        sets_of(None).context("could not ask for the capabilities")?;
    Ok((effective | permitted | inheritable).bits().count_ones())
}

/// This process has a supervisor: it ends when that is killed, and gives it [signs of life](crate::beat).
///
/// # Errors
/// When the kernel does not agree.
pub fn be_supervised() -> anyhow::Result<()> {
    crate::pulse::begin();
    set_parent_process_death_signal(Some(Signal::TERM)).context("could not ask to end with the supervisor")
}
