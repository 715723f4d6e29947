//! The button on the smoke alarm: a marked canary goes through decoder and detectors, in an engine of its own, so that it can never be
//! taken for something that happened.

use std::path::Path;

use common_model::Timestamp;
use knowledge_indicators::Indicators;
use sensor_capture::{Frames as _, Script};
use sensor_engine::{Engine, Output, Setup};

/// What the canary does: a device that does not exist asks for an address that nobody has (RFC 5737).
const SCRIPT: &str = "
device canary  192.0.2.21  00:00:5e:00:53:21
device router  192.0.2.1   00:00:5e:00:53:01 gateway
at 09:00
canary -> 203.0.113.66:443 tcp sends 100 gets 100
";

/// For this engine alone, that address is bad.
const LIST: &str = "type,value,source,first_seen,last_seen,reason\nipv4,203.0.113.66,self-test,2026-03-17,2026-03-18,canary\n";

/// Which links of the chain the canary passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passed {
    pub(crate) decoder: bool,
    pub(crate) detectors: bool,
}

/// Lets the canary fly.
///
/// # Errors
/// A fault of ours: its script or its list is wrong.
pub(crate) fn fly() -> anyhow::Result<Passed> {
    let mut indicators = Indicators::new();
    knowledge_indicators::parse("self-test", LIST, &mut indicators)?;
    let mut engine = Engine::new(Setup { indicators: indicators.into(), ..Setup::default() })?;
    let mut script = Script::parse("self-test", SCRIPT, Path::new(""))?;
    let mut last = Timestamp::EPOCH;
    while let Some(frame) = script.next_frame() {
        last = frame.at;
        engine.handle_frame(&frame);
    }
    engine.finish();
    let counts = engine.counts();
    let mut found = false;
    while let Some(output) = engine.poll_output() {
        found |= matches!(output, Output::Finding(finding, _) if finding.kind.id == "known-bad-contact");
    }
    let decoder = counts.frames > 0 && counts.undecodable == 0 && last > Timestamp::EPOCH;
    Ok(Passed { decoder, detectors: found })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canary_flies_through() {
        assert_eq!(fly().unwrap(), Passed { decoder: true, detectors: true });
    }
}
