//! `cyberalarm audit verify`: whether the centre's audit log is what was written.

use std::io::Write as _;

use anyhow::ensure;
use central_core::audit::Mark;
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

#[derive(Subcommand)]
enum Deed {
    /// Walk along the chain; fails where an entry was changed or taken out. Whoever can write to the database can write the whole log anew: compare it
    /// with an entry that you keep elsewhere.
    Verify {
        /// An entry that was kept elsewhere, as this prints the last one.
        #[arg(long, value_name = "NO:HASH")]
        last: Option<Mark>,
    },
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Deed::Verify { last } = &arguments.deed;
    let Place { state, database } = &arguments.place;
    // A place where nobody wrote would be found whole.
    ensure!(
        database.is_some() || state.join("central.db").exists(),
        "there is no centre in {}: say --state DIR or --database URL",
        state.display()
    );
    with_store(&arguments.place, async |store| {
        let chain = store.audit_verify(last.clone()).await?;
        let compared = match last {
            Some(kept) => format!(", entry {} as it was kept", kept.no),
            None => String::new(),
        };
        let mut out = std::io::stdout();
        writeln!(out, "{} entries, none changed or taken out{compared}", chain.entries)?;
        writeln!(
            out,
            "Keep this away from here, and compare with it the next time: --last {}",
            chain.mark()
        )?;
        Ok(())
    })
}
