//! `cyberalarm config`: the settings with their meaning, and whether a file of them is right.

use std::io::{Write as _, stdout};
use std::path::PathBuf;

use anyhow::Context as _;
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
            inputs.site.check_contacts().with_context(|| file.display().to_string())?;
            let Site { clinic, devices, known, contacts, .. } = &*inputs.site;
            let of = if clinic.is_empty() { String::new() } else { format!(" of {clinic}") };
            writeln!(
                out,
                "{}: the settings{of} are right: {}, {}, {} known",
                file.display(),
                counted(devices.len(), "device"),
                counted(contacts.len(), "contact"),
                known.len()
            )?;
        }
    }
    Ok(())
}

/// `1 device`, `2 devices`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
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
    fn all_of_it_can_be_put_in_use() {
        let is_key =
            |key: &str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        // A list may have several lines.
        let is_entry = |line: &str| line.trim_start().starts_with('"') || line.trim() == "]";
        let is_setting = |line: &str| {
            line.starts_with('[')
                || is_entry(line)
                || line.split_once(" = ").is_some_and(|(key, _)| is_key(key))
        };
        let in_use =
            |line: &'static str| line.strip_prefix("# ").filter(|rest| is_setting(rest)).unwrap_or(line);
        let text: &'static str = defaults().leak();
        let lines: Vec<&str> = text.lines().map(in_use).collect();
        let site = Site::parse(&lines.join("\n")).unwrap();
        sensor_engine::Engine::check(&site).unwrap();
        let with_numbers = DETECTORS.iter().filter(|spec| !spec.settings_toml.trim().is_empty());
        assert_eq!(site.detectors.len(), with_numbers.count());
        assert_eq!((site.devices.len(), site.contacts.len(), site.known.len()), (1, 1, 1), "{text}");
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "device")), ["0 devices", "1 device", "2 devices"]);
    }
}
