//! `cidrMatch`.

use std::net::IpAddr;

/// Whether `ip` is in the network `address/bits`; bits of the address beyond `bits` do not matter. An
/// address alone is a network of one.
///
/// Both versions share one space of 128 bits, in which `10.0.0.1` is `::ffff:10.0.0.1`: so an index
/// stores addresses, and so `::/0` holds them all. `None` where `network` is none.
pub(crate) fn in_network(ip: IpAddr, network: &str) -> Option<bool> {
    let (address, bits) = match network.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse::<usize>().ok()?)),
        None => (network, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let (own, before) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
    let bits = bits.unwrap_or(own);
    if bits > own {
        return None;
    }
    let prefix = &bits_of(address)[..before + bits];
    Some(bits_of(ip).starts_with(prefix))
}

/// The bits, most significant first.
fn bits_of(ip: IpAddr) -> Vec<bool> {
    let bytes = match ip {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    };
    bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(ip: &str, network: &str) -> Option<bool> {
        in_network(ip.parse().unwrap(), network)
    }

    #[test]
    fn networks() {
        assert_eq!(test("10.1.2.3", "10.6.48.157/8"), Some(true));
        assert_eq!(test("11.1.2.3", "10.6.48.157/8"), Some(false));
        assert_eq!(test("10.1.2.3", "0.0.0.0/0"), Some(true));
        assert_eq!(test("10.1.2.3", "10.1.2.3/32"), Some(true));
        assert_eq!(test("::1", "::/0"), Some(true));
        assert_eq!(test("10.1.2.3", "::/0"), Some(true));
        assert_eq!(test("10.1.2.3", "fe80::/10"), Some(false));
        assert_eq!(test("fe80::1", "fe80::/10"), Some(true));
        assert_eq!(test("fec0::1", "fe80::/10"), Some(false));
        assert_eq!(test("::1", "::1"), Some(true));
        assert_eq!(test("::2", "::1"), Some(false));
    }

    #[test]
    fn not_networks() {
        for network in ["10.0.0.0/", "10.0.0.0/33", "x/8", "10.0.0.0/x", "10.0.0/8"] {
            assert_eq!(test("10.0.0.1", network), None, "{network}");
        }
    }
}
