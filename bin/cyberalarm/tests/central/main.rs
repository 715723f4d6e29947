//! The centre as it is started, and killed: whatever was answered is there, once.
#![expect(clippy::unwrap_used, reason = "a test ends at what it does not expect")]

#[path = "../../../../central/store/tests/postgres/mod.rs"]
mod postgres;

use core::time::Duration;
use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Output, Stdio};

use central_server::Identity;
use central_store::{IncidentFilter, QueryEngine as _, ShardState as _, Store};
use common_model::Timestamp;
use common_wire::Committed;
use testing_fleet::{PlayedBox, claim, incident};

/// Incidents of each batch.
const TOLD: u64 = 5;

/// So often the centre is killed. `CYBERALARM_KILLS` asks for more.
fn kills() -> u32 {
    std::env::var("CYBERALARM_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(10)
}

/// Batches of each box: so many that there is something to send at each of the killings.
fn batches() -> u64 {
    u64::from(kills()) * 4
}

/// Everything must be there within this time after the last killing.
const PATIENCE: Duration = Duration::from_secs(90);

const NOW: Timestamp = Timestamp::from_secs(1_773_822_600);

struct Centre {
    folder: tempfile::TempDir,
    database: Option<String>,
    boxes: SocketAddr,
    desk: SocketAddr,
    process: Option<Child>,
}

impl Drop for Centre {
    fn drop(&mut self) {
        self.kill();
    }
}

fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Centre {
    fn start(database: Option<String>) -> Centre {
        let folder = tempfile::tempdir().unwrap();
        let mut centre = Centre { folder, database, boxes: free_port(), desk: free_port(), process: None };
        centre.run();
        centre
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cyberalarm"));
        command.args(words).arg("--state").arg(self.folder.path());
        if let Some(url) = &self.database {
            command.args(["--database", url]);
        }
        command
    }

    fn run(&mut self) {
        let mut command = self.command(&["central"]);
        command.args(["--listen", &self.boxes.to_string(), "--console", &self.desk.to_string()]);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        self.process = Some(process);
    }

    /// As `kill -9`.
    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    fn say(&self, words: &[&str]) -> Output {
        let done = self.command(words).output().unwrap();
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
        done
    }

    fn line(&self, words: &[&str]) -> String {
        String::from_utf8(self.say(words).stdout).unwrap().trim().to_owned()
    }

    async fn claimed(&self, name: &str) -> PlayedBox {
        let member = self.line(&["central", "member", "--name", name]);
        let text =
            self.line(&["central", "claim", "--member", &member, "--address", &self.boxes.to_string()]);
        let text: common_wire::ClaimText = text.parse().unwrap();
        let identity = Identity::open(self.folder.path(), NOW).unwrap();
        assert_eq!(text.fingerprint, identity.fingerprint());
        let code = text.code.to_string();
        loop {
            match claim(self.boxes, identity.ca_pem(), &code).await {
                Ok(played) => return played,
                // It does not listen yet.
                Err(err) if err.to_string().starts_with("could not connect") => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(err) => panic!("{err:#}"),
            }
        }
    }
}

/// Sends each batch until it is answered.
async fn send_all(mut played: PlayedBox, number: u64) -> PlayedBox {
    let mut line = None;
    for batch in 0..batches() {
        let ids = batch * TOLD..(batch + 1) * TOLD;
        let bodies: Vec<_> = ids.map(|id| incident(number << 32 | id, None, NOW)).collect();
        let packed = played.batch(&bodies, NOW).unwrap();
        loop {
            if line.is_none() {
                line = played.connect().await.ok();
            }
            let answer = match line.as_mut() {
                Some(line) => line.batch(packed.clone()).await.and_then(|answer| answer.well::<Committed>()),
                None => Err(anyhow::anyhow!("no connection")),
            };
            if answer.is_ok() {
                break;
            }
            line = None;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // So that there is something to send at each of the killings.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    played
}

fn killed_again_and_again(database: Option<String>) {
    let mut centre = Centre::start(database);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut sending = Vec::new();
        for number in 1..=3 {
            let played = centre.claimed(&format!("Klinik {number}")).await;
            sending.push(tokio::spawn(send_all(played, number)));
        }
        for kill in 0..kills() {
            // Not at the same point of a batch each time.
            tokio::time::sleep(Duration::from_millis(u64::from(120 + kill * 37 % 90))).await;
            centre.kill();
            centre.run();
        }
        let mut boxes = Vec::new();
        for sent in sending {
            boxes.push(tokio::time::timeout(PATIENCE, sent).await.expect("all is sent").unwrap());
        }
        centre.kill();
        let store = match &centre.database {
            Some(url) => Store::open(url).await.unwrap(),
            None => Store::open_folder(centre.folder.path()).await.unwrap(),
        };
        for (number, played) in (1..).zip(&boxes) {
            check(&store, played, number).await;
        }
        store.close().await;
    });
    assert!(centre.line(&["audit", "verify"]).contains("none changed"));
}

/// Each incident is there, and was told once.
async fn check(store: &Store, played: &PlayedBox, number: u64) {
    let cell = store.find(played.id).unwrap();
    let mut found = BTreeSet::new();
    let mut filter = IncidentFilter { box_id: Some(played.id.to_string()), limit: 50, ..Default::default() };
    loop {
        let page = store.incidents(&filter).await.unwrap();
        for row in &page {
            let told: common_wire::v1::Incident = serde_json::from_str(&row.body).unwrap();
            assert_eq!(
                store.incident_steps(cell.no, &told.id).await.unwrap().len(),
                1,
                "{} is doubled",
                told.id
            );
            filter.after = Some(row.place.clone());
            found.insert(told.id);
        }
        if page.is_empty() {
            break;
        }
    }
    let wanted: BTreeSet<String> =
        (0..batches() * TOLD).map(|id| format!("{:016x}", number << 32 | id)).collect();
    assert_eq!(found, wanted, "lost at {}", played.member);
}

#[test]
fn killed_nothing_is_lost_and_nothing_doubled() {
    killed_again_and_again(None);
}

#[test]
fn needs_postgres_killed_nothing_is_lost_and_nothing_doubled() {
    let cluster = postgres::Cluster::start();
    killed_again_and_again(Some(cluster.url()));
}

#[test]
fn what_is_wrong_is_said_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cyberalarm"));
        let done = command.args(words).arg("--state").arg(folder.path().join("s")).output().unwrap();
        (done.status.code(), String::from_utf8(done.stderr).unwrap())
    };
    let (code, said) = run(&["audit", "verify"]);
    assert!(code == Some(2) && said.contains("there is no centre in"), "{said}");
    assert!(!folder.path().join("s").exists(), "who only asks makes nothing");
    for (words, why) in [
        (&["central", "claim", "--member", "7"][..], "there is no member 7"),
        (&["central", "member", "--name", ""], "a member has a name"),
        (&["central", "member", "--name", "X", "--kind", "poet"], "one of gp, specialist, "),
        (&["central", "link", "--role", "king"], "`analyst` or `administrator`"),
        (&["central", "link", "--account", "ida"], "ida has no account yet"),
        (&["central", "--console", "192.0.2.1:8081"], "not a loopback address"),
        (&["audit", "verify", "--database", "sqlite:///nowhere/x.db"], "database"),
    ] {
        let (code, said) = run(words);
        assert_eq!(code, Some(2), "{words:?}");
        assert!(said.contains(why) && said.lines().count() == 1, "{words:?}: {said}");
    }
}
