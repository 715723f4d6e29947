//! A machine of its own for a test: its own network, where it is root, made of nothing but pairs of ports.

use std::process::Command;

use sensor_capture::live::{PortName, prepare};

const INSIDE: &str = "CYBERALARM_TEST_INSIDE";

/// Runs the test of this name in namespaces of its own: this program calls itself there.
pub(crate) fn in_namespaces(test: &str, body: impl FnOnce()) {
    in_namespaces_with(test, &[], body);
}

/// The same, called by way of another program.
pub(crate) fn in_namespaces_with(test: &str, through: &[&str], body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        body();
        return;
    }
    let program = std::env::current_exe().unwrap();
    let done = Command::new("unshare")
        .arg("-Urnm")
        .args(through)
        .arg(program)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .output()
        .expect("could not run unshare (package util-linux)");
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    print!("{said}");
    assert!(done.status.success() && said.contains("1 passed"), "{test} failed in its namespaces, see above");
}

/// Runs `ip` with these words.
pub(crate) fn ip(words: &str) {
    let done =
        Command::new("ip").args(words.split(' ')).output().expect("could not run ip (package iproute2)");
    assert!(done.status.success(), "ip {words}: {}", String::from_utf8_lossy(&done.stderr));
}

pub(crate) fn name(port: &str) -> PortName {
    port.parse().unwrap()
}

/// A cable: the port `name`, and the other end `name` with `-far` after it, which sends nothing of its own.
pub(crate) fn cable(port: &str) -> PortName {
    let far = format!("{port}-far");
    ip(&format!("link add {port} type veth peer name {far}"));
    prepare(&name(&far)).unwrap();
    name(port)
}
