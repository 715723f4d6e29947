//! The commands as a user or a script calls them: the real program, its output and its exit code.

mod called;

use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use called::{called, clinic, json, refused, shared};
use sensor_capture::files::read_capped;
use serde_json::Value;
use testing_testkit::golden;

fn scene(name: &str) -> String {
    clinic(&format!("scenes/{name}.pcap.zst"))
}

fn bytes(path: &Path) -> Vec<u8> {
    read_capped(path, 1 << 30).unwrap_or_else(|fault| panic!("{fault}"))
}

/// The text without the figures of its end, which are measured.
fn without_figures(text: &str) -> &str {
    text.trim_end().rsplit_once("\n\n").map_or(text, |(days, _figures)| days)
}

#[test]
fn the_day_of_the_attack_reads_as_accepted() {
    for lang in ["da", "en"] {
        let text = called(&["run", "--clinic", &clinic(""), "--lang", lang]);
        let name = if lang == "da" { "\n\nden optagne klinik\n" } else { "\n\nthe recorded clinic\n" };
        assert!(text.contains(name), "{text}");
        let accepted = clinic(&format!("expected.{lang}.txt"));
        golden::check(accepted.as_ref(), &format!("{}\n", without_figures(&text))).unwrap();
    }
}

/// A capture that breaks off: a sentence in the language that was asked for, and below it what the reader says.
#[test]
fn a_recording_that_is_not_whole_is_said_in_the_language_that_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("cut.pcap");
    // The head of the file, a frame of sixty bytes, and the beginning of the next one's head.
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let head = words(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 0xffff, 1]);
    let frame = [words(&[1_773_826_200, 0, 60, 60]), vec![0; 60]].concat();
    std::fs::write(&cut, [&head[..], &frame, &frame[..5]].concat()).unwrap();
    for (lang, says) in [
        ("da", "\nOBS: Optagelsen er ikke hel, så her er kun det, der kunne læses.\n       "),
        ("en", "\nNOTE: the recording is not whole, so here is only what could be read.\n       "),
    ] {
        let text = called(&["replay", cut.to_str().unwrap(), "--lang", lang]);
        assert!(text.contains(says), "{text}");
    }
}

/// A seed that nothing was tuned on. The limits are those of a clinic's patience: no red, one card a week for today at most.
#[test]
fn calm_days_are_calm_and_every_attack_is_seen() {
    let lines = json(&["evaluate", &clinic(""), "--seed", "40", "--json"]);
    let noise = &lines.first().unwrap()["incidents"];
    assert_eq!(noise["now"], 0, "{noise}");
    assert!(noise["today"].as_u64() <= Some(1) && noise["week"].as_u64() <= Some(2), "{noise}");
    let missed: Vec<&Value> =
        lines.iter().filter(|line| line["strength"] == 1.0 && line["seen"].is_null()).collect();
    assert!(lines.len() > 30 && missed.is_empty(), "{missed:?}");
}

#[test]
fn the_same_comes_out_whenever_and_with_whatever_seed() {
    let unmeasured = |seed: &str| {
        let scenes = ["port-scan", "ssh-guessing", "arpspoof", "dns-tunnel"].map(scene);
        let [one, two, three, four] = scenes.each_ref().map(String::as_str);
        let mut text = called(&["replay", "--json", "--seed", seed, one, two, three, four]);
        text += &called(&["replay", "--json", "--seed", seed, "--together", one, two, three, four]);
        let kept = text.lines().filter(|line| !line.starts_with(r#"{"type":"summary""#));
        kept.map(str::to_owned).collect::<Vec<_>>()
    };
    let first = unmeasured("0");
    assert!(first.len() > 40, "{} lines", first.len());
    assert_eq!(first, unmeasured("0"));
    assert_eq!(first, unmeasured("99"));
}

#[test]
fn a_finding_an_incident_and_a_summary_have_their_fields() {
    let lines = json(&["replay", "--json", "--settings", &clinic("site.toml"), &scene("ssh-guessing")]);
    let of = |kind: &str| lines.iter().find(|line| line["type"] == kind).unwrap();
    let has = |line: &Value, fields: &[&str]| {
        for field in fields {
            assert!(line.get(field).is_some(), "no {field} in {line}");
        }
    };
    let ends = ["id", "name", "ip", "mac", "type", "type_confirmed"];
    let finding = of("finding");
    has(finding, &["at", "kind", "category", "device", "device_role", "peer", "severity", "confidence"]);
    has(finding, &["techniques", "facts", "incident"]);
    has(&finding["device"], &ends);
    let incident = lines.iter().find(|line| line["kind"] == "login-after-guessing" && line["face"] == "act");
    let incident = incident.unwrap();
    has(incident, &["id", "state", "closed_by", "at", "opened_at", "last_seen", "face", "due", "kind"]);
    has(incident, &["category", "severity", "confidence", "device", "device_role", "peer", "techniques"]);
    has(incident, &["findings", "message", "title", "what", "meaning", "steps", "call"]);
    has(&incident["call"], &["role", "name", "phone"]);
    assert_eq!((&incident["due"], &incident["category"]), (&"now".into(), &"bruteforce".into()));
    assert_eq!(incident["at"].as_str().unwrap().len(), "2026-03-18T09:00:00.123456789Z".len());
    let summary = lines.last().unwrap();
    assert_eq!(summary["type"], "summary");
    has(summary, &["file", "packets", "bytes", "first_at", "last_at", "captured_secs", "flows", "devices"]);
    has(summary, &["findings", "incidents", "undecodable_packets", "dropped", "cpu_secs"]);
    has(summary, &["packets_per_cpu_sec", "peak_rss_mib"]);
}

#[test]
fn what_was_learned_is_kept_and_known_again() {
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("learned.json");
    let profile = profile.to_str().unwrap();
    let news = |arguments: &[&str]| {
        let lines = json(&[&["replay", "--json"], arguments, &[&scene("pc-boot.nurse")]].concat());
        lines.iter().filter(|line| line["kind"] == "new-device").count()
    };
    assert!(news(&["--save-profile", profile]) > 0);
    assert_eq!(news(&["--profile", profile]), 0, "whoever was there is no news");
}

#[test]
fn what_is_wrong_is_said_in_one_sentence_and_nothing_is_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let misspelt = file("site.toml", "clinic = \"A\"\n[opening_hours]\nmunday = \"08:00-16:00\"\n");
    let unset = file("detector.toml", "[detectors.port-scan]\nports_mim = 3\n");
    let no_capture = file("text.pcap", "this is no capture\n");
    let no_profile = file("profile.json", "{\"version\": 99}\n");
    let bad_list = file("list.csv", "type,value,source,first_seen,last_seen,reason\nipv4,300.1.2.3,x,,,y\n");
    let good = scene("port-scan");

    let no_packets = file("silence.pkt", "device a 10.0.0.1\n");
    let nothing = file("nothing.toml", "\n[detectors.port-scan]\n# Any.\nports_min = 0\n");
    let word = file("word.toml", "[detectors.port-scan]\nports_min = \"a\"\n");
    let no_kind = file("kind.toml", "[[known]]\nkind = \"bogus\"\nip = \"10.0.0.1\"\n");
    let no_detector = file("none.toml", "clinic = \"A\"\n[detectors.bogus]\n");
    let place = folder.path().to_str().unwrap();

    for (arguments, parts) in [
        (&["replay", "nowhere.pcap"][..], &["nowhere.pcap", "No such file"][..]),
        (&["replay", &no_capture], &["text.pcap", "is not a capture"]),
        (&["replay", "--settings", &misspelt, &good], &["site.toml", "line 3", "munday", "`monday`"]),
        (&["replay", "--settings", &unset, &good], &["detectors.port-scan.ports_mim", "`ports_min`"]),
        (&["replay", "--profile", &no_profile, &good], &["profile.json"]),
        (&["replay", "--indicators", &bad_list, &good], &["list.csv", "line 2", "300.1.2.3"]),
        (&["replay", "--save-profile", "/nowhere/learned.json", &good], &["/nowhere/learned.json"]),
        (&["evaluate", folder.path().to_str().unwrap()], &["labels.tsv"]),
        (&["explain", "port-scam"], &["port-scam", "port-scan, address-sweep"]),
        (&["config", "check", &misspelt], &["line 3", "munday"]),
        (&["replay", "--settings", &nothing, &good], &["line 4, `detectors.port-scan.ports_min`", "above 0"]),
        (&["replay", "--settings", &word, &good], &["line 2, `detectors.port-scan.ports_min`", "\"a\""]),
        (&["config", "check", &no_kind], &["line 2, `known.kind`", "“bogus”", "port-scan, address-sweep"]),
        (&["config", "check", &no_detector], &["line 2, `detectors.bogus`", "arp-spoofing, dns-tunnel"]),
        (&["replay", "--save-profile", place, &good], &[place, "a folder"]),
        (&["replay", "--save-profile", &no_capture, &good, &no_capture], &["text.pcap", "would replace it"]),
        (&["bench", "nowhere.pcap"], &["nowhere.pcap"]),
        (&["bench", &no_packets], &["silence.pkt holds no packets"]),
        (&["bench", "--repeat", "0", &good], &["--repeat"]),
        (&["run", "--clinic", "nowhere"], &["nowhere", "--clinic"]),
        (&["run", "--clinic", &clinic(""), "--strength", "2"], &["--strength", "from 0 to 1"]),
        (&["run", "--clinic", &clinic(""), "--strength", "nan"], &["--strength", "from 0 to 1"]),
        (&["replay"], &["CAPTURE"]),
    ] {
        let said = refused(arguments);
        for part in parts {
            assert!(said.contains(part), "{arguments:?} says no {part}: {said}");
        }
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left.len(), 10, "something was half-written: {left:?}");
}

#[test]
fn what_is_wrong_with_a_profile_is_said_once() {
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("profile.json");
    std::fs::write(&profile, "{\"version\": 1, \"cut\": ").unwrap();
    let said = refused(&["replay", "--profile", profile.to_str().unwrap(), &scene("port-scan")]);
    assert_eq!(said.matches("EOF while parsing").count(), 1, "{said}");
}

/// No device is named here, so that a test that fails does no harm.
#[test]
fn a_profile_replaces_nothing_that_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let [pipe, link, capture] = ["pipe", "link", "capture.pcap"].map(|name| folder.path().join(name));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let good = scene("port-scan");
    let said = refused(&["replay", "--save-profile", pipe.to_str().unwrap(), &good]);
    assert!(said.contains("a pipe") && !std::fs::metadata(&pipe).unwrap().is_file(), "{said}");
    // A link to a capture that is to be played.
    std::fs::copy(&good, &capture).unwrap();
    symlink("capture.pcap", &link).unwrap();
    let said = refused(&["replay", capture.to_str().unwrap(), "--save-profile", link.to_str().unwrap()]);
    assert!(said.contains("capture.pcap") && said.contains("would replace it"), "{said}");
    assert_eq!(bytes(&capture), bytes(good.as_ref()));
}

#[test]
fn a_profile_is_kept_even_when_nobody_reads_on() {
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("learned.json");
    let scenes = ["port-scan", "ssh-guessing", "arpspoof", "pc-boot.nurse"].map(scene);
    let mut command = Command::new(env!("CARGO_BIN_EXE_cyberalarm"));
    command.args(["replay", "--json", "--save-profile", profile.to_str().unwrap()]).args(scenes);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    // Closed before anything is written: `| true`.
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    called(&["replay", "--json", "--profile", profile.to_str().unwrap(), &scene("pc-boot.nurse")]);
}

#[test]
fn a_capture_may_come_through_a_pipe() {
    let good = scene("port-scan");
    let piped = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cyberalarm"));
        let streams =
            command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = streams.spawn().unwrap();
        // Whoever refuses it does not read it to its end.
        let _closed = child.stdin.take().unwrap().write_all(&bytes(good.as_ref()));
        child.wait_with_output().unwrap()
    };
    let output = piped(&["replay", "--json", "/dev/stdin"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = |text: &str| text.lines().count();
    assert_eq!(
        lines(&String::from_utf8(output.stdout).unwrap()),
        lines(&called(&["replay", "--json", &good]))
    );
    let refused = piped(&["bench", "/dev/stdin"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("must be a file and no pipe"), "{said}");
}

#[test]
fn a_missing_capture_is_a_named_miss() {
    let folder = tempfile::tempdir().unwrap();
    let labels = "id\tcategory\tfile\nx1\tscan\tgone.pcap\n";
    std::fs::write(folder.path().join("labels.tsv"), labels).unwrap();
    let output = called::output(&["evaluate", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("not played:\n  x1 gone.pcap"), "{table}");
}

#[test]
fn every_kind_and_every_setting_is_explained() {
    let defaults = called(&["config", "defaults"]);
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site.toml");
    std::fs::write(&site, &defaults).unwrap();
    called(&["config", "check", site.to_str().unwrap()]);
    for kind in sensor_detectors::kinds() {
        let text = called(&["explain", kind.id]);
        assert!(text.contains(kind.id) && text.lines().count() > 10, "{text}");
    }
}

#[test]
fn captures_of_others_are_judged_right_needs_shared() {
    let lines = json(&["evaluate", "--json", &shared("captures/dev")]);
    let total = lines.last().unwrap();
    let found = |category: &str| {
        let rows = total["categories"].as_array().unwrap();
        let row = rows.iter().find(|row| row["category"] == category && row["weak"] == false).unwrap();
        (row["found"].as_u64().unwrap(), row["right_device"].as_u64().unwrap())
    };
    for (category, least) in [("scan", 7), ("bruteforce", 4), ("dns-tunnel", 3), ("spoofing", 1)] {
        let (found, right) = found(category);
        assert!(
            found >= least && right >= least,
            "{category}: {found} found, {right} about the right device"
        );
    }
    let benign = &total["benign"];
    assert_eq!((&benign["captures"], &benign["false_alarms"]), (&19.into(), &0.into()), "{benign}");
    assert!(benign["attack_notes"].as_u64() <= Some(4), "{benign}");
}

#[test]
fn medical_devices_bring_no_card_of_an_attack_needs_shared() {
    let lines = json(&["evaluate", "--json", &shared("captures/health")]);
    let benign = &lines.last().unwrap()["benign"];
    assert!(benign["captures"].as_u64() >= Some(5), "{benign}");
    assert_eq!(benign["false_alarms"], 0, "{benign}");
}
