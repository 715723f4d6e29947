//! The front end is built in; when it is built anew, so is this crate.

fn main() {
    println!("cargo:rerun-if-changed=../../web/console/dist");
}
