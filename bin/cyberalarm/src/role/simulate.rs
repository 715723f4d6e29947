//! `cyberalarm simulate fleet`: many boxes that speak the true protocol with a centre, and how fast it is.

use core::net::SocketAddr;
use core::time::Duration;
use std::io::Write as _;

use anyhow::Context as _;
use central_core::{Member, MemberKind, Role};
use central_server::{Identity, machine_time, random_bytes, random_hex};
use central_store::{Account, Store};
use clap::{Args, Subcommand};
use common_wire::ClaimCode;
use testing_fleet::{Fleet, PlayedBox, Report, claim, percentile, play};

use super::central::Place;

/// What can be asked for.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Boxes that send to a centre which runs on this machine.
    Fleet(FleetArguments),
}

#[derive(Args)]
struct FleetArguments {
    #[command(flatten)]
    place: Place,
    /// How many boxes.
    #[arg(long, value_name = "N", default_value_t = 100)]
    boxes: u16,
    /// Records a second, of all boxes together; 0 is as fast as the centre takes them.
    #[arg(long, value_name = "N", default_value_t = 0)]
    rate: u64,
    /// For so many seconds.
    #[arg(long = "for", value_name = "SECS", default_value_t = 30)]
    lasts: u64,
    /// Where the centre listens to boxes.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
    centre: SocketAddr,
    /// Where its desk is.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    console: SocketAddr,
    /// The process of the centre, to say how much memory it takes.
    #[arg(long, value_name = "PID")]
    pid: Option<u32>,
}

/// Boxes that are claimed at once.
const CLAIMS_AT_ONCE: usize = 8;

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let What::Fleet(arguments) = arguments.what;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(fleet(&arguments))?;
    say(&arguments, &report).context("could not say what was measured")
}

async fn fleet(arguments: &FleetArguments) -> anyhow::Result<Report> {
    let place = &arguments.place;
    let store = central_server::open_store(&place.state, place.database.as_deref()).await?;
    let identity = Identity::open(&place.state, machine_time())?;
    let codes = codes(&store, arguments.boxes.max(1) + 1).await?;
    let account = Account { name: "fleet".into(), role: Role::Analyst };
    let token = central_server::new_link(&store, &account, machine_time()).await?;
    store.close().await;
    let mut boxes = Vec::with_capacity(codes.len());
    for some in codes.chunks(CLAIMS_AT_ONCE) {
        let mut claims = tokio::task::JoinSet::new();
        for code in some {
            claims.spawn(claim_patiently(arguments.centre, identity.ca_pem().to_owned(), code.clone()));
        }
        while let Some(claimed) = claims.join_next().await {
            boxes.push(claimed??);
        }
    }
    let lasts = Duration::from_secs(arguments.lasts);
    play(Fleet { boxes, rate: arguments.rate, lasts, desk: Some((arguments.console, token)) }).await
}

/// The centre takes so many claims a second, and no more.
async fn claim_patiently(centre: SocketAddr, ca_pem: String, code: String) -> anyhow::Result<PlayedBox> {
    loop {
        match claim(centre, &ca_pem, &code).await {
            Err(err) if err.to_string().starts_with("429") => {
                tokio::time::sleep(Duration::from_millis(200)).await
            }
            claimed => return claimed,
        }
    }
}

/// A member with a code for each box.
async fn codes(store: &Store, boxes: u16) -> anyhow::Result<Vec<String>> {
    let (now, run) = (machine_time(), random_hex::<4>()?);
    let mut tx = store.begin().await?;
    let mut codes = Vec::new();
    for number in 0..boxes {
        let member = Member {
            name: format!("Simulated {run} {number}"),
            kind: MemberKind::Gp,
            region: String::new(),
            municipality: String::new(),
            supplier: format!("Supplier {}", number % 40),
        };
        let no = tx.add_member(&member, now).await?;
        let code = ClaimCode::from_bytes(random_bytes()?);
        tx.add_claim(&code, no, now).await?;
        codes.push(code.to_string());
    }
    tx.audit(now, "command", "fleet.simulate", &run, &boxes.to_string()).await?;
    tx.commit().await?;
    Ok(codes)
}

fn say(arguments: &FleetArguments, report: &Report) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    let ms = |sorted: &[Duration], percent| {
        percentile(sorted, percent).map_or_else(|| "none".into(), |it| format!("{} ms", it.as_millis()))
    };
    let Report { records, batches, failed, took, answered, visible } = report;
    writeln!(
        out,
        "{} boxes, {:.1} s: {records} records in {batches} batches, {failed} failed",
        arguments.boxes,
        took.as_secs_f64()
    )?;
    writeln!(out, "{:.0} records/s, each on the disk before it was answered", report.per_sec())?;
    writeln!(out, "a batch was answered after {} (p50), {} (p99)", ms(answered, 50), ms(answered, 99))?;
    writeln!(
        out,
        "an incident stood at the desk after {} (p50), {} (p99) of {} looks",
        ms(visible, 50),
        ms(visible, 99),
        visible.len()
    )?;
    if let Some(memory) = arguments.pid.and_then(memory_kib) {
        writeln!(out, "the centre takes {} MiB of memory, {} at most", memory.0 / 1_024, memory.1 / 1_024)?;
    }
    Ok(())
}

/// What a process takes now and took at most, in KiB, as the kernel says.
fn memory_kib(pid: u32) -> Option<(u64, u64)> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(format!("/proc/{pid}/status")).ok()?.take(16 << 10).read_to_string(&mut text).ok()?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").trim().parse().ok()
    };
    Some((field("VmRSS:")?, field("VmHWM:")?))
}
