//! What goes to the centre leaves by the modem and by nothing else, though the clinic's net looks like the shorter way: a machine of its own with
//! two ports, and the centre in another behind the modem. Each frame on the clinic's cable is counted.

use std::io::Write as _;
use std::process::ChildStdin;

use super::*;

use self::world::{in_namespaces, ip};

#[path = "../../../../sensor/capture/tests/live/world.rs"]
#[expect(dead_code, reason = "helpers of tests, used in part")]
mod world;

/// Where the centre is: behind the modem, and no neighbour of anybody.
const CENTRE: &str = "198.51.100.1:8443";

/// The box's machine: by its routes all the world, the centre and a resolver too, is behind the clinic's port.
const BOX_HAS: [&str; 10] = [
    "link set lo up",
    "link add clinic type veth peer name clinic-far",
    "link add modem type veth peer name modem-far",
    "link set clinic addrgenmode none",
    "link set clinic-far addrgenmode none",
    "link set clinic-far up",
    "addr add 192.0.2.2/24 dev clinic",
    "addr add 203.0.113.2/24 dev modem",
    "link set clinic up",
    "link set modem up",
];
const ROUTES: [&str; 2] = [
    "route add default via 192.0.2.1 dev clinic metric 10",
    "route add default via 203.0.113.1 dev modem metric 100",
];

/// The centre's machine: waits for its port, and then is the centre.
const CENTRE_IS: &str = "ip link set lo up && read -r _ && ip addr add 203.0.113.1/24 dev modem-far && \
    ip addr add 198.51.100.1/32 dev lo && ip link set modem-far up && exec \"$@\"";

/// Frames that came out at the other end of the clinic's cable.
fn frames_at_clinic() -> u64 {
    let mut text = String::new();
    std::fs::File::open("/proc/net/dev").unwrap().read_to_string(&mut text).unwrap();
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix("clinic-far:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A centre in a machine of its own, at the other end of the modem's cable.
fn start_centre(state: &Path) -> (Process, ChildStdin) {
    let mut command = Command::new("unshare");
    command.args(["-n", "sh", "-c", CENTRE_IS, "sh", env!("CARGO_BIN_EXE_cyberalarm"), "central"]);
    command.args(["--listen", "0.0.0.0:8443", "--console", "127.0.0.1:8081", "--name", "198.51.100.1"]);
    command.arg("--state").arg(state);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut go = child.stdin.take().unwrap();
    let process = Process(child);
    let ours = std::fs::read_link("/proc/self/ns/net").unwrap();
    let theirs = format!("/proc/{}/ns/net", process.0.id());
    wait(|| std::fs::read_link(&theirs).ok().filter(|theirs| *theirs != ours));
    ip(&format!("link set modem-far netns {}", process.0.id()));
    go.write_all(b"\n").unwrap();
    (process, go)
}

fn claim(code: &str, state: &Path, more: &[&str]) -> (bool, String) {
    let done = program(&["claim", code]).arg("--state").arg(state).args(more).output().unwrap();
    (done.status.success(), String::from_utf8(done.stderr).unwrap())
}

#[test]
fn nothing_for_the_centre_leaves_by_the_clinics_net_needs_namespaces() {
    in_namespaces("way_out::nothing_for_the_centre_leaves_by_the_clinics_net_needs_namespaces", || {
        BOX_HAS.iter().chain(&ROUTES).for_each(|words| ip(words));
        let folder = tempfile::tempdir().unwrap();
        // Who looks a name up asks the clinic's resolver.
        let resolver = folder.path().join("resolv.conf");
        std::fs::write(&resolver, "nameserver 192.0.2.53\n").unwrap();
        let mounted = Command::new("mount").arg("--bind").arg(&resolver).arg("/etc/resolv.conf").status();
        assert!(mounted.unwrap().success());
        let (state, of_centre) = (folder.path().join("box"), folder.path().join("centre"));
        let (_centre, _go) = start_centre(&of_centre);
        let beside = |words: &[&str]| {
            let done =
                program(&[&["central"], words].concat()).arg("--state").arg(&of_centre).output().unwrap();
            assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
            String::from_utf8(done.stdout).unwrap().trim().to_owned()
        };
        let member = beside(&["member", "--name", "Klinik 1"]);
        let code = beside(&["claim", "--member", &member, "--address", CENTRE]);

        // Without an interface it asks for one, and nothing leaves.
        assert_eq!(frames_at_clinic(), 0);
        let (is_claimed, said) = claim(&code, &state, &[]);
        assert!(!is_claimed && said.contains("by which port is 198.51.100.1:8443 reached?"), "{said}");
        assert_eq!(frames_at_clinic(), 0);
        // By any it takes the way that the routes say, and that is seen here.
        let (is_claimed, said) = claim(&code, &state, &["--uplink-interface", "any"]);
        assert!(!is_claimed && said.contains("could not reach 198.51.100.1:8443"), "{said}");
        let before = frames_at_clinic();
        assert!(before > 0, "the counter does not count");

        wait(|| claim(&code, &state, &["--uplink-interface", "modem"]).0.then_some(()));
        // The box goes on by the way by which it was claimed.
        let tablet = free_port().to_string();
        let mut command = program(&["box", "--clinic", CLINIC, "--calm-days", "0", "--speed", "20"]);
        command.args(["--listen", &tablet]).arg("--state").arg(&state);
        let the_box = spawn(command);
        wait(|| {
            let lanes = UplinkReader::open(&state).ok()?.lanes().ok()?;
            let is_through = lanes.iter().all(|lane| lane.committed == lane.last);
            (lanes[0].last >= 20 && is_through).then_some(())
        });
        drop(the_box);
        assert_eq!(frames_at_clinic(), before, "frames for the centre on the clinic's cable");
    });
}
