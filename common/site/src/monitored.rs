//! What is watched: an explicit list of segments, or what the traffic shows; and why there is no list where there cannot be one.

use core::net::IpAddr;

use ipnet::IpNet;

/// Most segments that are listed: two for each of thirty-two VLANs, and as many as the filter of a port holds.
pub const SEGMENTS_MAX: usize = 64;

/// What counts as inside the clinic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Monitored {
    /// Nothing was said: private and on-link addresses are inside, as found out from the traffic.
    #[default]
    Automatic,
    /// These segments only.
    Segments(Vec<IpNet>),
    /// As [`Monitored::Automatic`], and the clinic has recorded why it lists no segments: the network cannot be divided.
    WholeNetwork {
        /// Why it cannot.
        reason: String,
    },
}

impl Monitored {
    /// The segments, or none when there is no list.
    #[must_use]
    pub fn segments(&self) -> &[IpNet] {
        match self {
            Monitored::Segments(segments) => segments,
            Monitored::Automatic | Monitored::WholeNetwork { .. } => &[],
        }
    }

    /// Whether the list of segments holds this address; `None` when there is no list to answer from.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> Option<bool> {
        match self {
            Monitored::Segments(segments) => Some(segments.iter().any(|segment| segment.contains(&address))),
            Monitored::Automatic | Monitored::WholeNetwork { .. } => None,
        }
    }
}

/// Reads one segment. The error is what is wrong and what was probably meant.
pub(crate) fn segment(text: &str) -> Result<IpNet, (&'static str, Option<String>)> {
    if let Ok(address) = text.parse::<IpAddr>() {
        let guess = IpNet::new(address, if address.is_ipv4() { 24 } else { 64 }).ok();
        return Err(("has no length", guess.map(|net| format!("“{}”", net.trunc()))));
    }
    let net: IpNet = text.parse().map_err(|_err| ("is not a segment, as 10.0.0.0/24 is one", None))?;
    if net.prefix_len() == 0 {
        return Err((
            "is everything: leave `inside` out, or give `whole_network` and its reason instead",
            None,
        ));
    }
    if net != net.trunc() {
        return Err(("does not begin where the segment begins", Some(format!("“{}”", net.trunc()))));
    }
    Ok(net)
}
