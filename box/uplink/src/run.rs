//! The role: gathers, sends and hears, until it is told to stop.

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, anyhow};
use box_store::UplinkDb;
use box_store::nudge::{Bell, ring};
use box_store::uplink::{Identity, Keys, WayOut};
use common_model::Timestamp;
use common_wire::{BoxId, Committed, Letters, SpoolId};
use common_words::Catalogue;
use hyper::{Method, StatusCode};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use crate::batch::{Filled, fill};
use crate::claim;
use crate::delivery::{Delivery, Failure, Step};
use crate::gather::{gather, lane, speak_for};
use crate::link::{Link, Way};
use crate::spool::{begin_again, open_spool, stands};
use crate::{inbox, random};

/// It looks at least so often whether there is something new, though nobody rings.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// So often it gives a sign of life; what waits for the centre meanwhile does not keep it from that.
const BEAT_EVERY: Duration = Duration::from_secs(1);

/// How long a batch may take: 1 MiB over a link of 128 kbit/s.
const BATCH_PATIENCE: Duration = Duration::from_secs(90);

/// After the inbox could not be asked it is asked again after so long, and each time twice as long, up to the longest.
const INBOX_PAUSE: Duration = Duration::from_secs(2);
const INBOX_PAUSE_MAX: Duration = Duration::from_secs(120);

/// What keeps it from sending is said when it has for so long. Guess: longer than a centre takes to start.
const SAID_AFTER: Duration = Duration::from_secs(10);

/// A certificate is renewed when this much of its life has passed, or what is left of it is short. Source: the product's rule, a third of 30 days.
const RENEW_AFTER: Duration = Duration::from_secs(10 * 86_400);

/// What an uplink is made from.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The folder of the box's state.
    pub folder: PathBuf,
    /// By which way, when it is not the one by which the box was claimed.
    pub way_out: Option<WayOut>,
    /// Bytes a day for everything but alerts.
    pub budget_bytes: u64,
    /// Called again and again by what does the work: a sign that it does not hang.
    pub beat: fn(),
}

/// Runs until somebody says stop. A box that was not claimed yet waits for it.
///
/// # Errors
/// When its memory cannot be opened, or what the box is cannot be read.
pub fn run(setup: &Setup, stop: &'static AtomicBool) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut bells = listen(&setup.folder, stop)?;
        let beat = setup.beat;
        tokio::spawn(async move {
            loop {
                beat();
                tokio::time::sleep(BEAT_EVERY).await;
            }
        });
        let mut is_told = false;
        while !stop.load(Ordering::Relaxed) {
            let keys = Keys::open(&setup.folder, &random::digits::<32>()?)?;
            let Some(identity) = keys.identity.clone() else {
                wait(&mut bells).await;
                continue;
            };
            match way(&identity, setup.way_out.as_ref()) {
                Ok(way) => Uplink::new(setup, keys, &identity, way)?.work(&mut bells, stop).await?,
                // It may be claimed anew, with a way.
                Err(err) => {
                    if !is_told {
                        tell(&format!("{err:#}"));
                    }
                    is_told = true;
                    wait(&mut bells).await;
                }
            }
        }
        Ok(())
    })
}

/// A thread that waits at the bell; everything else is in one thread.
fn listen(folder: &Path, stop: &'static AtomicBool) -> anyhow::Result<Receiver<()>> {
    let bell = Bell::new(folder, "uplink").context("could not hang up the uplink's bell")?;
    let (rang, bells) = channel(1);
    std::thread::Builder::new().name("bell".to_owned()).spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            // Somebody rang, or it is time to look whether to stop. A full channel has a ring in it already.
            match bell.wait(Duration::from_millis(500)) {
                Ok(Some(_)) => drop(rang.try_send(())),
                Ok(None) if rang.is_closed() => break,
                Ok(None) => {}
                Err(_) => break,
            }
        }
    })?;
    Ok(bells)
}

/// The way that was said at the start, else the one by which the box was claimed.
fn way(identity: &Identity, said: Option<&WayOut>) -> anyhow::Result<Way> {
    let centre = identity.centre.parse().context("uplink.keys: the centre's address")?;
    claim::way(centre, said.or(identity.way_out.as_ref()))
}

async fn wait(bells: &mut Receiver<()>) {
    let _rang = tokio::time::timeout(LOOK_EVERY.min(Duration::from_secs(1)), bells.recv()).await;
}

struct Uplink<'s> {
    setup: &'s Setup,
    keys: Keys,
    identity: Identity,
    db: UplinkDb,
    catalogue: &'static Catalogue,
    delivery: Delivery,
    link: Link,
    letters: Receiver<anyhow::Result<Letters>>,
    heard: Sender<Asks>,
    inbox: JoinHandle<()>,
    renew_at: Timestamp,
    failed: Option<String>,
    /// Since when nothing has arrived, though it was tried.
    fails_since: Option<Timestamp>,
}

impl<'s> Uplink<'s> {
    fn new(setup: &'s Setup, keys: Keys, identity: &Identity, way: Way) -> anyhow::Result<Self> {
        let mut db = open_spool(&setup.folder)?;
        speak_for(&setup.folder, &mut db, &identity.box_id, machine_time())?;
        let catalogue = Catalogue::load().map_err(|err| anyhow!("{err}"))?;
        let tls = Arc::new(claim::known(identity)?);
        let spool: SpoolId = db.reader().spool()?.parse()?;
        let seed = u64::from_be_bytes(random::bytes()?);
        let delivery = Delivery::new(spool, stands(&db)?, setup.budget_bytes, seed);
        let (heard, to_ask) = channel(1);
        let (told, letters) = channel(1);
        let inbox_link = Link::new(way.clone(), Arc::clone(&tls));
        let inbox = tokio::spawn(listen_to_inbox(inbox_link, to_ask, told));
        heard.try_send(Asks { after: db.reader().last_letter()?, is_taken: true })?;
        Ok(Uplink {
            setup,
            keys,
            identity: identity.clone(),
            db,
            catalogue,
            delivery,
            link: Link::new(way, tls),
            letters,
            heard,
            inbox,
            renew_at: renew_at(&identity.certificate)?,
            failed: None,
            fails_since: None,
        })
    }

    /// Until it must stop, or the box is somebody else or has a new certificate.
    async fn work(mut self, bells: &mut Receiver<()>, stop: &AtomicBool) -> anyhow::Result<()> {
        let done = loop {
            if stop.load(Ordering::Relaxed) {
                break Ok(());
            }
            // A claim is another process, and this one speaks for nobody who is not the box any more.
            match Keys::read(&self.setup.folder) {
                Ok(Some(keys)) if keys.identity.as_ref() == Some(&self.identity) => self.keys = keys,
                Ok(_) => break Ok(()),
                Err(err) => break Err(err.into()),
            }
            if machine_time() >= self.renew_at {
                self.renew().await;
                continue;
            }
            match self.turn().await {
                Ok(true) => {
                    // However much waits to leave, a warning does not wait behind it.
                    if let Ok(letters) = self.letters.try_recv() {
                        self.handle_letters(letters);
                    }
                    continue;
                }
                Ok(false) => {}
                Err(err) => self.say_if_it_lasts(format!("{err:#}")),
            }
            let pause = self.pause();
            tokio::select! {
                _rang = tokio::time::timeout(pause, bells.recv()) => {}
                Some(letters) = self.letters.recv() => self.handle_letters(letters),
            }
        };
        self.inbox.abort();
        done
    }

    /// Gathers, and sends one batch. Returns whether there is more to do at once.
    async fn turn(&mut self) -> anyhow::Result<bool> {
        let now = machine_time();
        let (folder, budget_bytes) = (&self.setup.folder, self.setup.budget_bytes);
        // What cannot be read or numbered now keeps back nothing that was numbered before.
        let gathered = gather(folder, &mut self.db, &self.keys, self.catalogue, budget_bytes, now);
        let spool: SpoolId = self.db.reader().spool()?.parse()?;
        self.delivery.handle_spool(spool, stands(&self.db)?);
        let used = self.db.reader().bytes_of_day(now.as_nanos())?;
        let Some(ask) = self.delivery.poll_send(now, used) else { return gathered };
        // Nothing leaves by a link that is down, so nothing of it is in the ledger or takes from the budget.
        if let Err(err) = self.link.reach(BATCH_PATIENCE).await {
            self.delivery.handle_failure(machine_time(), Failure::Link);
            return Err(err.into());
        }
        let from: BoxId = self.identity.box_id.parse()?;
        let Filled { draft, lines, until } = fill(&ask, (from, spool), now, &self.db)?;
        if until.is_empty() {
            return gathered;
        }
        let packed = draft.pack()?;
        // In the ledger before it is on the way: what is not there never left.
        let lines: Vec<(u8, u64, u64)> =
            lines.into_iter().map(|(lane, seq, bytes)| (self::lane(lane), seq, bytes)).collect();
        self.db.leaving(&lines, packed.len() as u64, now.as_nanos())?;
        self.delivery.sent(until);
        self.send(packed).await?;
        Ok(true)
    }

    async fn send(&mut self, packed: Vec<u8>) -> anyhow::Result<()> {
        let asked = self.link.ask(Method::POST, "/v1/batch", "application/zstd", packed, BATCH_PATIENCE);
        let answer = asked.await;
        let now = machine_time();
        let failure = match &answer {
            Ok((StatusCode::OK, _)) => None,
            Ok((status, _)) if status.is_client_error() => Some(Failure::Refused),
            _ => Some(Failure::Link),
        };
        if let Some(failure) = failure {
            self.delivery.handle_failure(now, failure);
        }
        let (status, body) = answer?;
        if status != StatusCode::OK {
            return Err(anyhow!("the centre refuses a batch: {status} {}", String::from_utf8_lossy(&body)));
        }
        (self.failed, self.fails_since) = (None, None);
        let Ok(committed) = serde_json::from_slice::<Committed>(&body) else {
            self.delivery.handle_failure(now, Failure::Link);
            return Err(anyhow!("the centre's answer to a batch cannot be read"));
        };
        for step in self.delivery.handle_answer(now, &committed) {
            match step {
                Step::Commit(lane, seq) => self.db.commit(&[(self::lane(lane), seq)])?,
                Step::BeginAgain => begin_again(&mut self.db)?,
            }
        }
        Ok(())
    }

    /// Letters that came, or why none did. The next question acknowledges those that were kept.
    fn handle_letters(&mut self, letters: anyhow::Result<Letters>) {
        let taken = letters.and_then(|letters| {
            let folder = &self.setup.folder;
            let aside = inbox::take(folder, &mut self.db, &self.keys, &letters, machine_time())?;
            if !letters.letters.is_empty() {
                // A tablet that is not there will look by itself.
                let _heard = ring(folder, "tablet", b"");
            }
            Ok(aside)
        });
        let is_taken = taken.is_ok();
        match taken {
            Ok(None) => {}
            Ok(Some(aside)) => self.say(format!("{aside}: update the program")),
            Err(err) => self.say_if_it_lasts(format!("{err:#}")),
        }
        if let Ok(after) = self.db.reader().last_letter() {
            // The inbox waits for this; it asks one question at a time.
            let _waits = self.heard.try_send(Asks { after, is_taken });
        }
    }

    /// Asks for a new certificate, and keeps it.
    async fn renew(&mut self) {
        // Whatever comes of it, not again within the hour.
        self.renew_at = machine_time() + Duration::from_secs(3_600);
        let renewed = claim::renew(&mut self.link, &self.identity).await.and_then(|renewed| {
            claim::known(&renewed)?;
            let (folder, asked_as) = (&self.setup.folder, &self.identity);
            Keys::change(folder, &self.keys.box_key, |keys| {
                // Unless the box was claimed meanwhile.
                if keys.identity.as_ref() == Some(asked_as) {
                    keys.identity = Some(renewed);
                }
            })?;
            Ok(())
        });
        if let Err(err) = renewed {
            self.say(format!("could not renew the certificate: {err:#}"));
        }
    }

    fn pause(&self) -> Duration {
        let now = machine_time();
        // When it cannot be read, sending will say so.
        let used = self.db.reader().bytes_of_day(now.as_nanos()).unwrap_or(0);
        let until = self.delivery.poll_timeout(used).map(|at| at.since(now));
        until.unwrap_or(LOOK_EVERY).clamp(Duration::from_millis(20), LOOK_EVERY)
    }

    /// Says what is wrong, once until it is something else or a batch has arrived.
    fn say(&mut self, wrong: String) {
        if self.failed.as_ref() != Some(&wrong) {
            tell(&wrong);
            self.failed = Some(wrong);
        }
    }

    /// Says what is wrong when it is still so after a while: a centre that starts, a modem that wakes, are nobody's business.
    fn say_if_it_lasts(&mut self, wrong: String) {
        let now = machine_time();
        if now.since(*self.fails_since.get_or_insert(now)) >= SAID_AFTER {
            self.say(wrong);
        }
    }
}

fn tell(wrong: &str) {
    use std::io::Write as _;
    // Whoever closed the error output does not want to hear it.
    let _closed = writeln!(std::io::stderr(), "cyberalarm uplink: {wrong}");
}

/// What the inbox asks next.
#[derive(Clone, Copy, Debug)]
struct Asks {
    /// For letters after this one.
    after: u64,
    /// Whether what came before was taken: the centre answers at once with what was not.
    is_taken: bool,
}

/// Asks for letters whenever it is told after which, and tells what came.
async fn listen_to_inbox(mut link: Link, mut to_ask: Receiver<Asks>, told: Sender<anyhow::Result<Letters>>) {
    let mut pause = INBOX_PAUSE;
    while let Some(Asks { after, is_taken }) = to_ask.recv().await {
        if is_taken {
            pause = INBOX_PAUSE;
        } else {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(INBOX_PAUSE_MAX);
        }
        if told.send(inbox::ask(&mut link, after).await).await.is_err() {
            break;
        }
    }
}

/// When the certificate wants to be renewed.
fn renew_at(chain: &str) -> anyhow::Result<Timestamp> {
    let (_, pem) = x509_parser::pem::parse_x509_pem(chain.as_bytes()).map_err(|err| anyhow!("{err}"))?;
    let certificate = pem.parse_x509().map_err(|err| anyhow!("{err}"))?;
    let not_before = u64::try_from(certificate.validity().not_before.timestamp()).unwrap_or(0);
    Ok(Timestamp::from_secs(not_before) + RENEW_AFTER)
}

fn machine_time() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "when to send is the machine's business")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::EPOCH + since
}
