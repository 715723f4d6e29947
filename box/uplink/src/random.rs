//! Names and keys from the operating system's dice.

use anyhow::anyhow;
use common_wire::hex::hex;

/// Random bytes.
pub(crate) fn bytes<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|err| anyhow!("could not get random bytes: {err}"))?;
    Ok(bytes)
}

/// Random bytes as hexadecimal digits.
pub(crate) fn digits<const N: usize>() -> anyhow::Result<String> {
    Ok(hex(&bytes::<N>()?))
}
