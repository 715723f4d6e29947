//! The whole circle, with the real programs: what a box heard is at the centre, once, over a link that is cut again and again and whoever is
//! killed; and what the centre writes is on the tablet, and its answer comes back.
#![expect(clippy::unwrap_used, reason = "a test ends at what it does not expect")]

mod bad_link;

use core::time::Duration;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use box_store::record::EventRecord;
use box_store::{SensorReader, UplinkReader};
use central_store::{QueryEngine as _, ShardState as _, Store};
use serde_json::{Value, json};

use bad_link::BadLink;

const CLINIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testing/days/clinic");

/// Longest wait for something that happens by itself.
const PATIENCE: Duration = Duration::from_secs(90);

/// How often somebody is killed. `CYBERALARM_KILLS` asks for more.
fn kills() -> u32 {
    std::env::var("CYBERALARM_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(6)
}

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
    fn start() -> Circle {
        let folder = tempfile::tempdir().unwrap();
        let [boxes, desk, tablet] = [(); 3].map(|()| free_port());
        let link = BadLink::to(boxes);
        let mut circle =
            Circle { folder, boxes, desk, tablet, link, centre: None, the_box: None, box_id: String::new() };
        circle.start_centre();
        let member = circle.centre_does(&["member", "--name", "Klinik 1"]);
        let way = circle.link.address().to_string();
        let code = circle.centre_does(&["claim", "--member", &member, "--address", &way]);
        let claimed = wait(|| {
            let mut claim = program(&["claim", &code]);
            let done = claim.arg("--state").arg(circle.path("box")).output().unwrap();
            // The link may have cut it before the code was used.
            done.status.success().then(|| String::from_utf8(done.stdout).unwrap())
        });
        assert!(claimed.starts_with("This is a box of Klinik 1 now"), "{claimed}");
        circle.box_id = claimed.trim_end().trim_end_matches('.').rsplit(' ').next().unwrap().to_owned();
        let mut command = program(&["box", "--clinic", CLINIC, "--calm-days", "1", "--speed", "8"]);
        command.args(["--listen", &circle.tablet.to_string()]).arg("--state").arg(circle.path("box"));
        circle.the_box = Some(spawn(command));
        circle
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn start_centre(&mut self) {
        let mut command = program(&["central", "--listen", &self.boxes.to_string()]);
        command.args(["--console", &self.desk.to_string()]).arg("--state").arg(self.path("centre"));
        self.centre = Some(spawn(command));
        wait(|| TcpStream::connect(self.boxes).ok());
    }

    /// Does something beside the running centre. Returns what it printed.
    fn centre_does(&self, words: &[&str]) -> String {
        let mut command = program(&["central"]);
        let done = command.args(words).arg("--state").arg(self.path("centre")).output().unwrap();
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    fn kill_centre(&mut self) {
        let mut centre = self.centre.take().unwrap();
        centre.0.kill().unwrap();
        drop(centre);
        self.start_centre();
    }

    fn kill_uplink(&self) {
        let parent = format!("PPid:\t{}\n", self.the_box.as_ref().unwrap().0.id());
        let pid = || {
            let pids = std::fs::read_dir("/proc").unwrap().flatten();
            let mut pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
            pids.find(|pid| {
                proc_file(*pid, "status").contains(&parent)
                    && proc_file(*pid, "cmdline").split('\0').nth(1) == Some("uplink")
            })
        };
        let before = wait(pid);
        Command::new("kill").args(["-9", &before.to_string()]).status().unwrap();
        wait(|| pid().filter(|again| *again != before));
    }

    fn uplink(&self) -> Option<UplinkReader<'static>> {
        UplinkReader::open(&self.path("box")).ok()
    }

    /// Whether everything that the sensor wrote is numbered and at the centre.
    fn is_through(&self) -> Option<()> {
        let sensor = SensorReader::open(&self.path("box")).ok()?;
        let last = sensor.events_before(i64::MAX, 1).ok()?.first()?.seq;
        let uplink = self.uplink()?;
        let has_read = uplink.cursor("event").ok()? >= last;
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

#[test]
fn whoever_is_killed_and_whatever_the_link_does_each_step_arrives_once() {
    let mut circle = Circle::start();
    for kill in 0..kills() {
        let before = circle.uplink().and_then(|uplink| uplink.lanes().ok()).map_or(0, |lanes| lanes[0].last);
        if kill % 2 == 0 {
            circle.kill_centre();
        } else {
            circle.kill_uplink();
        }
        // It goes on: something new is numbered, or the day is over and everything is through.
        wait(|| {
            let lanes = circle.uplink()?.lanes().ok()?;
            (lanes[0].last > before || circle.is_through().is_some()).then_some(())
        });
    }
    // The day ends with the pulled cable.
    wait(|| {
        let (_, home) = ask(circle.tablet, "GET", "/api/v1/home", &[], &Value::Null)?;
        (home["face"] == "unknown" && home["cards"][0]["kind"] == "box-blind").then_some(())
    });
    wait(|| circle.is_through());
    assert!(circle.link.cuts() > 0, "the link was never cut");
    // Nobody writes any more.
    circle.the_box = None;
    circle.centre = None;
    let wanted = steps_of_box(&circle.path("box"));
    assert!(wanted.len() > 10, "{wanted:?}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open_folder(&circle.path("centre")).await.unwrap();
        let the_box = store.find(circle.box_id.parse().unwrap()).unwrap();
        let mut found = BTreeMap::new();
        let ids: std::collections::BTreeSet<&String> = wanted.keys().map(|(id, _)| id).collect();
        for id in ids {
            for step in store.incident_steps(the_box.no, id).await.unwrap() {
                let step: common_wire::v1::Incident = serde_json::from_str(&step.body).unwrap();
                let state = serde_json::to_value(step.state).unwrap().as_str().unwrap().to_owned();
                *found.entry((step.id, state)).or_insert(0) += 1;
            }
        }
        store.close().await;
        assert_eq!(found, wanted);
    });
}

#[test]
fn a_warning_of_the_centre_is_on_the_tablet_and_its_answer_comes_back() {
    let circle = Circle::start();
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
