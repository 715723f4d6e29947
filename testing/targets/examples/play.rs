//! Plays one file through its target in the ordinary build: `cargo run -p testing-targets --example play -- TARGET FILE`.

use std::path::Path;

use sensor_capture::files::read_capped;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(target), Some(file)) = (words.next(), words.next()) else {
        return Err("usage: play TARGET FILE".into());
    };
    testing_targets::run(&target, &read_capped(Path::new(&file), 1 << 20)?);
    Ok(())
}
