//! Calls the program.

use std::process::{Command, Output};

use serde_json::Value;

/// A file of the recorded clinic.
pub(crate) fn clinic(file: &str) -> String {
    beside(&format!("testing/days/clinic/{file}"))
}

/// A file of the test data outside the product.
pub(crate) fn shared(file: &str) -> String {
    beside(&format!("../shared/{file}"))
}

fn beside(path: &str) -> String {
    format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn output(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cyberalarm"))
        .args(arguments)
        .output()
        .expect("the program was built beside this test")
}

/// What it writes; it must succeed and complain of nothing.
pub(crate) fn called(arguments: &[&str]) -> String {
    let output = output(arguments);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaint.is_empty(), "{arguments:?}: {complaint}");
    String::from_utf8(output.stdout).expect("it writes UTF-8")
}

/// The objects that it writes, one a line.
pub(crate) fn json(arguments: &[&str]) -> Vec<Value> {
    called(arguments).lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

/// Its complaint; it must write nothing else, and end with code 2.
pub(crate) fn refused(arguments: &[&str]) -> String {
    let output = output(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?} wrote {}", String::from_utf8_lossy(&output.stdout));
    let complaint = String::from_utf8(output.stderr).expect("it complains in UTF-8");
    assert!(!complaint.contains("panicked"), "{complaint}");
    complaint
}
