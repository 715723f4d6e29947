//! Names of boxes and spools: 128 random bits, so that nobody has to hand them out.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::hex::{hex, unhex};

/// The text is not thirty-two hexadecimal digits in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not thirty-two hexadecimal digits in lower case")]
pub struct NotAName;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; 16]);

        impl $name {
            /// From random bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// Its bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAName;

            fn from_str(text: &str) -> Result<Self, NotAName> {
                unhex(text).map(Self).ok_or(NotAName)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAName;

            fn try_from(text: String) -> Result<Self, NotAName> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.to_string()
            }
        }
    };
}

name! {
    /// A box.
    BoxId
}

name! {
    /// A spool: born with the database file that holds it, so that a box whose file was lost or put back never uses a number twice.
    SpoolId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_spelling() {
        let name = BoxId::from_bytes(*b"0123456789abcdef");
        assert_eq!(name.to_string(), "30313233343536373839616263646566");
        assert_eq!(name.to_string().parse(), Ok(name));
        for wrong in ["", "30", "30313233343536373839616263646566ff", "3031323334353637383961626364656F"] {
            assert_eq!(wrong.parse::<BoxId>(), Err(NotAName), "{wrong}");
        }
    }
}
