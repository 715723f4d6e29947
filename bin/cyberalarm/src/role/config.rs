//! `cyberalarm config`: the settings with their meaning, and whether a file of them is right.

use std::io::{Write as _, stdout};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use common_site::Site;
use sensor_detectors::ALL as DETECTORS;
use sensor_replay::Inputs;

/// What can be asked for.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Print a file of settings with all defaults and what each means.
    Defaults,
    /// Say whether a file of settings is right, and if not, what is wrong.
    Check {
        /// The file.
        #[arg(value_name = "site.toml")]
        file: PathBuf,
    },
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    match &arguments.what {
        What::Defaults => out.write_all(defaults().as_bytes())?,
        What::Check { file } => {
            let mut inputs = Inputs::default();
            inputs.read_site(file)?;
            let Site { clinic, devices, known, contacts, .. } = &*inputs.site;
            let of = if clinic.is_empty() { String::new() } else { format!(" of {clinic}") };
            writeln!(
                out,
                "{}: the settings{of} are right: {} devices, {} contacts, {} known",
                file.display(),
                devices.len(),
                contacts.len(),
                known.len()
            )?;
        }
    }
    Ok(())
}

/// The file that says what holds when there is none, and each detector's numbers, out of use.
fn defaults() -> String {
    let mut text = Site::default().to_toml();
    for spec in DETECTORS.iter().filter(|spec| !spec.settings_toml.trim().is_empty()) {
        text.push_str(&format!("\n# [detectors.{}]\n", spec.id));
        for line in spec.settings_toml.trim().lines() {
            let is_comment = line.starts_with('#');
            text.push_str(&if is_comment { format!("{line}\n") } else { format!("# {line}\n") });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_read() {
        assert_eq!(Site::parse(&defaults()), Ok(Site::default()));
    }

    #[test]
    fn every_number_that_is_printed_can_be_set() {
        let uncommented = |line: &str| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with("[detectors.") || rest.contains(" = ") => rest.to_owned(),
            _ => line.to_owned(),
        };
        let text = defaults();
        let detectors: Vec<String> = text[Site::default().to_toml().len()..]
            .lines()
            .map(uncommented)
            .filter(|line| !line.starts_with('#'))
            .collect();
        let site = Site::parse(&detectors.join("\n")).unwrap();
        sensor_engine::Engine::check(&site).unwrap();
        assert!(site.detectors.len() >= 5, "{detectors:#?}");
    }
}
