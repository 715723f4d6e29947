//! The house's own tool: checks its rules, writes its generated pages, makes new things from templates.
//!
//! `cargo xtask tidy | docs | new`. It belongs to the workshop and not to the product: nothing depends on it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to who called it")]

mod docs;
mod house;
mod new;
mod tidy;

use std::process::ExitCode;

use anyhow::bail;
use clap::{Parser, Subcommand};

use crate::house::House;

/// The house's own tool.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Checks the house rules that a machine can check; each fault is one line.
    Tidy,
    /// Writes docs/generated from the lists of protocols, detectors and messages.
    Docs {
        /// Writes nothing; fails when a page is stale.
        #[arg(long)]
        check: bool,
    },
    /// Makes a new thing from a living template and puts it on its list.
    New {
        /// What it is.
        what: new::What,
        /// Its name, in lower case with `-` or `_`: `dns-tunnel`.
        name: String,
    },
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("xtask: {err:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let house = House::read()?;
    match arguments.task {
        Task::Tidy => tidy(&house),
        Task::Docs { check: true } => docs::check(&house),
        Task::Docs { check: false } => docs::write(&house),
        Task::New { what, name } => new::make(&house, what, &name),
    }
}

fn tidy(house: &House) -> anyhow::Result<()> {
    let mut faults = 0;
    for rule in tidy::RULES {
        for fault in (rule.check)(house) {
            println!("{}: {fault}\n    because {}", rule.name, rule.because);
            faults += 1;
        }
    }
    match faults {
        0 => {
            println!("tidy: {} rules hold", tidy::RULES.len());
            Ok(())
        }
        1 => bail!("1 fault"),
        _ => bail!("{faults} faults"),
    }
}
