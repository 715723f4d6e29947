//! Pure functions from the bytes of a DHCP message to its parts; no state.

use core::net::Ipv4Addr;

use common_model::Mac;

use crate::cursor::Cursor;

/// Between the fixed fields and the options (RFC 2131 §3).
const COOKIE: [u8; 4] = [99, 130, 83, 99];

/// Message types (RFC 2132 §9.6).
pub(crate) mod kind {
    pub(crate) const DISCOVER: u8 = 1;
    pub(crate) const OFFER: u8 = 2;
    pub(crate) const REQUEST: u8 = 3;
    pub(crate) const ACK: u8 = 5;
    pub(crate) const INFORM: u8 = 8;
}

/// What a message says, as far as we want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    pub(crate) is_reply: bool,
    pub(crate) transaction: u32,
    /// "Your address".
    pub(crate) yours: Ipv4Addr,
    /// The server that comes next (option 66), which many servers set to themselves.
    pub(crate) next_server: Ipv4Addr,
    /// The relay between client and server.
    pub(crate) relay: Ipv4Addr,
    pub(crate) mac: Option<Mac>,
    pub(crate) options: Options<'a>,
}

/// The options that we read (RFC 2132).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options<'a> {
    pub(crate) kind: u8,
    pub(crate) mask: Option<Ipv4Addr>,
    pub(crate) gateway: Option<Ipv4Addr>,
    pub(crate) name_server: Option<Ipv4Addr>,
    pub(crate) server: Option<Ipv4Addr>,
    pub(crate) host_name: &'a [u8],
    pub(crate) vendor_class: &'a [u8],
    pub(crate) parameters: &'a [u8],
    /// They end without the end mark.
    pub(crate) is_cut_off: bool,
}

/// Reads a message; `None` when it is not one.
pub(crate) fn message(bytes: &[u8]) -> Option<Message<'_>> {
    let mut rest = Cursor::new(bytes);
    let [op, hardware, hardware_len, _hops] = rest.array()?;
    let transaction = u32::from_be_bytes(rest.array()?);
    let _secs_and_flags = rest.take(4)?;
    let _clients = rest.take(4)?;
    let yours = Ipv4Addr::from(rest.array::<4>()?);
    let next_server = Ipv4Addr::from(rest.array::<4>()?);
    let relay = Ipv4Addr::from(rest.array::<4>()?);
    let mac = rest.array::<6>()?;
    // The rest of the hardware address, the server's name, the boot file.
    let _fields = rest.take(10 + 64 + 128)?;
    if !matches!(op, 1 | 2) || rest.array::<4>()? != COOKIE {
        return None;
    }
    Some(Message {
        is_reply: op == 2,
        transaction,
        yours,
        next_server,
        relay,
        mac: (hardware == 1 && hardware_len == 6).then_some(Mac(mac)),
        options: options(rest),
    })
}

/// Leading ones of a mask, if there is nothing but zeroes behind them.
pub(crate) fn prefix_bits(mask: Ipv4Addr) -> Option<u8> {
    let ones = mask.to_bits().leading_ones();
    (mask.to_bits().count_ones() == ones).then_some(ones as u8)
}

fn options(mut rest: Cursor<'_>) -> Options<'_> {
    let mut options = Options { is_cut_off: true, ..Options::default() };
    while let Some(number) = rest.u8() {
        match number {
            0 => continue,
            255 => {
                options.is_cut_off = false;
                break;
            }
            _ => {}
        }
        let Some(len) = rest.u8() else { break };
        let Some(data) = rest.take(usize::from(len)) else { break };
        let address = || data.first_chunk::<4>().map(|octets| Ipv4Addr::from(*octets));
        match number {
            1 => options.mask = address(),
            3 => options.gateway = address(),
            6 => options.name_server = address(),
            12 => options.host_name = data,
            53 => options.kind = data.first().copied().unwrap_or(0),
            54 => options.server = address(),
            55 => options.parameters = data,
            60 => options.vendor_class = data,
            _ => {}
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_ones_then_zeroes() {
        assert_eq!(prefix_bits(Ipv4Addr::new(255, 255, 254, 0)), Some(23));
        assert_eq!(prefix_bits(Ipv4Addr::new(0, 0, 0, 0)), Some(0));
        assert_eq!(prefix_bits(Ipv4Addr::new(255, 0, 255, 0)), None);
    }

    #[test]
    fn options_without_end_are_cut_off() {
        let read = |bytes| options(Cursor::new(bytes));
        assert!(!read(&[53, 1, 1, 255]).is_cut_off);
        assert!(read(&[53, 1, 1]).is_cut_off);
        let cut = read(&[53, 1, 1, 12, 9, b'p']);
        assert_eq!((cut.kind, cut.host_name, cut.is_cut_off), (1, b"".as_slice(), true));
    }
}
