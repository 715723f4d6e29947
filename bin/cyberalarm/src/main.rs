//! Picks a role and hands it what was asked for; decides nothing else.
//!
//! What cannot be done is said in one sentence on the error output, with exit code 2. Whoever closes the output early (`| head`) gets what
//! was written, and no complaint.

mod role;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A smoke alarm for the network of a small clinic.
#[derive(Parser)]
#[command(
    name = "cyberalarm",
    version,
    about = "A smoke alarm for the network of a small clinic",
    max_term_width = 110
)]
struct Arguments {
    #[command(subcommand)]
    role: Role,
    /// End with whoever started this.
    #[arg(long, global = true, hide = true)]
    supervised: bool,
}

#[derive(Subcommand)]
enum Role {
    /// Whether the centre's audit log is what was written.
    Audit(role::audit::Arguments),
    /// Measure how fast the engine is on a capture, and where the time goes.
    Bench(role::bench::Arguments),
    /// Listen, or play a recording as if it were heard now, and show it on a tablet.
    #[command(name = "box")]
    Box_(role::box_::Arguments),
    /// The centre: take what boxes send, bring them letters, show the desk what there is.
    Central(role::central::Arguments),
    /// Show the whole circle on this machine: a centre, the recorded clinic's box, and two smaller clinics beside it.
    Circle(role::circle::Arguments),
    /// Make this box known to a centre, with a code that works once.
    Claim(role::claim::Arguments),
    /// The settings: print them with their meaning, or check a file of them.
    Config(role::config::Arguments),
    /// Play labelled captures and say what was found and what was not.
    Evaluate(role::evaluate::Arguments),
    /// Say what a kind of trouble is: who sees it, how loud it is, what fools it, and its words.
    Explain(role::explain::Arguments),
    /// Play captures and say what came out.
    Replay(role::replay::Arguments),
    /// A part of the box: listen, and remember.
    #[command(hide = true)]
    Sensor(role::sensor::Arguments),
    /// Play boxes that speak with a centre, and measure it.
    Simulate(role::simulate::Arguments),
    /// A part of the box: the tablet.
    #[command(hide = true)]
    Tablet(role::tablet::Arguments),
    /// A part of the box: the link to the centre.
    #[command(hide = true)]
    Uplink(role::uplink::Arguments),
    /// Play the recorded clinic: calm days, then the day of the attack.
    Run(role::run::Arguments),
}

fn main() -> ExitCode {
    let Arguments { role, supervised } = Arguments::parse();
    let is_ready = if supervised { box_supervisor::be_supervised() } else { Ok(()) };
    let done = is_ready.and_then(|()| run(role));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) if is_closed_pipe(&err) => ExitCode::SUCCESS,
        Err(err) => {
            // Whoever closed the error output does not want to hear it.
            let _closed = writeln!(io::stderr(), "cyberalarm: {err:#}");
            ExitCode::from(2)
        }
    }
}

fn run(role: Role) -> anyhow::Result<()> {
    match role {
        Role::Audit(arguments) => role::audit::run(&arguments),
        Role::Bench(arguments) => role::bench::run(&arguments),
        Role::Box_(arguments) => role::box_::run(&arguments),
        Role::Central(arguments) => role::central::run(arguments),
        Role::Circle(arguments) => role::circle::run(&arguments),
        Role::Claim(arguments) => role::claim::run(&arguments),
        Role::Config(arguments) => role::config::run(&arguments),
        Role::Evaluate(arguments) => role::evaluate::run(&arguments),
        Role::Explain(arguments) => role::explain::run(&arguments),
        Role::Replay(arguments) => role::replay::run(&arguments),
        Role::Run(arguments) => role::run::run(&arguments),
        Role::Sensor(arguments) => role::sensor::run(&arguments),
        Role::Simulate(arguments) => role::simulate::run(arguments),
        Role::Tablet(arguments) => role::tablet::run(&arguments),
        Role::Uplink(arguments) => role::uplink::run(&arguments),
    }
}

fn is_closed_pipe(err: &anyhow::Error) -> bool {
    err.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|err| err.kind() == io::ErrorKind::BrokenPipe)
    })
}
