//! `cyberalarm central`: the centre that listens to the boxes; and what can be done to it beside its desk.

use core::net::SocketAddr;
use std::io::{Write as _, stderr, stdout};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use central_core::{Member, MemberKind, Role};
use central_server::{Identity, Options, machine_time, random_bytes};
use central_store::{Account, Store};
use clap::{Args, Subcommand};
use common_wire::{ClaimCode, ClaimText};

/// What can be asked for.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Where boxes come.
    #[arg(long, value_name = "ADDRESS", default_value = BOXES)]
    listen: SocketAddr,
    /// Where the desk is; a loopback address.
    #[arg(long, value_name = "ADDRESS", default_value = DESK)]
    console: SocketAddr,
    /// Names and addresses under which boxes find it; the first is printed into claim codes.
    #[arg(long, value_name = "NAME")]
    name: Vec<String>,
    /// Count exercises for what members share: only where the centre is shown.
    #[arg(long)]
    count_exercises: bool,
    #[command(subcommand)]
    deed: Option<Deed>,
}

/// Where the centre's state is.
#[derive(Args)]
pub(crate) struct Place {
    /// The folder of the centre's state; made when it is not there.
    #[arg(long, value_name = "DIR", default_value = STATE, global = true)]
    pub(crate) state: PathBuf,
    /// Its database, as `postgres://…`; otherwise a SQLite file in its folder.
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) database: Option<String>,
}

#[derive(Subcommand)]
enum Deed {
    /// Take in a member; prints its number.
    Member(NewMember),
    /// Make a claim code for a member's new box; prints it.
    Claim {
        /// The member's number.
        #[arg(long, value_name = "N")]
        member: i64,
        /// Where boxes find the centre.
        #[arg(long, value_name = "HOST:PORT", default_value = BOXES)]
        address: String,
    },
    /// Make a link that lets somebody in once; prints it.
    Link {
        /// Their name.
        #[arg(long, default_value = FIRST)]
        account: String,
        /// What they are: `analyst` or `administrator`. Who has an account stays what they are when nothing is said; a new account needs it.
        #[arg(long)]
        role: Option<String>,
        /// Where the desk is.
        #[arg(long, value_name = "ADDRESS", default_value = DESK)]
        desk: SocketAddr,
    },
}

#[derive(Args)]
struct NewMember {
    /// Its name.
    #[arg(long)]
    name: String,
    /// What it is: `gp`, `specialist`, `physiotherapist`, `dentist`, `pharmacy`, `region`, `municipality`, `other`.
    #[arg(long, default_value = "gp")]
    kind: String,
    /// In which region.
    #[arg(long, default_value = "")]
    region: String,
    /// In which municipality.
    #[arg(long, default_value = "")]
    municipality: String,
    /// Who runs its machines.
    #[arg(long, default_value = "")]
    supplier: String,
}

const STATE: &str = "/var/lib/cyberalarm-central";
/// Files that the centre makes in the folder of its state.
const OURS: [&str; 7] =
    ["central.db", "central.db-wal", "central.db-shm", "identity.lock", "letters.key", "ca.key", "ca.pem"];

/// The account that needs no role to be said: the one with which a centre begins.
const FIRST: &str = "administrator";

pub(crate) const BOXES: &str = "127.0.0.1:8443";
pub(crate) const DESK: &str = "127.0.0.1:8081";

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { place, listen, console, name, count_exercises, deed } = arguments;
    if let Some(deed) = deed {
        return beside(&place, deed);
    }
    let stop = box_supervisor::stop_flag()?;
    let options = Options {
        folder: place.state,
        database: place.database,
        boxes: listen,
        desk: console,
        names: name,
        counts_exercises: count_exercises,
        say: Box::new(|said| {
            // Whoever closed the error output does not want to hear it.
            let _closed = writeln!(stderr(), "cyberalarm: {said}");
        }),
    };
    central_server::serve(options, stop, |addresses| {
        let mut out = stdout();
        let _closed = writeln!(out, "The centre listens to boxes on {}", addresses.boxes);
        let desk = format!("http://localhost:{}", addresses.desk.port());
        let _closed = match &addresses.sign_in {
            Some(link) => {
                writeln!(out, "The desk is at {desk}; the first to open {link} is its administrator")
            }
            None => writeln!(out, "The desk is at {desk}"),
        };
        let _closed = out.flush();
    })
    .context("central")
}

/// What is done to the database by a command; the centre may run beside it.
fn beside(place: &Place, deed: Deed) -> anyhow::Result<()> {
    with_store(place, async |store| {
        let said = match deed {
            Deed::Member(new) => new_member(store, &read_member(new)?).await?.to_string(),
            Deed::Claim { member, address } => {
                ensure!(store.member(member).await?.is_some(), "there is no member {member}");
                new_claim(place, store, member, address).await?.to_string()
            }
            Deed::Link { account, role, desk } => {
                let role = role_of(store, &account, role.as_deref()).await?;
                let token =
                    central_server::new_link(store, &Account { name: account, role }, machine_time()).await?;
                central_server::link_text(desk, &token)
            }
        };
        writeln!(stdout(), "{said}")?;
        Ok(())
    })
}

/// What somebody is: what is said, else what they are already.
async fn role_of(store: &Store, account: &str, said: Option<&str>) -> anyhow::Result<Role> {
    if let Some(word) = said {
        return Role::from_word(word).with_context(|| format!("--role {word}: `analyst` or `administrator`"));
    }
    match store.role_of(account).await? {
        Some(role) => Ok(role),
        None if account == FIRST => Ok(Role::Administrator),
        None => bail!("{account} has no account yet: say --role analyst or --role administrator"),
    }
}

/// Takes in a member. Returns its number.
pub(crate) async fn new_member(store: &Store, member: &Member) -> anyhow::Result<i64> {
    let now = machine_time();
    let mut tx = store.begin().await?;
    let no = tx.add_member(member, now).await?;
    tx.audit(now, "command", "member.add", &no.to_string(), &member.name).await?;
    tx.commit().await?;
    Ok(no)
}

/// Makes a claim code for a member's box, which finds the centre at this address.
pub(crate) async fn new_claim(
    place: &Place,
    store: &Store,
    member: i64,
    address: String,
) -> anyhow::Result<ClaimText> {
    let now = machine_time();
    let fingerprint = Identity::open(&place.state, now)?.fingerprint();
    let code = ClaimCode::from_bytes(random_bytes()?);
    let mut tx = store.begin().await?;
    tx.add_claim(&code, member, now).await?;
    tx.audit(now, "command", "claim.make", &member.to_string(), "").await?;
    tx.commit().await?;
    Ok(ClaimText { address, fingerprint, code })
}

/// Opens the database, does something, and closes it.
pub(crate) fn with_store<T>(
    place: &Place,
    deed: impl AsyncFnOnce(&Store) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    check_folder(&place.state)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = central_server::open_store(&place.state, place.database.as_deref()).await?;
        let done = deed(&store).await;
        store.close().await;
        done
    })
}

/// Removes what a centre wrote into its folder, and nothing else.
pub(crate) fn forget(state: &Path) -> anyhow::Result<()> {
    OURS.iter().map(|file| state.join(file)).try_for_each(|file| super::remove(&file))
}

fn check_folder(state: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(state).with_context(|| format!("could not make {}", state.display()))
}

fn read_member(new: NewMember) -> anyhow::Result<Member> {
    let NewMember { name, kind, region, municipality, supplier } = new;
    let kind = MemberKind::from_word(&kind).with_context(|| {
        let kinds: Vec<&str> = MemberKind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("--kind {kind}: not a kind of member, which is one of {}", kinds.join(", "))
    })?;
    let member = Member { name, kind, region, municipality, supplier };
    if let Some((field, fault)) = member.fault() {
        bail!("--{field}: {fault}");
    }
    Ok(member)
}
