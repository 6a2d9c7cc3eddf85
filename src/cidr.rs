//! Address blocks: `cidrMatch`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Version 4 addresses within version 6: `::ffff:0:0/96`.
const MAPPED: u128 = 0xffff_0000_0000;

/// A block of addresses: `10.0.0.0/8`, `fe80::/10`.
///
/// As in Elasticsearch's index, all addresses live in the space of version 6, with a version 4 address
/// `a.b.c.d` at `::ffff:a.b.c.d`. So the two spellings of an address are one, a version 4 block holds no
/// other addresses, and a version 6 block holds version 4 addresses where it spans `::ffff:0:0/96`, as
/// `::/0` does.
///
/// Bits of the address beyond the prefix are ignored: `10.6.48.157/8` is `10.0.0.0/8`.
///
/// ```
/// use eql::cidr::{Cidr, cidr_match};
///
/// const NETS: &[Cidr] = &[Cidr::v4(0x0a00_0000, 8), Cidr::v6(0xfe80 << 112, 10)];
/// assert!(cidr_match("10.1.2.3".parse().unwrap(), NETS));
/// assert!(cidr_match("::ffff:10.1.2.3".parse().unwrap(), NETS));
/// assert!(!cidr_match("11.0.0.0".parse().unwrap(), NETS));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cidr {
    net: u128,
    mask: u128,
}

impl Cidr {
    /// A version 4 block; a prefix above 32 counts as 32.
    #[must_use]
    pub const fn v4(address: u32, prefix: u8) -> Self {
        let prefix = if prefix > 32 { 32 } else { prefix };
        Self::v6(MAPPED | address as u128, 96 + prefix)
    }

    /// A version 6 block; a prefix above 128 counts as 128.
    #[must_use]
    pub const fn v6(address: u128, prefix: u8) -> Self {
        let prefix = if prefix > 128 { 128 } else { prefix };
        let mask = match u128::MAX.checked_shl(128 - prefix as u32) {
            Some(mask) => mask,
            None => 0,
        };
        Self { net: address & mask, mask }
    }

    /// Reads `address/prefix` or a lone address; `None` for anything else.
    ///
    /// A block written `::ffff:a.b.c.d/n` is refused, as Elasticsearch refuses it: *n* could count the
    /// bits of either version.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let Some((address, prefix)) = text.split_once('/') else {
            return Some(match parse_ip(text)? {
                IpAddr::V4(address) => Self::v4(address.to_bits(), 32),
                IpAddr::V6(address) => Self::v6(address.to_bits(), 128),
            });
        };
        if prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let prefix: u8 = prefix.parse().ok()?;
        match address.parse().ok()? {
            IpAddr::V4(address) => (prefix <= 32).then(|| Self::v4(address.to_bits(), prefix)),
            IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => None,
            IpAddr::V6(address) => (prefix <= 128).then(|| Self::v6(address.to_bits(), prefix)),
        }
    }

    /// Whether the block holds the address.
    #[must_use]
    #[inline]
    pub fn contains(self, ip: IpAddr) -> bool {
        self.holds(bits(ip))
    }

    #[inline]
    const fn holds(self, bits: u128) -> bool {
        bits & self.mask == self.net
    }

    const fn prefix(self) -> u32 {
        self.mask.count_ones()
    }
}

/// Whether any of the blocks holds the address: `cidrMatch(ip, nets…)`.
#[must_use]
#[inline]
pub fn cidr_match(ip: IpAddr, nets: &[Cidr]) -> bool {
    let bits = bits(ip);
    nets.iter().any(|net| net.holds(bits))
}

/// Reads an address out of a string, for `cidrMatch` on a field that is no `ip`; null where it is none.
#[must_use]
pub fn parse_ip(text: &str) -> Option<IpAddr> {
    text.parse().ok().map(|ip: IpAddr| ip.to_canonical())
}

/// The number of an address as an index has it, in which version 4 lies within version 6.
#[inline]
pub(crate) const fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => MAPPED | ip.to_bits() as u128,
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = Ipv6Addr::from_bits(self.net);
        match (address.to_ipv4_mapped(), self.prefix().checked_sub(96)) {
            (Some(address), Some(prefix)) => write!(f, "{address}/{prefix}"),
            _ => write!(f, "{address}/{}", self.prefix()),
        }
    }
}

impl fmt::Debug for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no address block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CidrError;

impl fmt::Display for CidrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected an address and a prefix length, as in `10.0.0.0/8`")
    }
}

impl std::error::Error for CidrError {}

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        Self::parse(text).ok_or(CidrError)
    }
}

impl From<Ipv4Addr> for Cidr {
    fn from(address: Ipv4Addr) -> Self {
        Self::v4(address.to_bits(), 32)
    }
}

impl From<Ipv6Addr> for Cidr {
    fn from(address: Ipv6Addr) -> Self {
        Self::v6(address.to_bits(), 128)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_addresses() {
        for (ip, net, expected) in [
            ("10.1.2.3", "10.6.48.157/8", true),
            ("11.1.2.3", "10.6.48.157/8", false),
            ("10.1.2.3", "10.1.2.3/32", true),
            ("10.1.2.2", "10.1.2.3/32", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("255.255.255.255", "0.0.0.0/0", true),
            ("::1", "0.0.0.0/0", false),
            ("::1", "::/0", true),
            ("10.1.2.3", "::/0", true),
            ("10.1.2.3", "::1/64", true),
            ("10.1.2.3", "2001::/16", false),
            ("::ffff:10.1.2.3", "10.0.0.0/8", true),
            ("fe80::1", "fe80::/10", true),
            ("febf:ffff::", "fe80::/10", true),
            ("fec0::", "fe80::/10", false),
            ("2001:db8::7", "2001:db8::7/128", true),
            ("2001:db8::8", "2001:db8::7/127", false),
        ] {
            let net = Cidr::parse(net).unwrap();
            assert_eq!(net.contains(ip.parse().unwrap()), expected, "{ip} in {net}");
        }
    }

    #[test]
    fn any_block_will_do() {
        let nets = ["10.0.0.0/8", "::/0"].map(|net| Cidr::parse(net).unwrap());
        assert!(cidr_match("::1".parse().unwrap(), &nets));
        assert!(!cidr_match("::1".parse().unwrap(), &nets[..1]));
        assert!(!cidr_match("::1".parse().unwrap(), &[]));
    }

    #[test]
    fn no_blocks() {
        for text in [
            "",
            "/",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "10.0.0.0/8/8",
            "10.0.0/8",
            "::/129",
            "::/256",
            "::ffff:10.0.0.0/104",
            "x/8",
            " 10.0.0.0/8",
        ] {
            assert_eq!(Cidr::parse(text), None, "{text}");
        }
    }

    #[test]
    fn prints_the_block_without_host_bits() {
        for (text, printed) in [
            ("10.6.48.157/8", "10.0.0.0/8"),
            ("10.1.2.3", "10.1.2.3/32"),
            ("fe80::1/10", "fe80::/10"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(text.parse::<Cidr>().unwrap().to_string(), printed);
        }
        assert_eq!(Cidr::v4(u32::MAX, 200), Cidr::from(Ipv4Addr::BROADCAST));
        assert_eq!(Cidr::v6(1, 200), Cidr::from(Ipv6Addr::LOCALHOST));
    }
}
