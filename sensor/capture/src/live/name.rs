//! The name of a port.

use core::fmt;
use core::str::FromStr;

use super::LiveError;

/// Longest name of a port. `IFNAMSIZ` of linux/if.h is 16 with the zero at its end.
const NAME_BYTES_MAX: usize = 15;

/// A name that a port can have: it is safe to be put into a path and a command.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PortName(Box<str>);

impl PortName {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PortName {
    type Err = LiveError;

    fn from_str(text: &str) -> Result<Self, LiveError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte);
        // A name of dots alone is a folder, one that begins with a dash an option.
        let is_name = !text.starts_with('-') && text.bytes().any(|byte| byte.is_ascii_alphanumeric());
        if is_name && text.len() <= NAME_BYTES_MAX && text.bytes().all(is_plain) {
            Ok(Self(text.into()))
        } else {
            Err(LiveError::BadName(text.to_owned()))
        }
    }
}

impl fmt::Display for PortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_is_refused() {
        for name in ["eth0", "enp0s31f6", "br-lan", "eth0.7", "wan_1", "fifteen-letters"] {
            assert_eq!(name.parse::<PortName>().unwrap().as_str(), name);
        }
        for name in
            ["", ".", "..", "../x", "a b", "eth0:1", "-h", "sixteen-letters!", "sixteen-letters-", "a\nb"]
        {
            assert!(name.parse::<PortName>().is_err(), "{name}");
        }
    }
}
