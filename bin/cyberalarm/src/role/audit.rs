//! `cyberalarm audit verify`: whether the centre's audit log is what was written.

use std::io::Write as _;

use anyhow::ensure;
use clap::{Args, Subcommand};

use super::central::{Place, with_store};

/// What can be asked for.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    deed: Deed,
}

#[derive(Clone, Copy, Subcommand)]
enum Deed {
    /// Walk along the chain; fails where an entry was changed or taken out.
    Verify,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Deed::Verify = arguments.deed;
    let Place { state, database } = &arguments.place;
    // A place where nobody wrote would be found whole.
    ensure!(
        database.is_some() || state.join("central.db").exists(),
        "there is no centre in {}: say --state DIR or --database URL",
        state.display()
    );
    with_store(&arguments.place, async |store| {
        let chain = store.audit_verify().await?;
        // Entries cut off at the end are seen by whoever noted the last hash.
        writeln!(
            std::io::stdout(),
            "{} entries, none changed or taken out; the last is {}",
            chain.entries,
            chain.last
        )?;
        Ok(())
    })
}
