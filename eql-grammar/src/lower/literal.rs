//! Literals, and their way into the type of the field that they are compared with.

use std::net::IpAddr;

use crate::ast;
use crate::hir::{Const, Expr, ExprKind, Net};
use crate::schema::Type;

/// The typed form of a literal.
pub(super) fn expr(literal: &ast::Literal) -> Expr {
    match literal {
        ast::Literal::Null => null(),
        ast::Literal::Bool(value) => constant(Const::Bool(*value)),
        ast::Literal::Int(value) => constant(Const::Int(*value)),
        ast::Literal::Float(value) => constant(Const::Float(*value)),
        ast::Literal::Str(value) => constant(Const::Str(value.clone())),
    }
}

pub(super) fn null() -> Expr {
    Expr { kind: ExprKind::Null, ty: Type::Null }
}

pub(super) fn bool(value: bool) -> Expr {
    constant(Const::Bool(value))
}

pub(super) fn constant(value: Const) -> Expr {
    let ty = match &value {
        Const::Bool(_) => Type::Boolean,
        Const::Int(_) => Type::Long,
        Const::Unsigned(_) => Type::UnsignedLong,
        Const::Float(_) => Type::Double,
        Const::Str(_) => Type::Keyword,
        Const::Ip(_) => Type::Ip,
        Const::Date(_) => Type::Date,
        Const::Version(_) => Type::Version,
    };
    Expr { kind: ExprKind::Const(value), ty }
}

/// Converts a constant to the type of the field it is compared with, as the index would.
///
/// # Errors
/// What the type holds, for a message.
pub(super) fn convert(value: &Const, to: Type) -> Result<Const, &'static str> {
    match to {
        Type::Keyword => match value {
            Const::Str(_) => Ok(value.clone()),
            Const::Int(number) => Ok(Const::Str(number.to_string())),
            Const::Unsigned(number) => Ok(Const::Str(number.to_string())),
            Const::Bool(flag) => Ok(Const::Str(flag.to_string())),
            _ => Err("strings"),
        },
        Type::Long | Type::UnsignedLong | Type::Double => match value {
            Const::Int(_) | Const::Unsigned(_) | Const::Float(_) => Ok(value.clone()),
            Const::Str(text) => number(text).ok_or("numbers"),
            _ => Err("numbers"),
        },
        Type::Boolean => match value {
            Const::Bool(_) => Ok(value.clone()),
            Const::Str(text) if text == "true" => Ok(Const::Bool(true)),
            Const::Str(text) if text == "false" => Ok(Const::Bool(false)),
            _ => Err("`true` and `false`"),
        },
        Type::Date => match value {
            Const::Str(text) => date(text).map(Const::Date).ok_or(DATE),
            Const::Int(millis) => millis.checked_mul(1_000_000).map(Const::Date).ok_or(DATE),
            _ => Err(DATE),
        },
        Type::Ip => match value {
            Const::Str(text) => text
                .parse()
                .map(|ip: IpAddr| Const::Ip(ip.to_canonical()))
                .map_err(|_| "addresses such as \"10.0.0.1\" or \"fe80::1\""),
            Const::Ip(_) => Ok(value.clone()),
            _ => Err("addresses such as \"10.0.0.1\" or \"fe80::1\""),
        },
        Type::Version => match value {
            Const::Str(text) => Ok(Const::Version(text.clone())),
            _ => Err("versions such as \"1.5.0\""),
        },
        Type::Null => Err("nothing"),
    }
}

const DATE: &str = "times such as \"2026-01-31T10:00:00Z\", or milliseconds since 1970";

fn number(text: &str) -> Option<Const> {
    if let Ok(int) = text.parse() {
        return Some(Const::Int(int));
    }
    if let Ok(unsigned) = text.parse() {
        return Some(Const::Unsigned(unsigned));
    }
    let float: f64 = text.parse().ok()?;
    float.is_finite().then_some(Const::Float(float))
}

/// Nanoseconds since the Unix epoch, as an index reads a date: ISO-8601 cut off after any part, UTC without
/// an offset; else milliseconds. A number of four digits is a year.
fn date(text: &str) -> Option<i64> {
    iso_date(text).or_else(|| text.parse::<i64>().ok()?.checked_mul(1_000_000))
}

fn iso_date(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    let date = match date.len() {
        4 => format!("{date}-01-01"),
        7 => format!("{date}-01"),
        10 => date.to_owned(),
        _ => return None,
    };
    let (clock, offset) = time.split_at(time.find(['Z', '+', '-']).unwrap_or(time.len()));
    let clock = match clock.len() {
        0 => "00:00:00".to_owned(),
        2 => format!("{clock}:00:00"),
        5 => format!("{clock}:00"),
        _ => clock.to_owned(),
    };
    let offset = if offset.is_empty() { "Z" } else { offset };
    let instant: jiff::Timestamp = format!("{date}T{clock}{offset}").parse().ok()?;
    i64::try_from(instant.as_nanosecond()).ok()
}

/// `address/bits` with host bits cleared; an address alone is a network of one.
pub(super) fn network(text: &str) -> Option<Net> {
    let (addr, bits) = match text.split_once('/') {
        Some((addr, bits)) => (addr, Some(bits)),
        None => (text, None),
    };
    let addr: IpAddr = addr.parse().ok()?;
    let most = if addr.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        Some(bits) if bits.bytes().all(|b| b.is_ascii_digit()) => bits.parse().ok()?,
        Some(_) => return None,
        None => most,
    };
    if bits > most {
        return None;
    }
    let addr = match addr {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            IpAddr::V4((u32::from(v4) & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            IpAddr::V6((u128::from(v6) & mask).into())
        }
    };
    Some(Net { addr, bits })
}

/// Compares two constants as the language does; `None` where their types have no order.
pub(super) fn compare(left: &Const, right: &Const) -> Option<std::cmp::Ordering> {
    match (left, right) {
        (Const::Bool(a), Const::Bool(b)) => Some(a.cmp(b)),
        (Const::Str(a), Const::Str(b)) => Some(a.cmp(b)),
        (Const::Ip(a), Const::Ip(b)) => Some(a.cmp(b)),
        (Const::Date(a), Const::Date(b)) => Some(a.cmp(b)),
        (a, b) => match (integer(a), integer(b)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => float(a)?.partial_cmp(&float(b)?),
        },
    }
}

fn integer(value: &Const) -> Option<i128> {
    match value {
        Const::Int(int) => Some(i128::from(*int)),
        Const::Unsigned(int) => Some(i128::from(*int)),
        _ => None,
    }
}

#[allow(clippy::cast_precision_loss)] // a constant compared with a fraction: double is what EQL uses
fn float(value: &Const) -> Option<f64> {
    match value {
        Const::Int(int) => Some(*int as f64),
        Const::Unsigned(int) => Some(*int as f64),
        Const::Float(float) => Some(*float),
        _ => None,
    }
}

/// Arithmetic on constants; `None` where the result is null (zero divisor, overflow).
pub(super) fn arith(op: ast::ArithOp, left: &Const, right: &Const) -> Option<Const> {
    use ast::ArithOp::{Add, Div, Mod, Mul, Sub};
    if let (Const::Int(a), Const::Int(b)) = (left, right) {
        let result = match op {
            Add => a.checked_add(*b),
            Sub => a.checked_sub(*b),
            Mul => a.checked_mul(*b),
            Div => a.checked_div(*b),
            Mod => a.checked_rem(*b),
        };
        return result.map(Const::Int);
    }
    let (a, b) = (float(left)?, float(right)?);
    let result = match op {
        Add => a + b,
        Sub => a - b,
        Mul => a * b,
        Div => a / b,
        Mod => a % b,
    };
    result.is_finite().then_some(Const::Float(result))
}

/// A constant as the author would write it.
pub(super) fn display(value: &Const) -> String {
    match value {
        Const::Bool(value) => value.to_string(),
        Const::Int(value) => value.to_string(),
        Const::Unsigned(value) => value.to_string(),
        Const::Float(value) => format!("{value:?}"),
        Const::Str(value) | Const::Version(value) => format!("{value:?}"),
        Const::Ip(value) => format!("\"{value}\""),
        Const::Date(value) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{date, network};

    #[test]
    fn dates_are_read_as_an_index_reads_them() {
        const DAY: i64 = 86_400_000_000_000;
        assert_eq!(date("1970"), Some(0));
        assert_eq!(date("1970-02"), Some(31 * DAY));
        assert_eq!(date("1970-01-02"), Some(DAY));
        assert_eq!(date("1970-01-01T01"), Some(3_600_000_000_000));
        assert_eq!(date("1970-01-01T01:00:00.000000001+01:00"), Some(1));
        assert_eq!(date("86400000"), Some(DAY));
        assert_eq!(date("yesterday"), None);
        assert_eq!(date("1970-13-01"), None);
    }

    #[test]
    fn networks_lose_their_host_bits() {
        let net = network("10.6.48.157/8").expect("a network");
        assert_eq!((net.addr.to_string().as_str(), net.bits), ("10.0.0.0", 8));
        assert_eq!(network("::1").expect("an address").bits, 128);
        assert_eq!(network("10.0.0.0/33"), None);
        assert_eq!(network("10.0.0.0/x"), None);
    }
}
