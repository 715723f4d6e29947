//! The whole circle, with the real programs: what a box heard is at the centre, once, over a link that drops, delays, repeats and reorders, and
//! whoever is killed; and what the centre writes is on the tablet, and its answer comes back.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at what it does not expect, and says what it met"
)]

mod bad_link;
#[path = "../../../../central/store/tests/postgres/mod.rs"]
mod postgres;
mod shown;
mod way_out;

use core::time::Duration;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use box_store::record::EventRecord;
use box_store::{SensorReader, TabletDb, UplinkReader};
use central_store::{QueryEngine as _, ShardState as _, Store};
use common_wire::v1::{AnswerWord, Body};
use common_wire::{Lane, Position};
use serde_json::{Value, json};

use bad_link::{BadLink, Dice};

const CLINIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testing/days/clinic");

/// Longest wait for something that happens by itself.
const PATIENCE: Duration = Duration::from_secs(90);

/// How often somebody is killed. `CYBERALARM_KILLS` asks for more.
fn kills() -> u32 {
    std::env::var("CYBERALARM_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(10)
}

/// What the clinic answers before each killing, so that there is something under way whenever somebody is killed.
const ANSWERS: usize = 5;

/// How often the clinic answers after the killings, at most, until the link has been bad in each of its ways.
const ROUNDS_MAX: u32 = 100;

/// The longest time between an answer and a killing, in milliseconds.
const KILL_WITHIN_MS: usize = 400;

/// A program that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // What is over already cannot be ended. A box ends its roles.
        let _over = Command::new("kill").arg(self.0.id().to_string()).status();
        let _over = self.0.wait();
    }
}

struct Circle {
    folder: tempfile::TempDir,
    database: Option<String>,
    boxes: SocketAddr,
    desk: SocketAddr,
    tablet: SocketAddr,
    link: BadLink,
    centre: Option<Process>,
    the_box: Option<Process>,
    box_id: String,
}

impl Circle {
    /// A centre, a link that cuts connections, a box behind it that is claimed and plays the recorded clinic.
    fn start(database: Option<String>) -> Circle {
        let folder = tempfile::tempdir().unwrap();
        let [boxes, desk, tablet] = [(); 3].map(|()| free_port());
        let link = BadLink::to(boxes);
        let (centre, the_box, box_id) = (None, None, String::new());
        let mut circle = Circle { folder, database, boxes, desk, tablet, link, centre, the_box, box_id };
        circle.start_centre();
        let member = circle.centre_does(&["member", "--name", "Klinik 1"]);
        circle.box_id = circle.claim(&member);
        let mut command = program(&["box", "--clinic", CLINIC, "--calm-days", "1", "--speed", "8"]);
        command.args(["--listen", &circle.tablet.to_string()]).arg("--state").arg(circle.path("box"));
        circle.the_box = Some(spawn(command));
        circle.link.be_bad();
        circle
    }

    /// Makes the box this member's, which runs or not. Returns its name at the centre.
    fn claim(&self, member: &str) -> String {
        let way = self.link.address().to_string();
        let code = self.centre_does(&["claim", "--member", member, "--address", &way]);
        // The link may be bad already; who asks again with the same code gets the same box.
        let claimed = wait(|| {
            let done = program(&["claim", &code]).arg("--state").arg(self.path("box")).output().unwrap();
            done.status.success().then(|| String::from_utf8(done.stdout).unwrap())
        });
        assert!(claimed.starts_with("This is a box of Klinik "), "{claimed}");
        claimed.trim_end().trim_end_matches('.').rsplit(' ').next().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn start_centre(&mut self) {
        let mut command = self.of_centre(&["central", "--listen", &self.boxes.to_string()]);
        command.args(["--console", &self.desk.to_string()]);
        self.centre = Some(spawn(command));
        wait(|| TcpStream::connect(self.boxes).ok());
    }

    fn of_centre(&self, words: &[&str]) -> Command {
        let mut command = program(words);
        command.arg("--state").arg(self.path("centre"));
        command.args(self.database.iter().flat_map(|url| ["--database", url]));
        command
    }

    /// Does something beside the running centre. Returns what it printed.
    fn centre_does(&self, words: &[&str]) -> String {
        let done = self.of_centre(&[&["central"], words].concat()).output().unwrap();
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    fn kill_centre(&mut self) {
        let mut centre = self.centre.take().unwrap();
        centre.0.kill().unwrap();
        drop(centre);
        self.start_centre();
    }

    /// Kills a role of the box, and waits until it is back.
    fn kill_role(&self, role: &str) {
        let parent = format!("PPid:\t{}\n", self.the_box.as_ref().unwrap().0.id());
        let pid = || {
            let pids = std::fs::read_dir("/proc").unwrap().flatten();
            let mut pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
            pids.find(|pid| {
                proc_file(*pid, "status").contains(&parent)
                    && proc_file(*pid, "cmdline").split('\0').nth(1) == Some(role)
            })
        };
        let before = wait(pid);
        Command::new("kill").args(["-9", &before.to_string()]).status().unwrap();
        wait(|| pid().filter(|again| *again != before));
    }

    /// The clinic answers warnings that nobody sent: what counts here is that each answer arrives. Returns their names.
    fn answer(&self, kill: u32) -> Vec<String> {
        let mut tablet = TabletDb::open(&self.path("box")).unwrap();
        let names: Vec<String> = (0..ANSWERS).map(|number| format!("kill-{kill}-{number}")).collect();
        for name in &names {
            tablet.answer(name, "seen", central_server::machine_time().as_nanos()).unwrap();
        }
        // An uplink that was just killed finds them by itself.
        let _heard = box_store::nudge::ring(&self.path("box"), "uplink", b"");
        names
    }

    /// Records that are numbered, and not at the centre as far as the box knows.
    fn waiting(&self) -> u64 {
        let lanes = self.uplink().and_then(|uplink| uplink.lanes().ok()).unwrap_or_default();
        lanes.iter().map(|lane| lane.last - lane.committed).sum()
    }

    fn uplink(&self) -> Option<UplinkReader<'static>> {
        UplinkReader::open(&self.path("box")).ok()
    }

    /// Whether everything that the sensor wrote is numbered and at the centre.
    fn is_through(&self) -> Option<()> {
        let sensor = SensorReader::open(&self.path("box")).ok()?;
        let last = sensor.events_before(i64::MAX, 1).ok()?.first()?.seq;
        let answers =
            TabletDb::open(&self.path("box")).ok()?.into_reader().answers_after(0, u32::MAX).ok()?;
        let last_answer = answers.last().map_or(0, |answer| answer.seq);
        let uplink = self.uplink()?;
        let has_read = uplink.cursor("event").ok()? >= last && uplink.cursor("answer").ok()? >= last_answer;
        let lanes = uplink.lanes().ok()?;
        (has_read && lanes.iter().all(|lane| lane.committed == lane.last)).then_some(())
    }

    /// Signs in at the desk. Returns cookie and token.
    fn sign_in(&self) -> (String, String) {
        let link = self.centre_does(&["link", "--desk", &self.desk.to_string()]);
        let token = link.rsplit('/').next().unwrap();
        let (head, known) = self.at_desk("POST", "/api/v1/sign-in", &[], &json!({ "token": token }));
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
        (cookie.split(';').next().unwrap().to_owned(), known["csrf"].as_str().unwrap().to_owned())
    }

    fn at_desk(&self, method: &str, path: &str, with: &[(&str, &str)], body: &Value) -> (String, Value) {
        ask(self.desk, method, path, with, body).unwrap_or_else(|| panic!("no answer to {path}"))
    }
}

fn program(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cyberalarm"));
    command.args(words);
    command
}

fn spawn(mut command: Command) -> Process {
    Process(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn proc_file(pid: u32, name: &str) -> String {
    let mut text = String::new();
    if let Ok(mut file) = std::fs::File::open(format!("/proc/{pid}/{name}")) {
        let _gone = file.read_to_string(&mut text);
    }
    text
}

/// Waits for something that happens by itself.
fn wait<T>(mut look: impl FnMut() -> Option<T>) -> T {
    #[expect(clippy::disallowed_methods, reason = "a test that waits for ever is stopped")]
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "what the test waits for did not happen");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// Asks a server on this machine. Returns the head and the body of its answer; `None` when there is none, or a refusal.
fn ask(
    server: SocketAddr,
    method: &str,
    path: &str,
    with: &[(&str, &str)],
    body: &Value,
) -> Option<(String, Value)> {
    let mut stream = TcpStream::connect(server).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let body = if method == "GET" { String::new() } else { body.to_string() };
    let more: String = with.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let port = server.port();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{more}\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let is_good = head.starts_with("HTTP/1.1 2");
    is_good.then(|| (head.to_owned(), serde_json::from_str(body).unwrap_or(Value::Null)))
}

/// How often each incident of the box came to each state, as the box wrote it.
fn steps_of_box(state: &Path) -> BTreeMap<(String, String), usize> {
    let events = SensorReader::open(state).unwrap().events_after(0, 100_000).unwrap();
    let mut steps = BTreeMap::new();
    for event in events {
        if let EventRecord::Incident(incident) = event.value {
            *steps.entry((incident.id, incident.state)).or_insert(0) += 1;
        }
    }
    steps
}

/// Every record that the box wrote, by lane: number and body.
fn records_of_box(state: &Path) -> BTreeMap<Lane, Vec<(u64, String)>> {
    let uplink = UplinkReader::open(state).unwrap();
    let records = |lane: Lane| {
        let records = uplink.records_after(lane as u8, 0, u32::MAX).unwrap();
        records.into_iter().map(|record| (record.seq, record.body)).collect()
    };
    Lane::ALL.into_iter().map(|lane| (lane, records(lane))).collect()
}

/// Every record that the centre has of it.
async fn records_of_centre(store: &Store, box_no: i64, state: &Path) -> BTreeMap<Lane, Vec<(u64, String)>> {
    let spool = UplinkReader::open(state).unwrap().spool().unwrap().parse().unwrap();
    let mut all = BTreeMap::new();
    for lane in Lane::ALL {
        let records = store.records_after(box_no, Position { spool, lane }, 0, u16::MAX).await.unwrap();
        all.insert(lane, records.into_iter().map(|record| (record.seq, record.body)).collect());
    }
    all
}

/// How often each incident came to each state, and each warning was answered, as these records say.
fn told(records: &[(u64, String)]) -> (BTreeMap<(String, String), usize>, Vec<String>) {
    let (mut steps, mut answers) = (BTreeMap::new(), Vec::new());
    for (_, body) in records {
        match serde_json::from_str(body).unwrap() {
            Body::Incident(incident) => {
                let state = serde_json::to_value(incident.state).unwrap().as_str().unwrap().to_owned();
                *steps.entry((incident.id, state)).or_insert(0) += 1;
            }
            Body::Answer(answer) if answer.answer == AnswerWord::Seen => answers.push(answer.warning),
            body => panic!("in the alert lane: {body:?}"),
        }
    }
    (steps, answers)
}

fn killed_again_and_again(database: Option<String>) {
    let mut circle = Circle::start(database);
    let (mut dice, mut answers, mut hit) = (Dice(2), Vec::new(), 0);
    // All of its files are there.
    wait(|| ask(circle.tablet, "GET", "/api/v1/home", &[], &Value::Null).and(circle.uplink()));
    for kill in 0..kills() {
        answers.extend(circle.answer(kill));
        // Whenever: while it is numbered, on its way, written there, answered, or long through.
        std::thread::sleep(Duration::from_millis(dice.throw(KILL_WITHIN_MS) as u64));
        hit += u32::from(circle.waiting() > 0);
        match dice.throw(5) {
            0 | 1 => circle.kill_centre(),
            2 | 3 => circle.kill_role("uplink"),
            _ => circle.kill_role("sensor"),
        }
    }
    // What did not happen to the link by then happens now.
    for round in kills()..kills() + ROUNDS_MAX {
        if circle.link.happened.counts().iter().all(|count| *count > 0) {
            break;
        }
        answers.extend(circle.answer(round));
        wait(|| circle.is_through());
    }
    // The day ends with the pulled cable.
    wait(|| {
        let (_, home) = ask(circle.tablet, "GET", "/api/v1/home", &[], &Value::Null)?;
        (home["face"] == "unknown" && home["cards"][0]["kind"] == "box-blind").then_some(())
    });
    wait(|| circle.is_through());
    let [cut, slow, unanswered, late] = circle.link.happened.counts();
    println!(
        "{} killings, {hit} while something waited; connections: {cut} cut, {slow} slow, {unanswered} without an answer, {late} late",
        kills()
    );
    assert!(cut > 0 && slow > 0 && unanswered > 0 && late > 0, "the link was not bad enough");
    assert!(hit > 0, "nobody was killed while something was under way");
    // Nobody writes any more.
    (circle.the_box, circle.centre) = (None, None);
    let state = circle.path("box");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = match &circle.database {
            Some(url) => Store::open(url).await.unwrap(),
            None => Store::open_folder(&circle.path("centre")).await.unwrap(),
        };
        let the_box = store.find(circle.box_id.parse().unwrap()).unwrap();
        let found = records_of_centre(&store, the_box.no, &state).await;
        assert_eq!(found, records_of_box(&state));
        assert!(store.gaps(the_box.no).await.unwrap().is_empty(), "nothing was forced out");
        let (steps, answered) = told(&found[&Lane::Alert]);
        let wanted = steps_of_box(&state);
        assert!(wanted.len() > 10, "{wanted:?}");
        assert_eq!((steps, answered), (wanted, answers));
        store.close().await;
    });
    println!("{} records at the centre", records_of_box(&state).values().map(Vec::len).sum::<usize>());
}

#[test]
fn whoever_is_killed_and_whatever_the_link_does_each_record_arrives_once() {
    killed_again_and_again(None);
}

#[test]
fn needs_postgres_whoever_is_killed_and_whatever_the_link_does_each_record_arrives_once() {
    let cluster = postgres::Cluster::start();
    killed_again_and_again(Some(cluster.url()));
}

#[test]
fn a_warning_of_the_centre_is_on_the_tablet_and_its_answer_comes_back() {
    let circle = Circle::start(None);
    let (cookie, token) = circle.sign_in();
    let desk = [("Cookie", cookie.as_str()), ("X-Cyberalarm", token.as_str())];
    let draft = json!({
        "urgency": "today",
        "audience": { "all": true },
        "text": {
            "da": { "title": "Falske mails om recepter", "what": "Nogen sender mails, der ligner post fra apoteket.", "steps": ["Åbn ikke filer i dem."] },
            "en": { "title": "False e-mails about prescriptions", "what": "Somebody sends e-mails that look like the pharmacy’s.", "steps": ["Do not open files in them."] },
        },
    });
    let (_, sent) = circle.at_desk("POST", "/api/v1/warnings", &desk, &draft);
    let id = sent["warning"]["id"].as_str().unwrap().to_owned();
    let home = wait(|| {
        let (_, home) = ask(circle.tablet, "GET", "/api/v1/home", &[], &Value::Null)?;
        (home["warnings"][0]["id"] == id.as_str()).then_some(home)
    });
    assert_eq!(home["warnings"][0]["title"], "Falske mails om recepter");
    let (_, session) = ask(circle.tablet, "GET", "/api/v1/session", &[], &Value::Null).unwrap();
    let tablet = [("X-Cyberalarm", session["csrf"].as_str().unwrap())];
    let path = format!("/api/v1/warnings/{id}/answer");
    ask(circle.tablet, "POST", &path, &tablet, &json!({ "answer": "seen" })).unwrap();
    let answered = wait(|| {
        let (_, warning) = ask(circle.desk, "GET", &format!("/api/v1/warnings/{id}"), &desk, &Value::Null)?;
        let text = warning.to_string();
        text.contains("\"seen\"").then_some(warning)
    });
    assert_eq!(answered["answers"]["seen"], 1, "{answered}");
    // What left, the answer among it, is on the tablet.
    let (_, left) = ask(circle.tablet, "GET", "/api/v1/sent", &[], &Value::Null).unwrap();
    assert!(left.to_string().contains("Jeres svar på et varsel"), "{left}");
}

#[test]
fn a_running_box_that_becomes_another_members_tells_it_nothing_of_the_one_before() {
    let mut circle = Circle::start(None);
    let state = circle.path("box");
    let alerts = || -> usize {
        let records = UplinkReader::open(&state).and_then(|uplink| uplink.records_after(0, 0, u32::MAX));
        records.map_or(0, |records| records.len())
    };
    wait(|| (alerts() > 5).then_some(()));
    let spool = circle.uplink().unwrap().spool().unwrap();
    let member = circle.centre_does(&["member", "--name", "Klinik 2"]);
    let (first, second) = (circle.box_id.clone(), circle.claim(&member));
    assert_ne!(first, second);
    wait(|| (circle.uplink()?.spool().ok()? != spool).then_some(()));
    let answers = circle.answer(0);
    wait(|| circle.is_through());
    (circle.the_box, circle.centre) = (None, None);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open_folder(&circle.path("centre")).await.unwrap();
        let no = |name: &str| store.find(name.parse().unwrap()).unwrap().no;
        let at_second = records_of_centre(&store, no(&second), &state).await;
        assert_eq!(at_second, records_of_box(&state), "what it says from now on, it says as the second");
        assert!(told(&at_second[&Lane::Alert]).1.ends_with(&answers));
        let spool = spool.parse().unwrap();
        let former = Position { spool, lane: Lane::Alert };
        assert!(store.records_after(no(&second), former, 0, u16::MAX).await.unwrap().is_empty());
        let steps_of = |records: Vec<String>| -> Vec<(String, String, String)> {
            let bodies = records.iter().map(|body| serde_json::from_str::<Value>(body).unwrap());
            bodies.filter(|body| body["id"].is_string()).map(|body| step_of(&body)).collect()
        };
        let at_first = store.records_after(no(&first), former, 0, u16::MAX).await.unwrap();
        let at_first = steps_of(at_first.into_iter().map(|record| record.body).collect());
        let at_second = steps_of(at_second[&Lane::Alert].iter().map(|(_, body)| body.clone()).collect());
        assert!(!at_first.is_empty());
        assert!(at_second.iter().all(|step| !at_first.contains(step)), "{at_first:?} {at_second:?}");
        store.close().await;
    });
}

/// Which step of which incident, and when.
fn step_of(body: &Value) -> (String, String, String) {
    let word = |name: &str| body[name].to_string();
    (word("id"), word("state"), word("at"))
}
